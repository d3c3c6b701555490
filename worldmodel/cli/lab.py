"""The command `replay-lab`."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from worldmodel.cli.arguments import natural, positive, positives
from worldmodel.cli.benchmarks import RESULTS

if TYPE_CHECKING:
    from worldmodel.studies.benchmark_run import Workplace
    from worldmodel.studies.lab_days import Days
    from worldmodel.studies.lab_subject import Extent

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
    other.add_argument("--images", action="store_true", help="the same with pictures instead of vectors for objects")
    other.add_argument(
        "--sets", type=positives, metavar="N,N", help="instead: the lab by number of training sets, no controls"
    )
    other.add_argument(
        "--coins", type=Path, nargs="+", metavar="RUN", help="instead: after which dreams a coin is expected, in RUNs"
    )
    command.set_defaults(run_command=replay_lab)


def replay_lab(options: argparse.Namespace) -> None:
    """`worldmodel replay-lab`."""
    if options.coins:
        _coins(options)
    elif options.sets:
        _learnability(options)
    else:
        _lab(options)


def _lab(options: argparse.Namespace) -> None:
    from worldmodel.studies.replay_lab import FAST_LAB, Lab, report

    lab = FAST_LAB if options.fast else Lab(options.seeds, options.controls, options.first, images=options.images)
    name = f"{NAME}-fast" if options.fast else f"{NAME}-images" if options.images else NAME
    place = _spend(lab.days, lab.extent, name, options)
    print(report(place, _again(options), options.fast, _say))


def _learnability(options: argparse.Namespace) -> None:
    from worldmodel.studies.lab_learnability import Learnability, report_learnability
    from worldmodel.studies.lab_subject import WHOLE

    asked = Learnability(options.sets, options.seeds, options.first)
    place = _spend(asked.days, WHOLE, f"{NAME}/learnability", options)
    print(report_learnability(asked, place, _again(options), _say))


def _coins(options: argparse.Namespace) -> None:
    from worldmodel.studies.lab_coins import report_coins

    print(report_coins(options.coins, options.results / NAME / "coins.json", _say))


def _spend(days: Days, extent: Extent, name: str, options: argparse.Namespace) -> Workplace:
    """Lets the days be spent and measures their subjects, each that has not been; where all of it lies."""
    from worldmodel.running.machine import available_cores
    from worldmodel.studies.benchmark_run import Workplace, run_suite
    from worldmodel.studies.lab_days import measure_days

    place = Workplace(name, options.runs, options.results)
    run_suite(days.suite, days.cells, place, options.jobs or available_cores(), Console())
    measure_days(days, place, _say, extent)
    return place


def _say(words: str) -> None:
    Console().print(words, highlight=False, soft_wrap=True)


def _again(options: argparse.Namespace) -> str:
    """The command that measures the same again."""
    size = ["--fast"]
    if options.sets:
        size = [f"--sets={','.join(map(str, options.sets))}", f"--seeds={options.seeds}", f"--first={options.first}"]
    elif not options.fast:
        size = [f"--{name}={getattr(options, name)}" for name in ("seeds", "controls", "first")]
    if options.images:
        size.append("--images")
    return shlex.join(["python", "-m", "worldmodel", NAME, *size])
