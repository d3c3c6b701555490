"""Commands that take recorded life out of this program, and into it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_exchange(commands: Any) -> None:
    """`worldmodel export` and `worldmodel import`."""
    command = commands.add_parser("export", help="write what a run lived as an npz file or a Minari data set")
    command.add_argument("run", type=Path, help="run directory")
    command.add_argument("target", type=Path, help="NAME.npz, or a new folder for a Minari data set")
    command.set_defaults(run_command=export_experience)

    command = commands.add_parser(
        "import", help="make recorded life, to learn from, of an npz file or a Minari data set"
    )
    command.add_argument("source", type=Path, help="NAME.npz, or the folder of a Minari data set")
    command.add_argument("run", type=Path, help="new folder; learn from it with --data.experience")
    command.set_defaults(run_command=import_experience)


def export_experience(options: argparse.Namespace) -> None:
    """`worldmodel export RUN TARGET`."""
    from worldmodel.studies.exchange import export_life

    print(f"{options.target}: {export_life(options.run, options.target):,} rows")


def import_experience(options: argparse.Namespace) -> None:
    """`worldmodel import SOURCE RUN`."""
    from worldmodel.studies.exchange import import_life

    print(f"{options.run}: {import_life(options.source, options.run):,} rows; learn from it with")
    print(f"python train.py --data.experience {options.run} --agent.acting false --trainer.max_gradient_steps N")
