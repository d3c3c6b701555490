"""The data that flows through the program, and the one convention of time all of it follows.

At time t the world says `observation_t, reward_t, terminated_t, truncated_t, first_t` and the agent answers
`action_t`. So `reward_t` is what the agent got for arriving at `observation_t`, i.e. for `action_{t-1}`::

    t            0            1            2            3
    observation  o0           o1           o2           o3
    reward       0 (first)    r1           r2           r3
    terminated   no           no           no           yes     <- o3 is a real last observation, stored like the rest
    action       a0           a1           a2           (none)

The target of Q(s_t, a_t) therefore uses `reward_{t+1}`, `continue_{t+1}` and `s_{t+1}`. Truncated is not
terminated: values are bootstrapped there.

Shape letters, the same everywhere: B batch, T time in a movie, H imagined horizon, L steps of a trajectory,
A actions, N environments, S x K stochastic latent (S variables of K classes), D recurrent latent, F features
(D + S*K), U embedding; images are height, width, channels.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Spec:
    """What must be known about a world to act in it or to learn from its recordings.

    environment: id of the environment, e.g. "ALE/Pong-v5".
    observation_shape: (height, width, channels) of uint8 pixels, or (entries,) of a float32 vector.
    observation_dtype: "uint8" or "float32".
    actions: name of each action; their number is A.
    protocol: how the environment was set up (frame skip, sticky actions, ...), for the record.
    """

    environment: str
    observation_shape: tuple[int, ...]
    observation_dtype: Literal["uint8", "float32"]
    actions: tuple[str, ...]
    protocol: dict[str, Any]

    @property
    def pixels(self) -> bool:
        """Whether observations are images."""
        return len(self.observation_shape) == 3

    @property
    def bytes_per_observation(self) -> int:
        """Bytes of one observation as it is kept in memory, uncompressed."""
        return int(np.prod(self.observation_shape)) * np.dtype(self.observation_dtype).itemsize

    def to_json(self) -> dict[str, Any]:
        """Plain types only, for run directories."""
        return {f.name: list(v) if isinstance(v := getattr(self, f.name), tuple) else v for f in fields(self)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Spec:
        """The inverse of `to_json`."""
        lists = {"observation_shape": tuple(data["observation_shape"]), "actions": tuple(data["actions"])}
        return cls(**{**data, **lists})


@dataclass(frozen=True)
class Step:
    """What N worlds say at one moment.

    observation: `[N, ...]` uint8 pixels or float32 entries.
    reward: `[N]` float32, unclipped; 0 where `first`.
    terminated, truncated: `[N]` bool, the training episode ended here (a lost life may count as terminated).
    first: `[N]` bool, a training episode begins here.
    game_over: `[N]` bool, the whole game ended here; evaluation scores are sums of reward up to here.
    """

    observation: np.ndarray
    reward: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    first: np.ndarray
    game_over: np.ndarray

    @property
    def ended(self) -> np.ndarray:
        """`[N]` bool, the training episode ended here, for either reason."""
        return self.terminated | self.truncated


@dataclass(frozen=True)
class Movie:
    """Recorded clips, each inside one episode, padded at the end to a common length.

    observation: `[B, T, ...]` as recorded.
    action: `[B, T]` int64; `action_t` was chosen at t (0 where the episode ended or the clip is padded).
    reward: `[B, T]` float32.
    terminated, truncated, first: `[B, T]` bool.
    mask: `[B, T]` bool, rows that were recorded; the rest is padding.
    context: `[B]` int64, leading rows that are looked at only to warm up the recurrent state.
    episode: `[B]` int64, id of the episode each clip is from.
    start: `[B]` int64, row of that episode at which the clip begins.
    age: `[B]` int64, environment steps since the clip's first row was lived.
    weight: `[B]` float32, how much its transitions count, 1 at most: less where the order replays them more often.
    """

    observation: Tensor
    action: Tensor
    reward: Tensor
    terminated: Tensor
    truncated: Tensor
    first: Tensor
    mask: Tensor
    context: Tensor
    episode: Tensor
    start: Tensor
    age: Tensor
    weight: Tensor

    @property
    def learnable(self) -> Tensor:
        """`[B, T]` bool, recorded rows that are not context."""
        position = torch.arange(self.mask.shape[1], device=self.mask.device)
        return self.mask & (position >= self.context[:, None])

    def to(self, device: torch.device | str, non_blocking: bool = True) -> Movie:
        """The same movie on another device."""
        moved = {f.name: getattr(self, f.name).to(device, non_blocking=non_blocking) for f in fields(self)}
        return replace(self, **moved)


@dataclass(frozen=True)
class Table:
    """The last C moments of an episode, as an episodic memory wrote them down, the newest last.

    entries: `[..., C, E]`, what was written.
    written: `[..., C]` bool, moments that there were.
    """

    entries: Tensor
    written: Tensor

    def __getitem__(self, index: Any) -> Table:
        """The same slice of both parts."""
        return Table(self.entries[index], self.written[index])

    def forget(self, which: Tensor) -> Table:
        """The same tables `[N]`, empty where `which` `[N]`."""
        return Table(self.entries, self.written & ~which[:, None])


@dataclass(frozen=True)
class LatentState:
    """Where the world model thinks it is.

    features: `[..., F]`, what every head reads: the recurrent part, then the stochastic one.
    recurrent_units: D, where the one ends and the other begins.
    table: `[...]`, the episode up to and with now, where there is an episodic memory; only what comes next reads it.

    Both parts lie in one tensor because heads read them together far more often than they are told apart.
    """

    features: Tensor
    recurrent_units: int
    table: Table | None = None

    @classmethod
    def join(cls, recurrent: Tensor, stochastic: Tensor, table: Table | None = None) -> LatentState:
        """What is remembered, `[..., D]`, and what is seen now, `[..., S*K]`, one-hot and flattened."""
        return cls(torch.cat([recurrent, stochastic.to(recurrent.dtype)], -1), recurrent.shape[-1], table)

    @property
    def recurrent(self) -> Tensor:
        """`[..., D]`, what is remembered."""
        return self.features[..., : self.recurrent_units]

    @property
    def stochastic(self) -> Tensor:
        """`[..., S*K]`, what is seen now."""
        return self.features[..., self.recurrent_units :]

    def __getitem__(self, index: Any) -> LatentState:
        """The same slice of every part."""
        table = None if self.table is None else self.table[index]
        return LatentState(self.features[index], self.recurrent_units, table)

    def detach(self) -> LatentState:
        """The same state without a graph; tables never have one."""
        return LatentState(self.features.detach(), self.recurrent_units, self.table)

    @staticmethod
    def stack(states: list[LatentState], dim: int) -> LatentState:
        """Several moments side by side along a new axis, to be looked at: tables are left behind."""
        return LatentState(torch.stack([s.features for s in states], dim), states[0].recurrent_units)

    @staticmethod
    def concatenate(states: list[LatentState]) -> LatentState:
        """States `[N_i, ...]` one after the other along their first axis, tables included."""
        tables = [state.table for state in states if state.table is not None]
        table = None
        if tables:
            table = Table(torch.cat([each.entries for each in tables]), torch.cat([each.written for each in tables]))
        return LatentState(torch.cat([s.features for s in states]), states[0].recurrent_units, table)


@dataclass(frozen=True)
class Observed:
    """A movie as the world model saw it.

    movie: what was looked at.
    latent: posterior states, `[B, T, ...]`, with the graph of the world model.
    posterior: `[B, T, S, K]` log-probabilities of the stochastic latent given the frame.
    prior: `[B, T, S, K]` log-probabilities of it given the past alone.
    """

    movie: Movie
    latent: LatentState
    posterior: Tensor
    prior: Tensor


@dataclass(frozen=True)
class Trajectory:
    """A stretch of replayed life, recorded or imagined; the Q-loss cannot tell which.

    latent: L + 1 states, `[B, L+1, ...]`.
    action: `[B, L]` int64, taken in states 0 .. L-1.
    reward: `[B, L]`, entry t is `reward_{t+1}`, the answer to `action_t`.
    continues: `[B, L]`, entry t is the probability that life goes on after state t+1.
    mask: `[B, L]`, 1 where the transition out of state t is learned from.
    trace: `[B, L]`, how far a return may be traced through state t+1: 1 where the action taken there is the
        policy's own (always in dreams), 0 where it left the policy or where the trajectory ends.
    weight: `[B, L]`, in dreams the probability that state t is reached at all, in movies the movie's weight.
    origin: `[B, 2]` int64, the movie and its row at which each trajectory begins; None where it began elsewhere.
    """

    latent: LatentState
    action: Tensor
    reward: Tensor
    continues: Tensor
    mask: Tensor
    trace: Tensor
    weight: Tensor
    origin: Tensor | None = None

    @property
    def transitions(self) -> Tensor:
        """Number of transitions that are learned from, a scalar."""
        return self.mask.sum()
