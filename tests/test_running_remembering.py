"""What each gradient step found comes back to the order of replay, in the row it was found in."""

import numpy as np
import pytest
import torch
from small_agent import random_movie
from tiny_runs import counter_session, world_model_session

from worldmodel.memory.ledger import IMAGINED, MOVIE
from worldmodel.running.remembering import read_lesson


def test_a_lesson_is_of_recorded_rows_and_there_is_nothing_to_learn_at_an_end():
    movie = random_movie([4, 2], 4, terminated=[0], truncated=[1])
    error = torch.tensor([[0.5, -1, 2, torch.nan], [torch.nan, torch.nan, torch.nan, torch.nan]])
    outputs = {"row_loss": torch.ones(2, 4, dtype=torch.bfloat16), "movie_error": error}
    lesson = read_lesson(outputs, movie)
    assert np.array_equal(lesson.error, [[0.5, -1, 2, 0], [np.nan, 0, np.nan, np.nan]], equal_nan=True)
    assert np.array_equal(lesson.loss, [[1, 1, 1, 1], [1, 1, np.nan, np.nan]], equal_nan=True)
    del outputs["movie_error"]
    assert np.isnan(read_lesson(outputs, movie).error[0, :3]).all()


@pytest.mark.parametrize("order", ["prioritised", "curious", "reverse"])
def test_a_run_learns_in_every_order(order, tmp_path):
    session = counter_session(tmp_path / "run", data={"order": order})
    told = []
    learn = session.data.order.learn
    session.data.order.learn = lambda *given: told.append(given) or learn(*given)
    session.go()
    assert session.learner.gradient_steps == 60 and len(told) == (0 if order == "reverse" else 60)
    for _, clips, lesson in told:
        sizes = (~np.isnan(lesson.loss)).sum(1)
        assert np.array_equal(sizes, clips.sizes)
    if order == "prioritised":
        values = np.concatenate(session.data.order.priorities.state_dict()["values"])
        assert len(np.unique(values)) > 50


def test_every_step_is_written_down_the_newest_are_kept(tmp_path):
    session = counter_session(tmp_path / "run", data={"ledger_steps": 30}, agent={"rollouts": 5})
    session.go()
    entries = session.data.ledger.entries()
    assert set(entries["gradient_step"].tolist()) == set(range(31, 61))
    dreams, movies = entries[entries["source"] == IMAGINED], entries[entries["source"] == MOVIE]
    assert len(dreams) == 30 * 5 and (dreams["length"] == 3).all()
    assert (movies["length"] <= 8).all() and (movies["start"] + movies["length"] <= 11).all()  # of games of 10 steps
    assert (dreams["start"] < 10).all() and (entries["age"] >= 0).all()


def test_a_world_model_alone_is_curious(tmp_path, counter_run):
    session = world_model_session(tmp_path / "run", counter_run, order="curious")
    session.go()
    assert len(np.unique(np.concatenate(session.data.order.unseen.state_dict()["values"]))) > 2
    entries = session.data.ledger.entries()
    assert (entries["source"] == MOVIE).all() and np.isfinite(entries["priority"]).all()
