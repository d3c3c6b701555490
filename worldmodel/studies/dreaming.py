"""Films of what a run dreams, made from its checkpoint and its recorded life."""

from __future__ import annotations

from pathlib import Path

from worldmodel.memory import open_experience
from worldmodel.running.loading import load_agent
from worldmodel.running.machine import choose_device, prepare_machine
from worldmodel.running.players import separate_randomness
from worldmodel.running.reached import reached_by
from worldmodel.running.run_directory import RunDirectory
from worldmodel.viewing.dream import dream_along
from worldmodel.viewing.filming import CONTEXT, draw_movies, write_dream

MOST_ROWS = 65_536
"""Rows of recorded life that dreams start from, the newest; one chunk file never holds more."""


def film_run(
    run: str | Path,
    checkpoint: str = "last",
    output: Path | None = None,
    films: int = 4,
    horizon: int = 30,
    seed: int = 0,
) -> list[Path]:
    """Films `films` dreams of up to `horizon` imagined steps side by side; returns the files it wrote.

    `run` is a run directory, of which `checkpoint` ("last" or "best") is taken, or a checkpoint. Each dream looks at a
    few recorded moments, then goes on without the world, under the actions that were really taken; it is shorter
    where the episode ends. `output` is a folder, by default media/ of the run; `seed` decides where dreams start.

    Raises FileError where there is no such run, checkpoint or experience, StorageError where nothing can be written.
    """
    directory = RunDirectory.open(run)
    settings = directory.settings()
    prepare_machine(settings.trainer.threads, settings.trainer.keep_memory)
    path = directory.checkpoint(run, checkpoint)
    world_model = load_agent(run, checkpoint, choose_device(settings.trainer.accelerator)).world_model
    lived = Path(settings.data.experience) if settings.data.experience else directory.path
    movie = draw_movies(open_experience(lived, MOST_ROWS, compress=True), films, CONTEXT + horizon, seed)
    with separate_randomness(seed):
        dream = dream_along(world_model, movie.to(world_model.device), CONTEXT)
    name = f"dream-{path.name}-{reached_by(path).gradient_steps}-seed{seed}"
    return write_dream(dream, output or directory.media, name)
