"""What the rest of the program may ask of the worlds, whichever library they come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from worldmodel.experience import Spec, Step


class Worlds(Protocol):
    """N copies of one world, played side by side, in which nothing is ever reset unasked.

    A call is made in the order `reset`, then `step` again and again, with a `restart` after each step at which an
    episode ended. No row that an automatic reset put in and no action that is ignored reaches the caller. The
    arrays of a returned `Step` are never written to again. Where an episode both terminated and ran out of time,
    it only counts as terminated.

    seeds: N, with which the games were begun that are played now.
    restarts: how often a world broke and was made anew.
    """

    spec: Spec
    count: int
    seeds: list[int]
    restarts: int

    def reset(self, seeds: Sequence[int], which: np.ndarray | None = None) -> Step:
        """Begin N games, or those in the worlds where `which` (`[N]` bool) is True, whatever went on there.

        seeds: N integers, taken modulo 2**31; a seed and the actions that follow determine a game, whatever is
            played beside it.
        Returns their first rows: `first` is True, reward is 0; of the other worlds the last row again.
        Raises EnvironmentFailure where the environment breaks, as do `step` and `restart`.
        """

    def step(self, actions: np.ndarray) -> Step:
        """Play one agent step in every world.

        actions: `[N]` int64.
        Returns the rows the actions led to; where an episode ended, the true last one of it; where a world broke
        and was made anew (only in worlds made with `restarts`), the first row of another game: the one before it
        was the last of its episode, which nothing ended.
        """

    def restart(self, ended: np.ndarray, seeds: Sequence[int]) -> Step:
        """Begin the next episode in some worlds.

        Where the game is over it is reset with its seed. Where only a life was lost nothing is reset: the same
        observation opens the next training episode.

        ended: `[N]` bool, `Step.ended` of the last step.
        seeds: N integers, of which only those of games that are over are used.
        Returns the last step again, with the first rows of the next episodes in the worlds that ended.
        """

    def close(self) -> None:
        """Let go of the worlds."""


def protocol_in_words(spec: Spec) -> str:
    """How the environment was set up, as one sentence for a report."""
    said = spec.protocol
    height, *_ = spec.observation_shape
    if "frame_skip" not in said:
        parts = [f"{spec.environment} with {len(spec.actions)} actions"]
        if said.get("sticky_actions"):
            parts.append(f"sticky actions {said['sticky_actions']:g}")
        parts += [f"{key} {value}" for key, value in said.get("kwargs", {}).items()]
        limit = said["max_episode_steps"]
        parts.append(f"episodes cut after {limit:,} steps" if limit else "no limit of episode length but its own")
    else:
        pooled = " (the last two frames max-pooled)" if said["max_pool"] else ""
        sticky = f"sticky actions {said['sticky_actions']:g}" if said["sticky_actions"] else "no sticky actions"
        opening = f"fewer than {said['noop_max']} no-ops" if said["noop_max"] else "no no-ops"
        kind = "all" if said["full_action_space"] else "the minimal"
        parts = [
            f"{spec.environment} with {kind} {len(spec.actions)} actions",
            f"frame skip {said['frame_skip']}{pooled}",
            sticky,
            f"{opening} and {'FIRE' if said['fire_reset'] else 'no FIRE'} at the start",
            f"a lost life {'ends' if said['life_loss_terminates'] else 'does not end'} the episode",
            f"rewards {'clipped' if said['reward_clipping'] else 'not clipped'}",
            f"games cut after {said['max_frames']:,} frames",
        ]
    if spec.pixels:
        parts.append(f"{height} x {height} pixels in {spec.observation_shape[-1]} channels")
    return ", ".join(parts) + "."
