"""The command `analyse`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from worldmodel.cli.arguments import natural, positive


def add_analyse(command: argparse.ArgumentParser) -> None:
    """Makes it known."""
    command.add_argument("run", help="run directory, or a checkpoint in one")
    command.add_argument("--output", type=Path, help="folder (default: analysis/ of the run)")
    command.add_argument("--checkpoint", default="last", help="last or best (default last)")
    command.add_argument("--states", type=positive, default=20, help="clusters of latents (default 20)")
    command.add_argument("--near", type=positive, default=10, help="steps from a reward that are near it (default 10)")
    command.add_argument("--seed", type=natural, default=0, help="of clusters, dreams, games and nulls (default 0)")
    command.add_argument("--json", action="store_true", help="print all numbers as JSON")
    command.set_defaults(run_command=analyse)


def analyse(options: argparse.Namespace) -> None:
    """`worldmodel analyse RUN`."""
    from worldmodel.studies.analyse import analyse_run

    files, found = analyse_run(
        options.run, options.checkpoint, options.states, options.near, options.seed, options.output
    )
    print(json.dumps(found) if options.json else "\n".join(map(str, files)))
