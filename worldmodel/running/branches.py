"""What follows a moment of a game, action by action: as the world model imagines it, and as it really happens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from worldmodel.environments import Worlds
from worldmodel.errors import WorldModelError
from worldmodel.experience import LatentState
from worldmodel.learning import Agent
from worldmodel.running.reliving import Game, relive

NO_RETURN = (
    "this world does not come back to a moment when it is begun with the same seed and the same actions are taken"
)


class Refusal(WorldModelError):
    """A move that cannot be made now, in words for the person who plays."""


@dataclass(frozen=True)
class Situation:
    """One moment of a branch.

    latent: `[1]`, where the world model thinks it is; where the moment is real, it has looked.
    action: what led here, None at the beginning of the branch.
    reward: for arriving here, expected or real.
    continues: probability that life goes on.
    values: `[A]`, Q of each action.
    seen: `[...]`, what the world shows; None where nobody looked.
    ended: the game is really over.
    """

    latent: LatentState
    action: int | None
    reward: float
    continues: float
    values: np.ndarray
    seen: np.ndarray | None = None
    ended: bool = False


class ImaginedBranch:
    """The world model goes on alone from the state `latent` `[1]` in which it looked last; `path` holds the way."""

    def __init__(self, agent: Agent, latent: LatentState) -> None:
        self.agent = agent
        self.path = [self._arrive(latent, None)]

    @torch.no_grad()
    def step(self, action: int, temperature: float) -> None:
        """Imagines what `action` leads to, drawn from the prior at a temperature (see `latents.temper`)."""
        model = self.agent.world_model
        taken = torch.tensor([action], device=self.agent.device)
        self.path.append(self._arrive(model.foresee(self.path[-1].latent, taken, temperature)[0], action))

    @torch.no_grad()
    def observations(self, count: int = 1) -> np.ndarray:
        """What the last moments look like, up to `count` of them, `[count, ...]`, in the units of the recording."""
        features = torch.cat([there.latent.features for there in self.path[-count:]])
        return self.agent.world_model.decode(LatentState(features, self.path[0].latent.recurrent_units)).cpu().numpy()

    def _arrive(self, latent: LatentState, action: int | None) -> Situation:
        return judge(self.agent, latent, action, reward=None)


class RealBranch:
    """The world goes on from row `moment` of `game`, and the agent, which was there in the state `latent` `[1]`, looks.

    world: a single fresh one of the same settings. It stands where the path ends; after the path was cut it is begun
    again and brought back, when the next step is taken.
    """

    def __init__(self, agent: Agent, world: Worlds, game: Game, moment: int, latent: LatentState) -> None:
        self.agent, self.world, self.game, self.moment = agent, world, game, moment
        self.path = [judge(agent, latent, None, float(game.reward[moment]), game.observation[moment])]
        self.standing: int | None = None

    def come_back(self) -> bool:
        """Brings the world to the end of the path; whether everything on the way was as it had been."""
        self.standing = None
        if relive(self.world, self.game, self.moment, np.zeros(0, np.int64)) is None:
            return False
        for there in self.path[1:]:
            step = self.world.step(np.array([there.action]))
            seen = step.observation[0]
            if step.ended[0] != there.ended or there.seen is None or not np.array_equal(seen, there.seen):
                return False
        self.standing = len(self.path) - 1
        return True

    @torch.no_grad()
    def step(self, action: int) -> None:
        """Really takes `action`; Refusal where the game is over or the world does not come back."""
        last = self.path[-1]
        if last.ended:
            raise Refusal("the game is over: go back, or to another moment")
        if self.standing != len(self.path) - 1 and not self.come_back():
            raise Refusal(NO_RETURN)
        self.standing = None  # a world that breaks stands nowhere
        step = self.world.step(np.array([action]))
        device = self.agent.device
        taken, seen = torch.tensor([action], device=device), torch.from_numpy(step.observation).to(device)
        latent = self.agent.world_model.update(last.latent, taken, seen, torch.from_numpy(step.first).to(device))
        reward, ended = float(step.reward[0]), bool(step.ended[0])
        self.path.append(judge(self.agent, latent, action, reward, step.observation[0], ended))
        self.standing = len(self.path) - 1

    def observations(self, count: int = 1) -> np.ndarray:
        """What the world showed in the last moments, up to `count` of them, `[count, ...]`."""
        return np.stack([there.seen for there in self.path[-count:] if there.seen is not None])

    def as_game(self) -> Game:
        """The game up to here: its rows before the moment, then the path."""
        rows, played = slice(self.moment), self.path
        return Game(
            seed=self.game.seed,
            observation=np.concatenate([self.game.observation[rows], self.observations(len(played))]),
            action=np.array([*self.game.action[rows], *(each.action for each in played[1:]), 0], np.int64),
            reward=np.array([*self.game.reward[rows], *(each.reward for each in played)], np.float32),
            terminated=np.array([*self.game.terminated[rows], *(each.ended for each in played)], bool),
        )


@torch.no_grad()
def judge(
    agent: Agent,
    latent: LatentState,
    action: int | None,
    reward: float | None,
    seen: np.ndarray | None = None,
    ended: bool = False,
) -> Situation:
    """What the agent thinks of a state `[1]` to which `action` led; where `reward` is None, it expects one."""
    model = agent.world_model
    return Situation(
        latent=latent,
        action=action,
        reward=float(model.reward(latent)) if reward is None else reward,
        continues=float(model.continues(latent)),
        values=agent.target_network.values(latent)[0].cpu().numpy(),
        seen=seen,
        ended=ended,
    )
