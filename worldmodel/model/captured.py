"""A function captured once as a CUDA graph: a GPU is asked for all of it at once, not for kernel after kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Generic, ParamSpec, TypeVar

import torch
from torch import Tensor

P = ParamSpec("P")
R = TypeVar("R")

WARM_UP = 3
"""Calls before the one that is captured: libraries choose their kernels in the first."""


@dataclass(frozen=True)
class Graph:
    """What was captured, and the tensors it reads from and writes to."""

    kernels: torch.cuda.CUDAGraph
    given: tuple[Any, ...]
    found: Any

    def __call__(self, given: tuple[Any, ...]) -> Any:
        """The same again with what is `given` now."""
        for kept, new in zip(tensors_of(self.given), tensors_of(given), strict=True):
            kept.copy_(new)
        self.kernels.replay()
        # the next call is written over this one
        return with_tensors(Tensor.clone, self.found)


class Captured(Generic[P, R]):
    """What `function` does without a gradient, with the same draws, from one graph of kernels.

    Where kernels are many and small, a fast GPU waits for the processor to ask for each of them. A graph is captured
    for every shape and number format and for all arguments that are no tensors, which must be hashable; all of them
    anew where the weights have moved in memory. Away from CUDA nothing is captured.

    `function`: of tensors, and of dataclasses and tuples of them, to the like; never waits for the GPU.
    `weights`: all weights it reads; they may change, but in place.
    """

    def __init__(self, function: Callable[P, R], weights: Callable[[], Iterator[Tensor]]) -> None:
        self.function = function
        self.weights = weights
        self.places: tuple[int, ...] = ()
        self.graphs: dict[tuple[Any, ...], Graph] = {}

    @torch.no_grad()
    def __call__(self, *given: P.args, **named: P.kwargs) -> R:
        """What `function` gives, in tensors that later calls leave alone; all arguments by position."""
        if named or not tensors_of(given)[0].is_cuda:
            return self.function(*given, **named)
        places = tuple(weight.data_ptr() for weight in self.weights())
        if places != self.places:
            self.places, self.graphs = places, {}
        wanted = (number_format(), with_tensors(lambda each: (each.shape, each.dtype), given))
        if wanted not in self.graphs:
            self.graphs[wanted] = self._capture(given)
        found: R = self.graphs[wanted](given)
        return found

    def _capture(self, given: tuple[Any, ...]) -> Graph:
        given = with_tensors(Tensor.clone, given)
        function: Callable[..., R] = self.function
        device = tensors_of(given)[0].device
        aside = torch.cuda.Stream(device)
        aside.wait_stream(torch.cuda.current_stream(device))
        with torch.random.fork_rng([device]), torch.cuda.stream(aside), uncached_autocast():
            for _ in range(WARM_UP):
                function(*given)
        torch.cuda.current_stream(device).wait_stream(aside)
        kernels = torch.cuda.CUDAGraph()
        with torch.cuda.graph(kernels), uncached_autocast():
            found = function(*given)
        return Graph(kernels, given, found)


def number_format() -> tuple[bool, torch.dtype]:
    """Whether autocast is on for CUDA, and to what it casts."""
    return torch.is_autocast_enabled("cuda"), torch.get_autocast_dtype("cuda")


def uncached_autocast() -> AbstractContextManager[Any]:
    """Autocast as it is, but keeping no copies of weights: a graph would read those it was captured with for ever."""
    enabled, form = number_format()
    return torch.autocast("cuda", form, enabled, cache_enabled=False)


def with_tensors(change: Callable[[Tensor], Any], value: Any) -> Any:
    """The same value, every tensor in it changed; looks into dataclasses and tuples."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, tuple):
        return tuple(with_tensors(change, each) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: with_tensors(change, getattr(value, f.name)) for f in fields(value)})
    return value


def tensors_of(value: Any) -> list[Tensor]:
    """All tensors in a value, in their order."""
    found: list[Tensor] = []
    with_tensors(found.append, value)
    return found
