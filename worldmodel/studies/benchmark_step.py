"""Where the time of one gradient step goes, part by part, beside acting and the bare environment."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from worldmodel.configuration import read_settings
from worldmodel.environments import Worlds, make_worlds
from worldmodel.experience import Movie
from worldmodel.learning import Agent
from worldmodel.learning.faster import capture_parts, compile_parts
from worldmodel.learning.q_learning import learn
from worldmodel.memory import ReplayData, make_buffer
from worldmodel.running.acting import Acting
from worldmodel.running.machine import choose_precision, machine_in_words, prepare_machine
from worldmodel.running.schedule import Interleaved
from worldmodel.running.settings import Settings

T = TypeVar("T")
WARM_UP = 2
ACTING_STEPS = 100
PRODUCT = 1024
DEFAULTS = Path("configs/size/12m.yaml")


@dataclass(frozen=True)
class Timings:
    """Medians after warm-up.

    parts: seconds of each part of one gradient step; "total" is the whole of it.
    acting_steps_per_second: environment steps of the whole loop without learning (see, choose, step, record).
    environment_steps_per_second: those of the worlds alone.
    multiply_adds: billions, of the matrix products and convolutions of one gradient step.
    floor: seconds they would take at the speed of one large matrix product on this machine.
    parameters: millions, of the world model and of the Q-network.
    work: what one step works on.
    machine, precision: what it ran on.
    """

    parts: dict[str, float]
    acting_steps_per_second: float
    environment_steps_per_second: float
    multiply_adds: float
    floor: float
    parameters: dict[str, float]
    work: str
    machine: str
    precision: str

    def to_json(self) -> dict[str, Any]:
        """Plain types."""
        return asdict(self)

    def in_words(self) -> str:
        """A table, and what it was measured on."""
        lines = [f"{name:24} {seconds * 1000:9.1f} ms" for name, seconds in self.parts.items()]
        ratio = self.acting_steps_per_second / self.environment_steps_per_second
        lines += [
            f"{'acting, whole loop':24} {self.acting_steps_per_second:9.0f} steps/s ({ratio:.0%} of the worlds alone)",
            f"{'the worlds alone':24} {self.environment_steps_per_second:9.0f} steps/s",
            f"floor: {self.multiply_adds:.1f} billion multiply-adds, {self.floor * 1000:.0f} ms as one matrix product",
            f"parameters: {', '.join(f'{name} {count:.1f}M' for name, count in self.parameters.items())}",
            f"work: {self.work}, {self.precision}",
            f"machine: {self.machine}",
        ]
        return "\n".join(lines)


class Stopwatch:
    """Collects the seconds of named parts."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.seconds: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Times what is inside; on a GPU, until it is really done."""
        self._wait()
        began = time.perf_counter()
        yield
        self._wait()
        self.seconds[name].append(time.perf_counter() - began)

    def medians(self) -> dict[str, float]:
        """Seconds of each part, the warm-up left out."""
        return {name: statistics.median(seconds[WARM_UP:]) for name, seconds in self.seconds.items()}

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()


def time_step(arguments: list[str], repeats: int) -> Timings:
    """Times the settings that `arguments` ask for (by default the 12M size) on movies of random play."""
    settings = read_settings(Settings, arguments, default_config=DEFAULTS)
    prepare_machine(settings.trainer.threads, settings.trainer.keep_memory)
    torch.manual_seed(settings.trainer.seed)
    worlds = make_worlds(settings.environment, settings.environment.count, evaluation=False)
    try:
        return _time_with(settings, worlds, repeats)
    finally:
        worlds.close()


def _time_with(settings: Settings, worlds: Worlds, repeats: int) -> Timings:
    device = _device(settings)
    agent = Agent(
        worlds.spec, settings.world_model, replace(settings.agent, imagination_warmup=0, imagination_ramp=0)
    ).to(device)
    capture_parts(agent)
    if settings.trainer.compile:
        compile_parts(agent)
    data = settings.data
    rows = max(2000, 2 * data.sequence_length * worlds.count)
    buffer = make_buffer(
        replace(data, capacity=max(data.capacity, worlds.count * data.chunk_steps)), worlds.spec, worlds.count, None
    )
    acting = Acting(worlds, buffer, Interleaved(rows, 1.0), rows, settings.trainer.seed, settings.agent.discount)
    acting.enter(agent)
    acting.live(agent)
    replay = ReplayData(data, buffer, repeats, settings.trainer.seed)
    watch = Stopwatch(device)
    optimizer = agent.configure_optimizers()
    precision = choose_precision(settings.trainer.precision, settings.trainer.accelerator)
    for _ in range(WARM_UP + repeats):
        with watch.part("total"):
            movie = _gradient_step(agent, replay, optimizer, watch, lambda: _autocast(device, precision))
        with _autocast(device, precision), torch.no_grad(), watch.part("of it, encode forward"):
            agent.world_model.encode(movie.observation)
    dreams = agent.imagination_replay(agent.world_model.observe(movie.to(device)), agent.policy)
    movies, (rollouts, horizon) = movie.mask.shape, dreams.action.shape
    work = f"{movies[0]} movies of {movies[1]} rows, {rollouts} rollouts of {horizon} steps"
    millions = {
        "world model": sum(p.numel() for p in agent.world_model.parameters()) / 1e6,
        "Q-network": sum(p.numel() for p in agent.q_network.parameters()) / 1e6,
    }
    with FlopCounterMode(display=False) as counted:
        _gradient_step(agent, replay, optimizer, Stopwatch(device), lambda: _autocast(device, precision))
    multiply_adds = counted.get_total_flops() / 2
    with _autocast(device, precision):
        speed = _acting_speed(acting, agent)
    return Timings(
        parts=watch.medians(),
        acting_steps_per_second=speed,
        environment_steps_per_second=_world_speed(worlds),
        multiply_adds=multiply_adds / 1e9,
        floor=multiply_adds / _product_speed(device, precision),
        parameters=millions,
        work=work,
        machine=machine_in_words(),
        precision=precision,
    )


def _gradient_step(
    agent: Agent,
    replay: ReplayData,
    optimizer: torch.optim.Optimizer,
    watch: Stopwatch,
    autocast: Callable[[], AbstractContextManager[Any]],
) -> Movie:
    """What the trainer does in one step, its parts timed one by one."""
    model, policy = agent.trained_model, agent.policy
    with watch.part("sample"):
        movie = replay.sample().to(agent.device)
    with autocast():
        with watch.part("encode and recurrence"):
            observed = model.observe(movie)
            seen = agent.look_again(observed)
        with watch.part("decode and heads"):
            loss = model.total_loss(model.losses(observed), movie.mask)
        with watch.part("imagine"):
            dreams = agent.imagination_replay(seen, policy)
        with watch.part("targets and Q-loss"):
            movies = agent.movie_replay(seen, policy)
            for trajectory, returns in ((movies, agent.movie_returns), (dreams, agent.dream_returns)):
                discount = agent.settings.discount
                loss = loss + learn(trajectory, agent.q_network, agent.target_network, returns, discount).loss
    with watch.part("backward"):
        loss.backward()
    with watch.part("optimizer"):
        for group in optimizer.param_groups:
            torch.nn.utils.clip_grad_norm_(group["params"], 100.0)
        optimizer.step()
        agent.follow()
        agent.follow_student()
        optimizer.zero_grad()
    return movie


def _acting_speed(acting: Acting, agent: Agent) -> float:
    """Environment steps per second of the whole loop, the agent choosing."""
    acting.schedule = Interleaved(0, 1.0)
    for _ in range(10):
        acting.live_one_step(agent)
    began = time.perf_counter()
    for _ in range(ACTING_STEPS):
        acting.live_one_step(agent)
    return ACTING_STEPS * acting.worlds.count / (time.perf_counter() - began)


def _world_speed(worlds: Worlds) -> float:
    """Environment steps per second of the worlds alone, random actions."""
    generator = np.random.default_rng(0)
    seeds = list(range(worlds.count))
    worlds.reset(seeds)
    began = time.perf_counter()
    for _ in range(ACTING_STEPS):
        step = worlds.step(generator.integers(len(worlds.spec.actions), size=worlds.count))
        if step.ended.any():
            worlds.restart(step.ended, seeds)
    return ACTING_STEPS * worlds.count / (time.perf_counter() - began)


def _product_speed(device: torch.device, precision: str) -> float:
    """Multiply-adds per second of a product of two matrices of `PRODUCT` rows and columns."""
    watch, dtype = Stopwatch(device), torch.bfloat16 if precision == "bf16-mixed" else torch.float32
    matrix = torch.randn(PRODUCT, PRODUCT, device=device).to(dtype)
    for _ in range(WARM_UP + 5):
        with watch.part("product"):
            matrix @ matrix
    return PRODUCT**3 / watch.medians()["product"]


def _autocast(device: torch.device, precision: str) -> torch.autocast:
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16-mixed")


def _device(settings: Settings) -> torch.device:
    wanted = settings.trainer.accelerator
    return torch.device("cuda" if wanted == "gpu" or (wanted == "auto" and torch.cuda.is_available()) else "cpu")
