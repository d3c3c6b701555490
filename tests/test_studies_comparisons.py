"""What is claimed of a mixture, from results whose answer is known."""

from test_studies_cell_results import example

from worldmodel.studies.benchmark_report import tabulate
from worldmodel.studies.cell_results import Evaluation
from worldmodel.studies.comparisons import compare_mixtures


def result(method, seed, score, game="g", seconds=10.0, early=0.0):
    """A run that scored `early` at half its time and `score` at its end."""
    evaluations = [Evaluation(50, 5, seconds / 2, [early]), Evaluation(100, 10, seconds, [score])]
    share = float(method.removeprefix("share-"))
    return example(game=game, method=method, seed=seed, share=share, evaluations=evaluations, wall_seconds=seconds)


def arms(mixture, movies, dreams, **changes):
    found = []
    for method, scores in (("share-0.5", mixture), ("share-0", movies), ("share-1", dreams)):
        found += [result(method, seed, score, **changes) for seed, score in enumerate(scores)]
    return found


def verdicts(results):
    found = compare_mixtures(tabulate(results))
    return {(comparison.against, comparison.budget): comparison for comparison in found}


def test_a_claim_holds_does_not_hold_or_cannot_be_told():
    found = verdicts(arms(mixture=[10, 11, 12, 13], movies=[1, 2, 2, 3], dreams=[20, 22, 21, 25]))
    assert found["share-0", "gradient steps"].verdict == "holds"
    assert found["share-1", "gradient steps"].verdict == "does not hold"
    assert found["share-0", "gradient steps"].difference.estimate == 9.5
    found = verdicts(arms(mixture=[0, 10, 0, 10], movies=[10, 0, 10, 0], dreams=[5, 5, 5, 5]))
    assert {comparison.verdict for comparison in found.values()} == {"not enough seeds to tell"}


def test_two_seeds_are_not_enough_however_clear_they_are():
    found = verdicts(arms(mixture=[10, 11], movies=[1, 1], dreams=[0, 0]))["share-0", "gradient steps"]
    assert found.difference is None and found.verdict == "not enough seeds to tell"


def test_at_equal_time_the_slow_arm_is_taken_where_the_fast_one_ended():
    slow = [result("share-0.5", seed, 10, seconds=20, early=1) for seed in range(3)]
    fast = [result(method, seed, 5, seconds=10) for method in ("share-0", "share-1") for seed in range(3)]
    found = verdicts([*slow, *fast])
    assert found["share-0", "gradient steps"].difference.estimate == 5
    assert found["share-0", "wall time"].difference.estimate == -4


def test_each_seed_has_a_time_of_its_own():
    """Seed 2 ran on a slower machine, in both arms; cut where seed 0 ended, both would stand where they began."""
    seconds = {0: 10, 1: 10, 2: 20}
    slow = [result("share-0.5", seed, 10, seconds=2 * each, early=1) for seed, each in seconds.items()]
    fast = [result("share-0", seed, 5, seconds=each) for seed, each in seconds.items()]
    assert verdicts([*slow, *fast])["share-0", "wall time"].difference.estimate == -4


def test_processor_time_is_compared_where_it_was_measured():
    """By the clock both took as long; the mixture had waited for its processor half of the time."""

    def timed(method, seed, score, processor):
        moments = [Evaluation(50, 5, 10.0, [0.0], processor / 2), Evaluation(100, 10, 20.0, [score], processor)]
        share = float(method.removeprefix("share-"))
        return example(game="g", method=method, seed=seed, share=share, evaluations=moments, wall_seconds=20.0)

    slow = [timed("share-0.5", seed, 10, 10.0) for seed in range(3)]
    found = verdicts([*slow, *[timed("share-0", seed, 8, 20.0) for seed in range(3)]])
    assert found["share-0", "wall time"].difference.estimate == 2
    assert found["share-0", "processor time"].difference.estimate == 10  # of movies, the evaluation after 10 seconds


def test_what_was_timed_on_another_occasion_is_not_compared_by_time():
    newer = [Evaluation(100, 10, 20.0, [1.0], 18.0)]
    movies = [example(game="g", method="share-0", seed=seed, share=0.0, evaluations=newer) for seed in range(3)]
    found = verdicts([*movies, *[result("share-0.5", seed, 10) for seed in range(3)]])
    assert found["share-0", "gradient steps"].difference.estimate == 9
    assert found["share-0", "wall time"].seeds == 0 and ("share-0", "processor time") not in found


def test_movies_with_more_gradient_steps_are_compared_at_equal_experience():
    longer = [Evaluation(100, 14, 20.0, [6.0])]
    movies = [
        example(game="g", method="movies-longer", seed=seed, share=0.0, evaluations=longer, wall_seconds=20.0)
        for seed in range(3)
    ]
    found = verdicts([*movies, *[result("share-0.5", seed, 10 + seed, seconds=20) for seed in range(3)]])
    assert set(found) == {("movies-longer", "environment steps"), ("movies-longer", "wall time")}
    assert found["movies-longer", "wall time"].difference.estimate == 5


def test_seeds_are_paired():
    found = verdicts(arms(mixture=[1, 101, 201], movies=[0, 100, 200], dreams=[0, 0, 0]))
    assert found["share-0", "gradient steps"].verdict == "holds"
