"""The command `replay-lab`."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from rich.console import Console

from worldmodel.cli.arguments import natural, positive, positives
from worldmodel.cli.benchmarks import RESULTS

NAME = "replay-lab"


def add_replay_lab(command: argparse.ArgumentParser) -> None:
    """Makes it known."""
    command.add_argument("--seeds", type=positive, default=21, help="subjects that learn the rule (default 21)")
    command.add_argument("--controls", type=positive, default=12, help="subjects of each control (default 12)")
    command.add_argument("--first", type=natural, default=0, help="number of the first subject (default 0)")
    command.add_argument("--jobs", type=positive, help="training days at once, threads divided (default: one a core)")
    command.add_argument("--runs", type=Path, default=Path("runs"), help="folder of runs (default runs)")
    command.add_argument("--results", type=Path, default=RESULTS, help=f"folder of results (default {RESULTS})")
    other = command.add_mutually_exclusive_group()
    other.add_argument("--fast", action="store_true", help="3 subjects, short training: a figure, and no verdicts")
    other.add_argument(
        "--sets", type=positives, metavar="N,N", help="instead: the lab by number of training sets, no controls"
    )
    other.add_argument(
        "--coins", type=Path, nargs="+", metavar="RUN", help="instead: after which dreams a coin is expected, in RUNs"
    )
    command.set_defaults(run_command=replay_lab)


def replay_lab(options: argparse.Namespace) -> None:
    """`worldmodel replay-lab`."""
    from worldmodel.running.machine import available_cores
    from worldmodel.studies.benchmark_run import Workplace, run_suite
    from worldmodel.studies.lab_coins import report_coins
    from worldmodel.studies.lab_days import measure_days
    from worldmodel.studies.lab_learnability import Learnability, report_learnability
    from worldmodel.studies.lab_subject import WHOLE
    from worldmodel.studies.replay_lab import FAST_LAB, Lab, report

    console = Console()

    def say(words: str) -> None:
        console.print(words, highlight=False, soft_wrap=True)

    if options.coins:
        print(report_coins(options.coins, options.results / NAME / "coins.json", say))
        return
    asked: Lab | Learnability
    if options.sets:
        asked, extent, name = Learnability(options.sets, options.seeds, options.first), WHOLE, f"{NAME}/learnability"
    else:
        asked = FAST_LAB if options.fast else Lab(options.seeds, options.controls, options.first)
        extent, name = asked.extent, f"{NAME}-fast" if options.fast else NAME
    place, days = Workplace(name, options.runs, options.results), asked.days
    run_suite(days.suite, days.cells, place, options.jobs or available_cores(), console)
    measure_days(days, place, say, extent)
    command = _again(options)
    if isinstance(asked, Learnability):
        print(report_learnability(asked, place, command, say))
    else:
        print(report(place, command, options.fast, say))


def _again(options: argparse.Namespace) -> str:
    """The command that measures the same again."""
    size = ["--fast"]
    if options.sets:
        size = [f"--sets={','.join(map(str, options.sets))}", f"--seeds={options.seeds}", f"--first={options.first}"]
    elif not options.fast:
        size = [f"--{name}={getattr(options, name)}" for name in ("seeds", "controls", "first")]
    return shlex.join(["python", "-m", "worldmodel", NAME, *size])
