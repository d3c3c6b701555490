"""A run that is played: a person, or the agent, inside the dream of its world model, and in the real game beside it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

import numpy as np
import torch

from worldmodel.environments import Worlds, protocol_in_words
from worldmodel.errors import ConfigurationError, EnvironmentFailure
from worldmodel.learning import Agent
from worldmodel.memory import open_experience
from worldmodel.running.dream_game import DreamGame
from worldmodel.running.loading import load_agent
from worldmodel.running.machine import choose_device, prepare_machine
from worldmodel.running.reached import metrics_so_far, reached_by
from worldmodel.running.reliving import Game
from worldmodel.running.run_directory import RunDirectory
from worldmodel.studies.dreaming import MOST_ROWS, NOBODY_ACTS, played_games, recorded_games
from worldmodel.viewing.play_page import PlayPage

GAMES, GAME_STEPS = 2, 200
"""Games that are played before, for moments to begin at, and agent steps of each; nobody likes to wait."""
THREADS = 1
"""A step is of one state: a second thread is waited for longer than it works."""
RECORDED_STEPS = 60
"""Rows of the clips that are dreamt from where there is no world."""
MEASURED = "dream/valid_"
"""What begins the names of validity horizons in the metrics."""


@contextmanager
def lay_out(run: str | Path, checkpoint: str = "last", seed: int = 0) -> Iterator[tuple[DreamGame, PlayPage]]:
    """The game that a run is played as, and its page; inside, a world is open in which dreams can be lived.

    The agent plays a few games, from moments of which dreams begin. Where nobody acts or the world cannot be made, they
    begin at recorded moments, and there is no real game. `seed` decides games and moments. Raises FileError where
    there is no such run or checkpoint, or no experience where it is needed.
    """
    directory = RunDirectory.open(run)
    settings = directory.settings()
    prepare_machine(THREADS, settings.trainer.keep_memory)
    path = directory.checkpoint(run, checkpoint)
    agent = load_agent(run, checkpoint, choose_device(settings.trainer.accelerator))
    reached, acts = reached_by(path), settings.trainer.learner == "agent"
    torch.manual_seed(seed)
    games, world, missing = begin_games(directory, agent, seed, acts)
    page = PlayPage(
        title=f"Inside a dream of {agent.spec.environment}",
        facts=[
            ("World", protocol_in_words(agent.spec)),
            ("Run", str(directory.path)),
            ("Checkpoint", f"{path.name}, after {reached.gradient_steps:,} gradient steps"),
        ],
        spec=agent.spec,
        acts=acts,
        horizons=validity_horizons(directory.path, reached.gradient_steps),
        scale=None if agent.spec.pixels else np.abs(np.concatenate([game.observation for game in games])).max(0),
    )
    with closing(world) if world is not None else nullcontext():
        yield DreamGame(agent, games, world, missing, seed), page


def begin_games(directory: RunDirectory, agent: Agent, seed: int, acts: bool) -> tuple[list[Game], Worlds | None, str]:
    """Games that dreams begin in, a single fresh world to live them again, and why there is none."""
    missing = NOBODY_ACTS
    if acts:
        try:
            return *played_games(directory, agent, GAMES, GAME_STEPS, seed), ""
        except EnvironmentFailure as error:
            missing = str(error)
    recorded = directory.settings().data.experience
    lived = open_experience(Path(recorded) if recorded else directory.path, MOST_ROWS, compress=True)
    return recorded_games(lived, RECORDED_STEPS, seed), None, missing


def validity_horizons(run: Path, gradient_steps: int) -> dict[str, int]:
    """Depths down to which the dreams of a run held when that was measured last, up to `gradient_steps`."""
    found: dict[str, int] = {}
    for row in metrics_so_far(run):
        if (row.get("gradient_step") or 0) <= gradient_steps:
            horizons = {name: value for name, value in row.items() if name.startswith(MEASURED)}
            found |= {name.removeprefix(MEASURED).replace("_", " "): int(value) for name, value in horizons.items()}
    return found


def play_run(run: str | Path, checkpoint: str = "last", port: int = 0, seed: int = 0) -> None:
    """Serves the game of a run on this machine until a signal ends it, and prints its address.

    Raises ConfigurationError where the packages for it are missing, PortUnavailable, and what `lay_out` does.
    """
    try:
        from worldmodel.viewing.play_server import HOST, make_server, open_port
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f'playing needs a package that is not installed ({error.name}): pip install "worldmodel[play]"'
        ) from error
    token = secrets.token_urlsafe(16)
    with closing(open_port(port)) as listening, lay_out(run, checkpoint, seed) as (game, page):
        print(f"http://{HOST}:{listening.getsockname()[1]}/{token}/", flush=True)
        make_server(game, page, token).run(sockets=[listening])
