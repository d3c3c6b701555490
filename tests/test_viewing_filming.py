from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_runs import counter_session, world_model_session

from worldmodel.environments import EnvironmentSettings, make_worlds
from worldmodel.errors import FileError, StorageError
from worldmodel.memory import DataSettings, ReplayBuffer, make_buffer, open_experience
from worldmodel.viewing.dream import Dream
from worldmodel.viewing.filming import FilmDreams, draw_movies, write_dream

QUICK = ("speed/", "seconds", "processor_seconds", "evaluation/seconds", "evaluation/processor_seconds")


def rows(run: Path) -> list[dict[str, Any]]:
    """What was logged, but for how long it took."""
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if not key.startswith(QUICK)} for line in lines]


def test_every_evaluation_is_filmed_and_the_training_is_the_same(tmp_path: Path, counter_run: Path) -> None:
    session = counter_session(tmp_path / "run")
    films = FilmDreams(session.run.media, session.data, session.evaluating)
    session.trainer.callbacks.append(films)  # type: ignore[attr-defined]
    session.go()
    names = sorted(path.name for path in session.run.media.iterdir())
    assert names == [f"dream-{step}.{kind}" for step in (150, 200) for kind in ("gif", "png")]
    measured = [row for row in rows(session.run.path) if "dream/valid_reward" in row]
    assert [row["environment_step"] for row in measured] == [150, 200]
    assert [row for row in rows(session.run.path) if row not in measured] == rows(counter_run)


def test_a_world_model_that_learns_alone_is_filmed_in_the_end(tmp_path: Path, counter_run: Path) -> None:
    session = world_model_session(tmp_path / "run", counter_run)
    session.trainer.callbacks.append(FilmDreams(session.run.media, session.data, None))  # type: ignore[attr-defined]
    session.go()
    assert sorted(path.name for path in session.run.media.iterdir()) == ["dream-10.gif", "dream-10.png"]


def test_movies_to_dream_along_have_no_padding(counter_run: Path) -> None:
    buffer = open_experience(counter_run)
    for length in (4, 11, 30):
        movie = draw_movies(buffer, 4, length, seed=0)
        assert movie.mask.shape[0] == 4 and movie.mask.all()
        assert movie.mask.shape[1] == movie.observation.shape[1] <= min(length, 11)
        # the counter goes up by one in every row, so no clip crosses into another episode
        assert (movie.observation[:, 1:, 0, 0, 1] == movie.observation[:, :-1, 0, 0, 1] + 1).all()


def test_the_longest_clips_are_chosen_and_the_seed_decides(counter_run: Path) -> None:
    buffer = open_experience(counter_run)
    # of 16 clips of up to 30 rows four are, almost surely, whole episodes of 11
    lengths = [draw_movies(buffer, 1, 30, seed).mask.shape[1] for seed in range(20)]
    assert min(lengths) >= 8 and max(lengths) == 11
    first, again, other = (draw_movies(buffer, 4, 6, seed) for seed in (0, 0, 1))
    assert np.array_equal(first.observation, again.observation)
    assert first.episode.tolist() != other.episode.tolist()


def short_life(steps: int) -> ReplayBuffer:
    worlds = make_worlds(EnvironmentSettings("CartPole-v1"), 1, evaluation=False)
    buffer = make_buffer(DataSettings(chunk_steps=64, capacity=64), worlds.spec, 1, None)
    if steps >= 0:
        buffer.record(worlds.reset([0]))
    for _ in range(steps):
        buffer.answer([0])
        buffer.record(worlds.step(np.zeros(1, np.int64)))
    worlds.close()
    return buffer


def test_little_was_lived_yet() -> None:
    assert draw_movies(short_life(3), 2, 25, seed=0).mask.shape[1] in (2, 3, 4)
    assert draw_movies(short_life(1), 2, 25, seed=0).mask.shape[1] == 2
    for steps in (-1, 0):
        with pytest.raises(FileError, match="rows recorded"):
            draw_movies(short_life(steps), 2, 25, seed=0)


def test_images_become_a_film_and_a_strip_and_vectors_curves(tmp_path: Path) -> None:
    pixels = np.zeros((1, 3, 8, 8, 3), np.uint8)
    vectors = np.zeros((1, 3, 2), np.float32)
    folder = tmp_path / "new" / "folder"
    assert write_dream(Dream(pixels, pixels, pixels, 1), folder, "a") == [folder / "a.gif", folder / "a.png"]
    assert write_dream(Dream(vectors, vectors, vectors, 1), folder, "b") == [folder / "b.png"]
    assert sorted(path.name for path in folder.iterdir()) == ["a.gif", "a.png", "b.png"]
    with pytest.raises(StorageError, match=r"a.gif: cannot be written: .*choose another folder"):
        write_dream(Dream(vectors, vectors, vectors, 1), folder / "a.gif", "c")
