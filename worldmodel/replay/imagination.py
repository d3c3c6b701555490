"""Imagination replay: what the learned model says would happen, also where nobody has been."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from worldmodel.experience import LatentState, Observed, Trajectory
from worldmodel.model import WorldModel
from worldmodel.replay.holding import Holding
from worldmodel.replay.protocol import Imagine, Policy
from worldmodel.replay.starts import Everywhere, Starts, states_at


class ImaginationReplay:
    """Dreams start at moments of the movies, try every action there, and follow the policy after.

    One-step copies of recorded transitions would teach nothing that movies do not (van Hasselt et al. 2019); what the
    model adds is the other actions and the policy's own future. First actions are stratified: each action begins as
    many dreams as any other, or one more. Where it is held for longer, returns run on through the rest of it as well:
    cut there, a way that needs five strange steps would have to be found one step and many dreams at a time.

    `horizon`: steps of a dream, H.
    `rollouts`: number of dreams; None makes as many imagined transitions as the movies have.
    `holding`: for how many steps first actions are held; None holds them for one.
    `begins`: at which moments dreams begin; None at all of them alike.
    """

    def __init__(
        self,
        world_model: WorldModel,
        horizon: int,
        rollouts: int | None = None,
        holding: Holding | None = None,
        begins: Starts | None = None,
    ) -> None:
        self.world_model = world_model
        self.horizon = horizon
        self.rollouts = rollouts
        self.holding = holding or Holding(None)
        self.begins = begins or Everywhere()
        self.imagine: Imagine = world_model.imagine

    @torch.no_grad()
    def __call__(self, observed: Observed, policy: Policy) -> Trajectory:
        """Dreams `[rollouts, H]` from moments of movies `[B, T]`."""
        moments = self.starts(observed)
        return replace(self.dream(states_at(observed, moments), policy), origin=moments)

    @torch.no_grad()
    def dream(self, start: LatentState, policy: Policy) -> Trajectory:
        """Dreams `[N, H]` from states `[N]`."""
        count = start.recurrent.shape[0]
        action = self.first_actions(count, start.recurrent.device)
        held = self.holding.draw(count, action.device)
        latent, actions = self.imagine(start, action, policy.choose, self.horizon, held)
        arrived = latent[:, 1:]
        continues = self.world_model.continues(arrived)
        ones = torch.ones_like(continues)
        trace = ones.clone()
        trace[:, -1] = 0
        reached = torch.cat([ones[:, :1], continues[:, :-1]], 1).cumprod(1)
        reward = self.world_model.reward(arrived)
        return Trajectory(latent, actions, reward, continues, mask=ones, trace=trace, weight=reached)

    def starts(self, observed: Observed) -> Tensor:
        """The moments of movies `[B, T]` that dreams begin at, clip and row `[rollouts, 2]` int64."""
        movie = observed.movie
        transitions = int((movie.learnable[:, :-1] & movie.mask[:, 1:]).sum())
        return self.begins(observed, self.rollouts or max(1, round(transitions / self.horizon)))

    def first_actions(self, count: int, device: torch.device) -> Tensor:
        """Every action equally often, from a random one on, `[count]` int64."""
        actions = self.world_model.actions
        offset = torch.randint(actions, (1,), device=device)
        return (torch.arange(count, device=device) + offset) % actions
