"""A suite: which games are learned by which methods, with which seeds, as one YAML file."""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import dataclass, field
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

from worldmodel.configuration import differences, read_settings, settings_to_dict
from worldmodel.environments import EnvironmentSettings, make_worlds
from worldmodel.errors import ConfigurationError
from worldmodel.running.settings import Settings
from worldmodel.settings import bounded

LOGGING = ("wandb", "wandb_project", "log_every", "film")
OF_THE_MACHINE = ("run", "threads", "accelerator", "keep_memory", "compile", *LOGGING)
"""Settings of the trainer that change where and how a cell runs, but not what it measures."""


@dataclass(frozen=True)
class Suite:
    """Games x methods x seeds. A method is a share of imagination, or an arm with settings of its own."""

    config: tuple[str, ...]
    """Configuration files, the later over the earlier, from the folder that commands are run in."""
    games: tuple[str, ...]
    """Ids of the environments."""
    shares: tuple[float, ...] = bounded((), low=0, high=1)
    """Shares of imagination that are compared."""
    more_shares: tuple[float, ...] = bounded((), low=0, high=1)
    """Further ones, which --full adds."""
    arms: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Further methods by name, each with dotted settings, as in {many-dreams: {agent.rollouts: 256}}."""
    seeds: int = bounded(5, low=1)
    """How often each is repeated, with seeds 0, 1, ..."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Dotted settings of all cells, such as {trainer.max_steps: 100000}."""


@dataclass(frozen=True)
class Cell:
    """One run of a suite.

    game, method, seed: its place; `share` is the imagination share that the method asks for.
    arguments: those of train.py, without directory and machine.
    settings_hash: of every setting that can change the result.
    """

    game: str
    method: str
    seed: int
    share: float
    arguments: tuple[str, ...]
    settings_hash: str

    @property
    def path(self) -> Path:
        """Where it belongs beneath a folder of runs or of results."""
        return Path(self.game.replace("/", "-"), self.method, f"seed-{self.seed}")

    def command(self, run: Path, threads: int | None = None) -> list[str]:
        """The arguments of train.py that run it in the directory `run`."""
        where = ["--trainer.run", str(run), "--trainer.wandb", "off", "--trainer.film", "false"]
        return [*self.arguments, *where, *(["--trainer.threads", str(threads)] if threads else [])]


def read_suite(file: Path) -> Suite:
    """The suite in a YAML file; ConfigurationError lists everything wrong with it."""
    suite = read_settings(Suite, ["--config", str(file)])
    problems = [f"{file}: games must not be empty"] if not suite.games else []
    if not suite.shares and not suite.arms:
        problems.append(f"{file}: shares or arms must say what is compared")
    if problems:
        raise ConfigurationError("\n".join(problems))
    return suite


def check_games(suite: Suite) -> None:
    """Opens each game once; EnvironmentFailure names the first that is not known or whose package is missing."""
    for game in suite.games:
        make_worlds(EnvironmentSettings(id=game), 1, evaluation=True).close()


def cells_of(suite: Suite, full: bool = False) -> list[Cell]:
    """Every cell, seed by seed, so that a suite that is stopped early has compared all methods.

    Raises ConfigurationError where settings are impossible.
    """
    shares = sorted({*suite.shares, *(suite.more_shares if full else ())})
    methods: dict[str, dict[str, Any]] = {share_name(share): {"agent.imagination_share": share} for share in shares}
    methods |= suite.arms
    return [
        _cell(suite, game, method, changes, seed)
        for seed in range(suite.seeds)
        for game in suite.games
        for method, changes in methods.items()
    ]


def share_name(share: float) -> str:
    """The name of the method that is a share of imagination and nothing else."""
    return f"share-{share:g}"


def choose(cells: list[Cell], games: list[str] | None, methods: list[str] | None) -> list[Cell]:
    """Those of the `games` and `methods` named, None for all; ConfigurationError where the suite has no such one."""
    wanted = {"game": games, "method": methods}
    problems = []
    for what, names in wanted.items():
        known = list(dict.fromkeys(getattr(cell, what) for cell in cells))
        missing = [name for name in names or () if name not in known]
        problems += [f"{what} {name!r} is not in the suite; it has {', '.join(known)}" for name in missing]
    if problems:
        raise ConfigurationError("\n".join(problems))
    return [
        cell for cell in cells if all(names is None or getattr(cell, what) in names for what, names in wanted.items())
    ]


def shell_line(cell: Cell, run: Path) -> str:
    """The cell as one line of a shell script."""
    return shlex.join(["python", "train.py", *cell.command(run)])


def _cell(suite: Suite, game: str, method: str, changes: dict[str, Any], seed: int) -> Cell:
    wanted = {"environment.id": game, **suite.settings, **changes, "trainer.seed": seed}
    files = [part for file in suite.config for part in ("--config", file)]
    flags = [part for key, value in wanted.items() for part in (f"--{key}", _text(value))]
    settings = read_settings(Settings, [*files, *flags])
    return Cell(game, method, seed, settings.agent.imagination_share, (*files, *flags), settings_hash(settings))


def settings_hash(settings: Settings) -> str:
    """Equal for two runs that differ in directory and machine alone.

    What is as by default is left out, so that results outlive settings that are added after them.
    """
    plain, usual = settings_to_dict(settings), settings_to_dict(Settings())
    of_the_machine = {f"trainer.{name}" for name in OF_THE_MACHINE}
    chosen = {}
    for key in set(differences(usual, plain)) - of_the_machine:
        chosen[key] = reduce(getitem, key.split("."), plain)
    return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:16]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
