"""A story that was told is a movie by the one convention of time."""

import numpy as np
import torch

from worldmodel.environments.replay_story import ReplayStory
from worldmodel.environments.scrambles import slots
from worldmodel.running.stories import tell


def test_a_walk_as_a_movie():
    story = ReplayStory(uncued=0.0, noise=0.0)
    told = tell(story, seed=3, choose=lambda: 2)
    movie, rows = told.movie, len(told.phase)
    assert movie.observation.shape == (1, rows, 48) and movie.first[0].tolist() == [True] + [False] * (rows - 1)
    fork = told.phase.index("fork")
    assert told.state[fork + 1] == slots(story.rule)[2] and movie.action[0, fork] == 2 and movie.action[0, -1] == 0
    assert movie.terminated[0].tolist() == [False] * (rows - 1) + [True] and not movie.truncated.any()
    assert (
        movie.reward[0, -1] == (told.state[-2] // 4 == told.rewarded) and movie.reward.sum() == 1 + movie.reward[0, -1]
    )
    shown = told.state >= 0
    assert torch.equal((movie.observation[0, :, :32] != 0).any(-1), torch.from_numpy(shown))


def test_a_test_day_ends_without_its_walk():
    told = tell(ReplayStory(day="test", cues=0), seed=0)
    assert told.phase[-1] == "fork" and told.movie.truncated[0, -1] and told.rewarded == -1
    assert told.movie.reward.abs().sum() == 0 and (np.bincount(told.state[told.state >= 0]) == 1).all()


def test_what_is_asked_for_is_told():
    told = tell(ReplayStory(day="test"), seed=0, options={"phase": "query", "state": 5})
    assert told.state[-1] == 5
