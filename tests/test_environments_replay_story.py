import numpy as np
import pytest

from worldmodel.environments.replay_story import ReplayStory
from worldmodel.environments.scrambles import clean_scrambles, paired_rules, slots
from worldmodel.environments.story_timetable import PHASES
from worldmodel.environments.true_order import count_true_pairs


def episode(story, actions=(), seed=0, **options):
    """Observations, rewards and infos of one episode; actions are those of the forks, elsewhere 0."""
    observation, info = story.reset(seed=seed, options=options or None)
    rows, actions, over = [(observation, 0.0, info)], list(actions), False
    while not over:
        action = actions.pop(0) if info["phase"] == "fork" and actions else 0
        observation, reward, terminated, truncated, info = story.step(np.int64(action))
        assert not (terminated and truncated) and terminated == (info["phase"] == "outcome" and over_at(story))
        over = terminated or truncated
        rows.append((observation, reward, info))
    return [list(column) for column in zip(*rows, strict=True)]


def over_at(story):
    """Whether the story has no further row."""
    return story._at == len(story._rows) - 1


def shown(infos, *phases):
    return [info["state"] for info in infos if info["phase"] in phases]


def test_a_training_day_by_hand():
    story = ReplayStory(walks=2, length=3, uncued=0.0)
    _, rewards, infos = episode(story, actions=[0, 4])
    where = slots(story.rule)
    phases = ["present"] * 3 + ["fixation"] * 2
    assert [info["phase"] for info in infos[:10]] == phases * 2
    assert shown(infos, "present") == list(where) and [infos[at]["slot"] for at in (0, 2, 5, 7)] == [0, 2, 3, 5]
    assert [info["phase"] for info in infos[10:15]] == ["cue", "outcome", "cue", "outcome", "fork"]
    assert sorted(shown(infos, "cue")) == [2, 5]
    walked = [list(range(where[k], 3 * (where[k] // 3) + 3)) for k in (0, 4)]
    assert shown(infos[15:], "walk") == walked[0] + walked[1]
    assert [info["phase"] for info in infos[15:]].count("fork") == 1 and infos[-1]["phase"] == "outcome"
    outcomes = [reward for reward, info in zip(rewards, infos, strict=True) if info["phase"] == "outcome"]
    cued = [float(state // 3 == story.rewarded) for state in shown(infos, "cue")]
    assert outcomes == cued + [float(where[k] // 3 == story.rewarded) for k in (0, 4)]
    assert sum(rewards) == sum(outcomes)


def test_a_vector_says_object_phase_slot_and_coin():
    story = ReplayStory(noise=0.0, subject=3, told=True)
    observations, rewards, infos = episode(story)
    looks = {}
    for seen, reward, info in zip(observations, rewards, infos, strict=True):
        assert seen.shape == (32 + 7 + 8 + 1,) and seen.dtype == np.float32
        phase, slot = seen[32:39], seen[39:47]
        assert phase.sum() == 1 and PHASES[int(phase.argmax())] == info["phase"]
        assert slot.sum() == (info["phase"] == "present") and (not slot.any() or slot.argmax() == info["slot"])
        assert seen[47] == reward
        if info["state"] < 0:
            assert not seen[:32].any()
        else:
            np.testing.assert_array_equal(looks.setdefault(info["state"], seen[:32]), seen[:32])
    assert len(np.unique(list(looks.values()), axis=0)) == 8


@pytest.mark.parametrize("image", [False, True])
def test_untold_an_object_looks_the_same_in_every_phase(image):
    observations, _, infos = episode(ReplayStory(image=image, noise=0.0, uncued=0.0), actions=[2])
    looks = {}
    for seen, info in zip(observations, infos, strict=True):
        if info["state"] >= 0:
            looks.setdefault(info["state"], set()).add(seen.tobytes())
            assert not (seen[..., 1:] if image else seen[32:]).any()
        else:
            assert (seen[..., 1:] if image else seen[32:]).any()
    assert len(looks) == 8 and all(len(each) == 1 for each in looks.values())


@pytest.mark.parametrize(("actions", "rows"), [([8], ["fork", "outcome"]), ([0, 8], ["fork", "walk", "outcome"])])
def test_leaving_ends_the_story_unpaid(actions, rows):
    story = ReplayStory(uncued=0.0)
    story.reset(seed=0)
    over, phases, actions = False, [], list(actions)
    while not over:
        info = story._info()
        action = actions.pop(0) if info["phase"] in ("fork", "walk") else 8  # elsewhere it changes nothing
        _, reward, over, truncated, info = story.step(np.int64(action))
        phases.append(info["phase"])
        assert not truncated
    assert phases[-len(rows) :] == rows and reward == 0


def test_an_image_says_the_same():
    observations, rewards, infos = episode(ReplayStory(image=True, subject=3, noise=0.05, told=True))
    for seen, reward, info in zip(observations, rewards, infos, strict=True):
        assert seen.shape == (16, 16, 1 + 7 + 8 + 1) and seen.dtype == np.uint8
        assert seen[..., 0].any() == (info["state"] >= 0)
        planes = seen[..., 1:]
        assert (planes == planes[:1, :1]).all()
        told = np.flatnonzero(planes[0, 0] == 255).tolist()
        slot = [7 + info["slot"]] if info["slot"] >= 0 else []
        assert told == [PHASES.index(info["phase"]), *slot, *([15] if reward else [])]


@pytest.mark.parametrize("rule", ["true", "shuffled"])
def test_no_true_pair_is_ever_seen_on_a_test_day(rule):
    for subject in range(40):
        story = ReplayStory(day="test", subject=subject, test_set=subject % 3, rule=rule)
        for options in ({}, {"phase": "query", "state": subject % 8}):
            _, _, infos = episode(story, seed=subject, **options)
            states = [info["state"] for info in infos]
            for lag in (1, 2):
                assert count_true_pairs(states, lag, 4) == count_true_pairs(states[::-1], lag, 4) == 0
        assert infos[-1]["phase"] == "walk"


def test_the_count_would_notice_a_walk():
    _, _, infos = episode(ReplayStory(walks=8, uncued=0.0), actions=range(8))
    assert count_true_pairs([info["state"] for info in infos], 1, 4) == 2 * (3 + 2 + 1)


def test_a_test_day_ends_at_the_first_fork():
    _, _, infos = episode(ReplayStory(day="test"))
    assert [info["phase"] for info in infos].count("fork") == 1 and infos[-1]["phase"] == "fork"
    assert not shown(infos, "walk") and len(infos) == 2 * 6 + 2 * 2 + 1


def test_a_subject_has_one_rule_on_both_days():
    rules = set()
    for subject in range(30):
        days = [ReplayStory(subject=subject), ReplayStory(subject=subject, day="test", test_set=5, image=True)]
        for seed, story in enumerate(days):
            story.reset(seed=seed)
        assert days[0].rule == days[1].rule and days[0].rule in clean_scrambles(4)
        rules.add(days[0].rule)
    assert len(rules) > 20


def test_a_shuffled_rule_is_another_for_every_set():
    def rules(day, subject):
        found = {}
        for number in range(30):
            story = ReplayStory(subject=subject, rule="shuffled", day=day, test_set=number)
            story.reset(seed=number)
            found[story.set] = story.rule
        return found

    training, test = rules("training", 1), rules("test", 1)
    assert len(set(training.values())) > 20 and len(set(test.values())) > 20
    assert training == rules("training", 1) and test == rules("test", 1) != rules("test", 2)
    own = ReplayStory(subject=1)
    own.reset(seed=0)
    assert sum(rule == own.rule for rule in [*training.values(), *test.values()]) < 5


@pytest.mark.parametrize("image", [False, True])
def test_objects_of_the_test_day_and_of_other_subjects_are_new(image):
    def looks(**settings):
        found = {}
        for seed in range(8):
            story = ReplayStory(image=image, noise=0.0, sets=4, **settings)
            observations, _, infos = episode(story, seed=seed)
            for seen, info in zip(observations, infos, strict=True):
                if info["state"] >= 0:
                    found[info["set"], info["state"]] = (seen[..., 0] if image else seen[:32]).tobytes()
        return set(found.values()), len(found)

    training, count = looks(subject=0)
    assert len(training) == count > 16
    for other in (looks(subject=1), looks(subject=0, day="test"), looks(subject=0, day="test", test_set=3)):
        assert not training & other[0]
    assert looks(subject=0)[0] == training


def test_which_sequence_pays_is_chance_in_training_and_fixed_on_the_test_day():
    def paid(**settings):
        found = []
        for seed in range(200):
            _, info = ReplayStory(**settings).reset(seed=seed)
            found.append(info["rewarded"])
        return np.bincount(np.array(found) + 1, minlength=3) / 200

    assert np.allclose(paid(sets=1), [0.5, 0.25, 0.25], atol=0.1)
    assert paid(sets=1, uncued=0.0)[0] == 0 and sorted(paid(day="test")) == [0, 0, 1]
    tests = {ReplayStory(day="test", subject=subject).reset(seed=0)[1]["rewarded"] for subject in range(20)}
    assert tests == {0, 1}


def test_without_cues_nothing_is_paid():
    _, rewards, infos = episode(ReplayStory(cues=0, walks=4), actions=[0, 1, 2, 3])
    assert not shown(infos, "cue") and not any(rewards) and infos[0]["rewarded"] == -1
    assert len(shown(infos, "walk")) >= 4


def test_a_seed_repeats_an_episode():
    first, again, other = (episode(ReplayStory(walks=4), actions=[1, 2, 3, 4], seed=seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first[0], again[0])
    assert first[1:] == again[1:] and other[2] != first[2]


def test_objects_are_localised_one_by_one():
    for day in ("training", "test"):
        observations, rewards, infos = episode(ReplayStory(day=day), phase="localise")
        states = shown(infos, "localise")
        assert np.bincount(states).tolist() == [6] * 8 and states != sorted(states) and not any(rewards)
        assert [info["phase"] for info in infos] == ["localise", "fixation"] * 48
        assert not np.array(observations)[:, 39:].any()


def test_without_walks_a_training_day_ends_at_the_fork():
    _, _, infos = episode(ReplayStory(walks=0))
    assert infos[-1]["phase"] == "fork" and not shown(infos, "walk")


@pytest.mark.parametrize("day", ["training", "test"])
def test_a_query_ends_with_the_object_asked_for(day):
    for state in range(8):
        _, _, infos = episode(ReplayStory(day=day), actions=[3], phase="query", state=state)
        assert [(info["phase"], info["state"]) for info in infos[-2:]] == [("fork", -1), ("walk", state)]
        assert shown(infos, "walk") == [state]


def test_rest_before_any_object():
    observations, _, infos = episode(ReplayStory(), phase="rest-before")
    assert [info["phase"] for info in infos] == ["fixation", "fixation", "fork"]
    assert not np.array(observations)[:, :32].any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"phase": "sleep"}, "phase must be localise, query or rest-before, not 'sleep'"),
        ({"phase": "query"}, "state must be from 0 to 7, not None"),
        ({"phase": "query", "state": 8}, "state must be from 0 to 7, not 8"),
    ],
)
def test_options_that_do_not_exist(options, message):
    with pytest.raises(ValueError, match=message):
        ReplayStory().reset(options=options)


def test_study_1_shows_pairs():
    story = ReplayStory(study=1, day="test", repeats=1)
    _, _, infos = episode(story)
    assert story.rule in paired_rules(4)
    assert shown(infos, "present") == [state for phase in story.rule for state in phase]
    assert count_true_pairs([info["state"] for info in infos], 1, 4) == 6
