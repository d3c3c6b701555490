"""A game that is played inside a dream: one moment, one list of actions, and what they lead to, imagined or real."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch

from worldmodel.environments import Worlds
from worldmodel.experience import LatentState
from worldmodel.learning import Agent
from worldmodel.running.branches import NO_RETURN, ImaginedBranch, RealBranch, Refusal, Situation
from worldmodel.running.reliving import Game

HOTTEST = 2.0
"""Highest temperature of the imagination."""


class DreamGame:
    """Begins at a moment of a game that was played, and goes on by one action at a time.

    The dream and the real game branch off at the same moment and follow the same actions: whoever switches sees what
    the other one makes of them. Every move that cannot be made raises Refusal and changes nothing.

    games: from which moments are drawn, by `seed`.
    world: a single fresh one in which they can be lived again, None where there is none; then `missing` says why.
    missing: why there is no real game to switch to, empty where there is one.
    temperature: of the imagination, 0 the likeliest latent, 1 as learned, up to `HOTTEST`.
    """

    mode: Literal["dream", "real"]
    dream: ImaginedBranch
    real: RealBranch | None

    def __init__(self, agent: Agent, games: list[Game], world: Worlds | None, missing: str = "", seed: int = 0) -> None:
        self.agent, self.games, self.world, self.worldless = agent, games, world, missing
        self.generator = np.random.default_rng(seed)
        self.temperature = 1.0
        self.new_moment()

    # Where it stands

    @property
    def path(self) -> list[Situation]:
        """The way from the moment to here, in the dream or in the real game."""
        return self.branch.path

    @property
    def here(self) -> Situation:
        """Where the game is."""
        return self.path[-1]

    @property
    def depth(self) -> int:
        """Steps since the moment."""
        return len(self.path) - 1

    @property
    def branch(self) -> ImaginedBranch | RealBranch:
        """The dream, or the real game."""
        return self.dream if self.mode == "dream" else self._real_one()

    @property
    def greedy(self) -> int:
        """What the agent would do here: the action of the highest Q."""
        return int(self.here.values.argmax())

    # Moves

    def new_moment(self) -> None:
        """Goes to a moment at random."""
        moments = [(game, row) for game in self.games for row in range(len(game.action) - 1)]
        self.begin(*moments[int(self.generator.integers(len(moments)))])

    def begin(self, game: Game, moment: int) -> None:
        """Dreams from row `moment` of `game` on; there is a real game where the world comes back to it."""
        latent = look(self.agent, game, moment)
        real = RealBranch(self.agent, self.world, game, moment, latent) if self.world is not None else None
        self.missing = self.worldless if real is None else "" if real.come_back() else NO_RETURN
        self.game, self.moment = game, moment
        self.dream, self.real = ImaginedBranch(self.agent, latent), None if self.missing else real
        self.mode = "dream"

    def step(self, action: int) -> None:
        """Takes an action; what had been done from here on before is forgotten."""
        if not 0 <= action < len(self.agent.spec.actions):
            raise Refusal(f"action {action} is none of 0 to {len(self.agent.spec.actions) - 1}")
        depth = self.depth
        if self.mode == "dream":
            self.dream.step(action, self.temperature)
        else:
            self._real_one().step(action)
        for branch in self._branches():
            if branch is not self.branch:
                del branch.path[depth + 1 :]

    def back(self) -> None:
        """Goes back by one step, to exactly what was there."""
        if self.depth == 0:
            raise Refusal("this is the moment itself: there is nothing before it")
        depth = self.depth
        for branch in self._branches():
            del branch.path[depth:]

    def switch(self) -> None:
        """Changes between dream and real game: same moment, same actions so far.

        A real game that ends on the way is shown at its end.
        """
        if self.real is None:
            raise Refusal(f"there is no real game: {self.missing}")
        longest = max(self.dream.path, self.real.path, key=len)
        actions = [situation.action for situation in longest if situation.action is not None]
        if self.mode == "real":
            for action in actions[len(self.dream.path) - 1 :]:
                self.dream.step(action, self.temperature)
            self.mode = "dream"
        else:
            for action in actions[len(self.real.path) - 1 :]:
                if not self.real.path[-1].ended:
                    self.real.step(action)
            self.mode = "real"

    def dream_from_here(self) -> None:
        """Dreams on from where the real game is: this becomes the moment."""
        if self.mode != "real":
            raise Refusal("only a real moment can be dreamt from: switch to the real game first")
        if self.here.ended:
            raise Refusal("the game is over: go back, or to another moment")
        game = self._real_one().as_game()
        self.begin(game, len(game.action) - 1)

    def set_temperature(self, temperature: float) -> None:
        """How boldly the next steps are imagined."""
        if not 0 <= temperature <= HOTTEST:
            raise Refusal(f"temperature {temperature} is not within 0 and {HOTTEST:g}")
        self.temperature = temperature

    def _branches(self) -> list[ImaginedBranch | RealBranch]:
        return [self.dream] if self.real is None else [self.dream, self.real]

    def _real_one(self) -> RealBranch:
        assert self.real is not None, "nobody gets into a real game that is not there"
        return self.real


@torch.no_grad()
def look(agent: Agent, game: Game, moment: int) -> LatentState:
    """The state `[1]` in which the agent is at row `moment` of `game`, having looked at it from its first row on."""
    model, movie = agent.world_model, game.until(moment).movie().to(agent.device)
    if moment == 0:  # a recurrence does not unroll over nothing
        return model.update(model.initial(1), movie.action[:, 0], movie.observation[:, 0], movie.first[:, 0])
    return model.observe(movie).latent[:, moment]
