"""The command `replay-lab`."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from rich.console import Console

from worldmodel.cli.arguments import natural, positive
from worldmodel.cli.benchmarks import RESULTS


def add_replay_lab(command: argparse.ArgumentParser) -> None:
    """Makes it known."""
    command.add_argument("--seeds", type=positive, default=21, help="subjects that learn the rule (default 21)")
    command.add_argument("--controls", type=positive, default=12, help="subjects of each control (default 12)")
    command.add_argument("--first", type=natural, default=0, help="number of the first subject (default 0)")
    command.add_argument("--fast", action="store_true", help="3 subjects, short training: to see that all works")
    command.add_argument("--jobs", type=positive, default=1, help="training days at once, threads divided (default 1)")
    command.add_argument("--runs", type=Path, default=Path("runs"), help="folder of runs (default runs)")
    command.add_argument("--results", type=Path, default=RESULTS, help=f"folder of results (default {RESULTS})")
    command.set_defaults(run_command=replay_lab)


def replay_lab(options: argparse.Namespace) -> None:
    """`worldmodel replay-lab`."""
    from worldmodel.studies.benchmark_run import Workplace, run_suite
    from worldmodel.studies.replay_lab import Lab, measure_lab, report

    lab = Lab(3, 3, fast=True) if options.fast else Lab(options.seeds, options.controls, options.first)
    place = Workplace("replay-lab-fast" if options.fast else "replay-lab", options.runs, options.results)
    console = Console()
    run_suite(lab.suite, lab.cells, place, options.jobs, console)
    measure_lab(lab, place, lambda said: console.print(said, highlight=False))
    size = ["--fast"]
    if not options.fast:
        size = [f"--{name}={getattr(options, name)}" for name in ("seeds", "controls", "first")]
    print(report(place, shlex.join(["python", "-m", "worldmodel", "replay-lab", *size]), options.fast))
