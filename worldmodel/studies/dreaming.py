"""What a run dreams, made from its checkpoint and its recorded life: films, and a page."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from worldmodel.analysis.validity import Validity
from worldmodel.environments import Worlds, make_worlds, protocol_in_words
from worldmodel.learning import Agent
from worldmodel.memory import ReplayBuffer, open_experience
from worldmodel.running.branches import NO_RETURN
from worldmodel.running.dream_errors import draw_starts, dream_validity
from worldmodel.running.loading import load_agent, load_ledger
from worldmodel.running.machine import choose_device, prepare_machine
from worldmodel.running.players import AgentPlayer, separate_randomness
from worldmodel.running.reached import Reached, reached_by
from worldmodel.running.reliving import Game, play_games
from worldmodel.running.run_directory import RunDirectory
from worldmodel.running.settings import Settings
from worldmodel.viewing.dream import dream_along
from worldmodel.viewing.dream_page import DreamPage, write_page
from worldmodel.viewing.filming import CONTEXT, draw_movies, write_dream
from worldmodel.viewing.replay_section import make_section
from worldmodel.viewing.scenes import Scene, choose_starts, play_scene

MOST_ROWS = 65_536
"""Rows of recorded life that dreams start from, the newest; one chunk file never holds more."""
NOBODY_ACTS = "this run learned a world model alone, so that nobody acts"
GAMES, GAME_STEPS = 4, 400
"""Games that are played for a page, and agent steps of each."""
STARTS = 200
"""Dreams that the validity horizon is measured on."""


@dataclass(frozen=True)
class Dreamer:
    """A run that is about to dream.

    checkpoint: what was loaded; `reached`: how long it had been trained.
    lived: the recorded life.
    """

    directory: RunDirectory
    settings: Settings
    checkpoint: Path
    reached: Reached
    agent: Agent
    lived: ReplayBuffer


def lay_down(run: str | Path, checkpoint: str = "last") -> Dreamer:
    """Loads the agent and the recorded life of `run`, a run directory (of which `checkpoint` is taken) or a checkpoint.

    Raises FileError where there is no such run, checkpoint or experience.
    """
    directory = RunDirectory.open(run)
    settings = directory.settings()
    prepare_machine(settings.trainer.threads, settings.trainer.keep_memory)
    path = directory.checkpoint(run, checkpoint)
    agent = load_agent(run, checkpoint, choose_device(settings.trainer.accelerator))
    lived = Path(settings.data.experience) if settings.data.experience else directory.path
    buffer = open_experience(lived, MOST_ROWS, compress=True)
    return Dreamer(directory, settings, path, reached_by(path), agent, buffer)


def film_dreams(
    dreamer: Dreamer, output: Path | None = None, films: int = 4, horizon: int = 30, seed: int = 0
) -> list[Path]:
    """Films `films` dreams of up to `horizon` imagined steps side by side; returns the files it wrote.

    Each looks at a few recorded moments, then goes on without the world, under the actions that were really taken; it
    is shorter where the episode ends. `output` is a folder, by default media/ of the run; `seed` decides where dreams
    start. Raises StorageError where nothing can be written.
    """
    world_model = dreamer.agent.world_model
    movie = draw_movies(dreamer.lived, films, CONTEXT + horizon, seed)
    with separate_randomness(seed):
        dream = dream_along(world_model, movie.to(world_model.device), CONTEXT)
    return write_dream(dream, output or dreamer.directory.media, _name(dreamer, seed))


def measure_validity(dreamer: Dreamer, horizon: int = 30, seed: int = 0, starts: int = STARTS) -> dict[str, Validity]:
    """How deep dreams can be trusted, by what is imagined, from up to `starts` moments of the recorded life."""
    movie, context = draw_starts(dreamer.lived, starts, CONTEXT, horizon, seed)
    with separate_randomness(seed):
        return dream_validity(dreamer.agent, movie.to(dreamer.agent.device), context, seed)


def write_dreams(
    dreamer: Dreamer,
    validity: dict[str, Validity],
    output: Path | None = None,
    horizon: int = 30,
    seed: int = 0,
) -> Path:
    """The page of a run's dreams, from games that the agent plays for it; from recorded ones where there is no agent.

    Raises EnvironmentFailure where the world cannot be made, StorageError where nothing can be written.
    """
    spec, agent = dreamer.agent.spec, dreamer.agent
    acts, world = dreamer.settings.trainer.learner == "agent", None
    with separate_randomness(seed), ExitStack() as open_worlds:
        if acts:
            games, world = played_games(dreamer.directory, agent, GAMES, GAME_STEPS, seed)
            open_worlds.enter_context(closing(world))
        else:
            games = recorded_games(dreamer.lived, horizon, seed)
        starts = choose_starts(agent, games, horizon, seed)
        scenes = [play_scene(agent, world, start, horizon, CONTEXT) for start in starts]
        ledger = load_ledger(dreamer.directory.path)
        replayed = make_section(agent, dreamer.lived, ledger, dreamer.settings.data.order, horizon, acts)
    chosen = sum(start.first_action is None for start in starts)
    facts = [
        ("World", protocol_in_words(spec)),
        ("Run", str(dreamer.directory.path)),
        ("Checkpoint", f"{dreamer.checkpoint.name}, after {dreamer.reached.gradient_steps:,} gradient steps"),
        ("Made by", f"python -m worldmodel dream {dreamer.directory.path} --horizon {horizon} --seed {seed}"),
    ]
    page = DreamPage(
        title=f"What the agent imagines of {spec.environment}",
        facts=facts,
        actions=spec.actions,
        scenes=scenes[:chosen],
        fan=scenes[chosen:],
        missing=_missing(acts, scenes),
        replayed=replayed,
        validity=validity,
    )
    return write_page(page, (output or dreamer.directory.media) / f"{_name(dreamer, seed)}.html")


def played_games(directory: RunDirectory, agent: Agent, count: int, steps: int, seed: int) -> tuple[list[Game], Worlds]:
    """Games that the agent plays, up to `steps` agent steps each, and an open world in which they can be lived again.

    Raises EnvironmentFailure where the world cannot be made.
    """
    environment = directory.environment()
    with closing(make_worlds(environment, count, evaluation=True)) as worlds:
        games = play_games(worlds, AgentPlayer(agent), list(range(seed, seed + count)), steps)
    return games, make_worlds(environment, 1, evaluation=True)


def recorded_games(lived: ReplayBuffer, horizon: int, seed: int) -> list[Game]:
    """Stretches of recorded life that have no world to go on in."""
    movie = draw_movies(lived, GAMES, CONTEXT + horizon, seed)
    columns = [getattr(movie, name).numpy() for name in ("observation", "action", "reward", "terminated")]
    return [Game(0, *clip) for clip in zip(*columns, strict=True)]


def _missing(acts: bool, scenes: list[Scene]) -> str:
    """Why no real counterfactual can be shown, empty where there is one."""
    if not acts:
        return f"{NOBODY_ACTS}."
    if all(scene.real is None for scene in scenes):
        return f"{NO_RETURN}."
    return ""


def _name(dreamer: Dreamer, seed: int) -> str:
    """Of the files, without their kind."""
    return f"dream-{dreamer.checkpoint.name}-{dreamer.reached.gradient_steps}-seed{seed}"
