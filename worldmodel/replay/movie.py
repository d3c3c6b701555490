"""Movie replay: a recorded stretch of experience again, exactly in the order in which it was lived."""

from __future__ import annotations

import torch

from worldmodel.experience import LatentState, Observed, Trajectory
from worldmodel.replay.protocol import Policy


class MovieReplay:
    """The trajectory is the movie itself, seen through the world model.

    `cut_off_policy`: whether returns stop being traced where the recorded action left the policy (Watkins 1989);
    without it they run on to the end of the movie (Peng & Williams 1996).
    `gradient`: share of the Q-loss's gradient that reaches the world model's latent states, 0 to 1.
    """

    def __init__(self, cut_off_policy: bool = True, gradient: float = 0.0) -> None:
        self.cut_off_policy = cut_off_policy
        self.gradient = gradient

    def __call__(self, observed: Observed, policy: Policy) -> Trajectory:
        """Movies `[B, T]` as trajectories of L = T - 1 transitions; context and padding are masked.

        Time, for a clip of 4 rows with one of context::

            row           0         1         2         3
            transition    0 -> 1    1 -> 2    2 -> 3
            mask          0         1         1
            trace         (a1 ours) (a2 ours) 0                <- through the state the transition arrives in
        """
        movie = observed.movie
        latent = self._scale_gradient(observed.latent)
        recorded = movie.mask[:, 1:]
        mask = movie.learnable[:, :-1] & recorded
        trace = torch.zeros_like(mask)
        trace[:, :-1] = recorded[:, 1:]
        if self.cut_off_policy and movie.action.shape[1] > 2:
            trace[:, :-1] &= policy.agrees(observed.latent.detach()[:, 1:-1], movie.action[:, 1:-1])
        clips = torch.arange(len(movie.mask), device=movie.mask.device)
        return Trajectory(
            latent=latent,
            action=movie.action[:, :-1],
            reward=movie.reward[:, 1:],
            continues=1 - movie.terminated[:, 1:].float(),
            mask=mask.float(),
            trace=trace.float(),
            weight=movie.weight[:, None].expand_as(movie.reward[:, 1:]),
            origin=torch.stack([clips, torch.zeros_like(clips)], -1),
        )

    def _scale_gradient(self, latent: LatentState) -> LatentState:
        """The same states, through which only `gradient` of the gradient passes."""
        if self.gradient == 0:
            return latent.detach()
        features = latent.features
        return LatentState(self.gradient * features + (1 - self.gradient) * features.detach(), latent.recurrent_units)
