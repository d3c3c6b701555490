"""Games that are open: fresh worlds come back to them, in the middle of each, and go on as the old ones would have."""

import numpy as np
import pytest
from counter_env import register_counter

from worldmodel.environments import EnvironmentSettings, make_worlds
from worldmodel.running.open_games import OpenGames, play_again

WORLDS = {
    "atari": EnvironmentSettings(id="ALE/Breakout-v5", sticky_actions=0.25),
    "minatar": EnvironmentSettings(id="MinAtar/SpaceInvaders", sticky_actions=0.1),
    "vectors": EnvironmentSettings(id="CartPole-v1"),
    "story": EnvironmentSettings(id="ReplayStory-v0"),
    "corridor": EnvironmentSettings(id="Corridor-v0", max_episode_steps=30),
    "rooms": EnvironmentSettings(id="FourRooms-v0", max_episode_steps=30),
}
COUNT = 3


class Life:
    """Random play in three worlds, with everything that is told to the open games."""

    def __init__(self, settings, seed=0):
        self.worlds = make_worlds(settings, COUNT, evaluation=False)
        self.generator = np.random.default_rng(seed)
        self.games = OpenGames(COUNT)
        seeds = self.seeds()
        self.step = self.worlds.reset(seeds)
        self.games.begin(self.step.first, seeds)
        self.games.see(self.step)
        self.lost_lives = 0

    def seeds(self):
        return self.generator.integers(2**31, size=COUNT).tolist()

    def live(self, steps):
        for _ in range(steps):
            actions = self.generator.integers(len(self.worlds.spec.actions), size=COUNT)
            self.games.answer(actions)
            self.step = self.worlds.step(actions)
            if self.step.ended.any():
                over, seeds = self.step.game_over, self.seeds()
                self.lost_lives += (self.step.ended & ~over).sum()
                self.step = self.worlds.restart(self.step.ended, seeds)
                self.games.begin(over, seeds)
            self.games.see(self.step)


@pytest.fixture(params=WORLDS.values(), ids=WORLDS)
def life(request):
    made = Life(request.param)
    yield made, request.param
    made.worlds.close()


def test_fresh_worlds_come_back_and_go_on(life):
    old, settings = life
    old.live(287)
    assert len({len(taken) for taken in old.games.actions}) > 1 or settings.max_episode_steps or "Story" in settings.id
    games = OpenGames(COUNT)
    games.load_state_dict(old.games.state_dict())
    fresh = make_worlds(settings, COUNT, evaluation=False)
    step = games.come_back(fresh)
    for name in ("observation", "reward", "first", "game_over"):
        assert np.array_equal(getattr(step, name), getattr(old.step, name)), name
    for _ in range(20):
        actions = old.generator.integers(len(fresh.spec.actions), size=COUNT)
        one, other = old.worlds.step(actions), fresh.step(actions)
        assert np.array_equal(one.observation, other.observation) and np.array_equal(one.ended, other.ended)
        assert np.array_equal(one.reward, other.reward)
        if one.ended.any():
            one, other = (worlds.restart(one.ended, [1, 2, 3]) for worlds in (old.worlds, fresh))
            assert np.array_equal(one.observation, other.observation)
    fresh.close()


def test_lives_that_were_lost_before_are_no_end_of_the_game():
    old = Life(WORLDS["atari"])
    while not old.lost_lives:
        old.live(1)
    assert old.step.first.any() and min(len(taken) for taken in old.games.actions) > 0
    fresh = make_worlds(WORLDS["atari"], COUNT, evaluation=False)
    assert np.array_equal(old.games.come_back(fresh).first, old.step.first)
    assert np.array_equal(fresh._lives, old.worlds._lives)
    for worlds in (old.worlds, fresh):
        worlds.close()


@pytest.mark.parametrize("what", ["seed", "action", "row before", "longer"])
def test_what_differs_anywhere_on_the_way_is_found_out(what):
    settings = WORLDS["vectors"]
    old = Life(settings)
    old.live(60)
    lane = int(np.argmax([len(taken) for taken in old.games.actions]))
    if what == "seed":
        old.games.seeds[lane] += 1
    elif what == "action":
        old.games.actions[lane][-1] ^= 1
    elif what == "row before":
        old.games.checksums[lane] ^= 1
    else:
        old.games.actions[lane] += [0] * 500
    fresh = make_worlds(settings, COUNT, evaluation=False)
    assert old.games.come_back(fresh) is None
    for worlds in (old.worlds, fresh):
        worlds.close()


def test_a_world_that_counts_its_games_does_not_come_back():
    register_counter()
    old = Life(EnvironmentSettings(id="Counter-v0", kwargs={"length": 9}))
    old.live(25)
    assert old.games.come_back(old.worlds) is None
    old.worlds.close()


def test_games_of_any_length_end_together():
    worlds = make_worlds(WORLDS["vectors"], COUNT, evaluation=False)
    moments = list(play_again(worlds, [1, 2, 3], [[0, 1, 0], [], [1]]))
    assert [playing.tolist() for playing, _ in moments] == [
        [True, False, False],
        [True, False, False],
        [True, False, True],
        [True, True, True],
    ]
    assert moments[-1][1].first.tolist() == [False, True, False]
    assert moments[2][1].first[2] and not moments[2][1].first[0]
    worlds.close()
