from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from counter_env import register_counter

from worldmodel.environments import EnvironmentSettings, Worlds, make_worlds
from worldmodel.experience import Step
from worldmodel.running.loading import load_agent
from worldmodel.running.players import AgentPlayer, RandomPlayer, play, separate_randomness
from worldmodel.running.signals import StopRequest


class Fate(gymnasium.Env[np.ndarray, int]):
    """Its seed says how long it lasts, 1 to 9 steps, and what it pays in all: the seed itself, at the end."""

    def __init__(self) -> None:
        self.action_space = gymnasium.spaces.Discrete(2)
        self.observation_space = gymnasium.spaces.Box(0, 1, (1,), np.float32)
        self.seed = self.left = 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        assert seed is not None, "every game has a seed of its own"
        self.seed, self.left = seed, 1 + seed % 9
        return np.zeros(1, np.float32), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self.left -= 1
        over = self.left == 0
        # few enough digits for float32
        return np.zeros(1, np.float32), float(self.seed % 65_536) if over else 0.0, over, False, {}


def worlds_of(environment: str, count: int, **kwargs: Any) -> Worlds:
    register_counter()
    if "Fate-v0" not in gymnasium.registry:
        gymnasium.register("Fate-v0", entry_point=Fate)
    return make_worlds(EnvironmentSettings(environment, image_size=16, kwargs=kwargs), count, evaluation=True)


def played(environment: str, count: int, games: int, seed: int = 0, **kwargs: Any) -> list[float]:
    worlds = worlds_of(environment, count, **kwargs)
    try:
        return play(worlds, RandomPlayer(2, seed), games, seed)
    finally:
        worlds.close()


def test_scores_of_whole_games_by_hand() -> None:
    assert played("Counter-v0", 3, 7, length=5, reward=2.0) == [10.0] * 7


def test_a_truncated_game_counts_like_any_other() -> None:
    assert played("Counter-v0", 2, 4, length=6, truncate=True, reward=-1.5) == [-9.0] * 4


def test_games_are_the_same_however_many_are_played_side_by_side() -> None:
    alone = played("Fate-v0", 1, 12)
    assert len(set(alone)) == 12
    # in lanes, games of 1 to 9 steps end in another order than they began
    for count in (2, 3, 5, 12, 16):
        assert played("Fate-v0", count, 12) == alone


def test_more_games_begin_with_the_same_ones() -> None:
    assert played("Fate-v0", 4, 20)[:8] == played("Fate-v0", 4, 8)


def test_another_seed_is_other_games() -> None:
    assert not set(played("Fate-v0", 2, 6, seed=1)) & set(played("Fate-v0", 2, 6, seed=2))


def test_nothing_is_scored_where_playing_was_stopped() -> None:
    stop, moments = StopRequest(), []

    class Leaving(RandomPlayer):
        def act(self, step: Step) -> np.ndarray:
            moments.append(step)
            if len(moments) == 15:
                stop.receive(signal.SIGTERM, None)
            return super().act(step)

    worlds = worlds_of("Counter-v0", 2)
    assert play(worlds, Leaving(2, 0), 4, 0, stop) == []
    worlds.close()
    assert len(moments) == 15


def test_chance_takes_every_action_equally_often() -> None:
    player = RandomPlayer(4, seed=0)
    player.begin(1000)
    nothing = np.zeros(1000)
    actions = player.act(Step(*[nothing] * 6))
    assert np.bincount(actions, minlength=4).min() > 200 and actions.max() == 3
    again = RandomPlayer(4, seed=0)
    again.begin(1000)
    assert (again.act(Step(*[nothing] * 6)) == actions).all()


def test_the_agent_plays_in_evaluation_mode_and_remembers(counter_run: Path) -> None:
    agent = load_agent(counter_run).train()
    worlds = worlds_of("Counter-v0", 2, length=10, pixels=True)
    player = AgentPlayer(agent)
    step = worlds.reset([0, 1])
    with pytest.raises(AssertionError, match="begin comes first"):
        player.act(step)
    player.begin(2)
    before = player.state
    actions = player.act(step)
    worlds.close()
    assert actions.shape == (2,) and actions.dtype == np.int64
    assert agent.training and player.state is not before and player.state is not None
    assert player.state.action.tolist() == actions.tolist()
    player.begin(2)
    assert player.state.action.tolist() == [0, 0] and not player.state.latent.stochastic.any()


def test_epsilon_one_is_chance(counter_run: Path) -> None:
    player = AgentPlayer(load_agent(counter_run), epsilon=1.0)
    worlds = worlds_of("Counter-v0", 32, length=10, pixels=True)
    player.begin(32)
    torch.manual_seed(0)
    actions = player.act(worlds.reset(range(32)))
    worlds.close()
    assert 6 < actions.sum() < 26


def test_separate_randomness_is_reproducible_and_leaves_no_trace() -> None:
    torch.manual_seed(3)
    state = torch.get_rng_state()
    draws = []
    for _ in range(2):
        with separate_randomness(7):
            draws.append(torch.rand(4))
    assert torch.equal(*draws) and torch.equal(torch.get_rng_state(), state)
