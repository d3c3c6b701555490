import torch
from tiny_runs import counter_session

from worldmodel.running import evaluating
from worldmodel.running.checkpoints import load_checkpoint
from worldmodel.running.metrics_file import read_metrics


def weights(session):
    return session.learner.state_dict()


def test_evaluation_moves_no_random_state_of_the_training(tmp_path):
    often = counter_session(tmp_path / "often", trainer={"evaluate_every": 20})
    often.go()
    never = counter_session(tmp_path / "never", trainer={"evaluate_every": 1000})
    never.go()
    assert all(torch.equal(value, weights(never)[name]) for name, value in weights(often).items())


def test_an_evaluation_is_due_at_multiples_of_its_interval_and_at_the_end(tmp_path):
    session = counter_session(tmp_path / "run", trainer={"evaluate_every": 90})
    session.go()
    rows = [row for row in read_metrics(session.run.metrics) if "evaluation/mean" in row]
    assert [row["environment_step"] for row in rows] == [90, 180, 200]
    assert [row["evaluation/mean"] for row in rows] == [10, 10, 10]
    assert session.score.mean == 10 and session.score.games == 3


def test_the_best_is_the_first_of_the_highest_scores(counter_run):
    # every game scores 10, so the first evaluation stays the best
    assert load_checkpoint(counter_run / "checkpoints" / "best")["agent"]["gradient_steps"] < 60
    assert load_checkpoint(counter_run / "checkpoints" / "last")["agent"]["gradient_steps"] == 60


def test_evaluations_play_with_an_epsilon_of_their_own(tmp_path, monkeypatch):
    played = []
    monkeypatch.setattr(evaluating, "play", lambda worlds, player, *_: played.append(player.epsilon) or [1.0])
    counter_session(tmp_path / "run", trainer={"evaluation_epsilon": 0.3}).go()
    counter_session(tmp_path / "greedy").go()
    assert played == [0.3] * (len(played) // 2) + [0.0] * (len(played) // 2) and played


def test_a_request_to_stop_leaves_out_the_last_evaluation(tmp_path):
    session = counter_session(tmp_path / "run")
    session.stop.signal_number = 15
    session.go()
    assert session.score is None


def test_the_best_is_kept_by_score(tmp_path, monkeypatch):
    """At 120, 150 and 180 steps and at the end; games of the Counter are all worth the same, so scores are told."""
    scores = iter([[1.0], [3.0], [3.0], [2.0]])
    monkeypatch.setattr(evaluating, "play", lambda *_: next(scores))
    session = counter_session(tmp_path / "run", trainer={"evaluate_every": 30, "prefill": 90})
    session.go()
    assert session.evaluating.best == 3 and session.score.mean == 2
    best = load_checkpoint(session.run.checkpoints / "best")
    # two steps for each gradient step after the prefill
    assert best["global_step"] == best["agent"]["gradient_steps"] == 30
