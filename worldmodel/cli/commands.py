"""The command line: which command was meant, its arguments, its exit code; everything else lives in the rooms."""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from worldmodel.cli.analyse import add_analyse
from worldmodel.cli.arguments import natural, positive
from worldmodel.cli.benchmarks import add_benchmarks, benchmark_step
from worldmodel.cli.exchange import add_exchange
from worldmodel.cli.lab import add_replay_lab
from worldmodel.errors import WorldModelError

RUN = "run directory, or a checkpoint in one"
QUICKSTART = Path("configs/quickstart.yaml")


def main(arguments: list[str] | None = None) -> int:
    """`worldmodel COMMAND ...`; returns the exit code."""
    return guarded(run_command, sys.argv[1:] if arguments is None else arguments)


def train(arguments: list[str] | None = None) -> int:
    """`python train.py ...`; returns the exit code."""
    return guarded(run_training, sys.argv[1:] if arguments is None else arguments)


def guarded(command: Callable[[list[str]], None], arguments: list[str]) -> int:
    """Runs a command; errors become lines on stderr and an exit code, a traceback only with --debug."""
    debug = "--debug" in arguments
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())  # where `module:Name-v0` ids of a person's own environments are found
    try:
        command([argument for argument in arguments if argument != "--debug"])
    except WorldModelError as error:
        if debug:
            traceback.print_exc()
        for problem in str(error).splitlines():
            print(f"error: {problem}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return 0


def run_training(arguments: list[str]) -> None:
    """Trains a new run, or goes on with one."""
    from worldmodel.studies.training import resume, start

    for position, word in enumerate(arguments):
        flag, equals, text = word.partition("=")
        if flag == "--resume":
            after = position + (1 if equals else 2)
            run = [text] if equals else arguments[position + 1 : after]
            resume(run, arguments[:position] + arguments[after:], Console())
            return
    start(arguments, QUICKSTART, Console())


def run_command(arguments: list[str]) -> None:
    """Runs one of the commands that need no training."""
    options = parse(arguments)
    options.run_command(options)


def parse(arguments: list[str]) -> argparse.Namespace:
    """The arguments of a command; those of a benchmark that are not its own are settings, as for train.py."""
    parser = make_parser()
    options, settings = parser.parse_known_args(arguments)
    if settings and options.run_command is not benchmark_step:
        parser.error(f"unrecognized arguments: {' '.join(settings)}")
    options.settings = settings
    return options


def make_parser() -> argparse.ArgumentParser:
    """Every command with its arguments."""
    parser = argparse.ArgumentParser(
        prog="worldmodel",
        description="An agent that learns from what it lived and imagines. To train it: python train.py --help",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("evaluate", help="play fresh games with what a run learned")
    command.add_argument("run", help=RUN)
    command.add_argument("--episodes", type=positive, default=100, help="whole games (default 100)")
    command.add_argument("--seed", type=natural, default=0, help="seed of the games (default 0)")
    command.add_argument("--checkpoint", default="last", help="last or best (default last)")
    command.add_argument("--random", action="store_true", help="play at random instead, for comparison")
    command.add_argument("--json", action="store_true", help="print the result as JSON")
    command.set_defaults(run_command=evaluate)

    add_dreams(commands)

    command = commands.add_parser("report", help="one page about a run: score, protocol, curves, a dream")
    command.add_argument("run", help=RUN)
    command.add_argument("--output", type=Path, help="file (default: report.html of the run)")
    command.set_defaults(run_command=report)

    command = commands.add_parser("inspect", help="show what is in a run")
    command.add_argument("run", help=RUN)
    command.add_argument("--json", action="store_true", help="print it as JSON")
    command.set_defaults(run_command=inspect)

    add_exchange(commands)
    add_analyse(commands.add_parser("analyse", help="what a run's replay is like: order, direction, reach, places"))
    add_benchmarks(commands.add_parser("benchmark", help="measure").add_subparsers(required=True, metavar="WHAT"))
    add_replay_lab(
        commands.add_parser("replay-lab", help="does the agent replay like a brain? Liu et al. 2019 in silico")
    )
    return parser


def add_dreams(commands: Any) -> None:
    """The commands that show what a run imagines."""
    command = commands.add_parser("dream", help="show imagined trajectories: a page, a film, and how deep they hold")
    command.add_argument("run", help=RUN)
    command.add_argument("--output", type=Path, help="folder (default: media/ of the run)")
    command.add_argument("--checkpoint", default="last", help="last or best (default last)")
    command.add_argument("--films", type=positive, default=4, help="dreams side by side (default 4)")
    command.add_argument("--horizon", type=positive, default=30, help="imagined steps (default 30)")
    command.add_argument("--seed", type=natural, default=0, help="which moments are dreamt from (default 0)")
    command.add_argument("--json", action="store_true", help="print files and validity as JSON")
    command.set_defaults(run_command=dream)

    command = commands.add_parser("play", help="play inside a dream, and the real game beside it, in a browser")
    command.add_argument("run", help=RUN)
    command.add_argument("--checkpoint", default="last", help="last or best (default last)")
    command.add_argument(
        "--port", type=natural, default=0, help="of the page, on this machine (default 0: any free one)"
    )
    command.add_argument("--seed", type=natural, default=0, help="which games and moments (default 0)")
    command.set_defaults(run_command=play)


def evaluate(options: argparse.Namespace) -> None:
    """`worldmodel evaluate RUN`."""
    from worldmodel.studies.evaluation import evaluate_run

    report = evaluate_run(options.run, options.checkpoint, options.episodes, options.seed, options.random)
    print(json.dumps(report.to_json()) if options.json else report.in_words())


def dream(options: argparse.Namespace) -> None:
    """`worldmodel dream RUN`."""
    from worldmodel.studies.dreaming import film_dreams, lay_down, measure_validity, write_dreams

    dreamer = lay_down(options.run, options.checkpoint)
    files = film_dreams(dreamer, options.output, options.films, options.horizon, options.seed)
    validity = measure_validity(dreamer, options.horizon, options.seed)
    files.append(write_dreams(dreamer, validity, options.output, options.horizon, options.seed))
    if options.json:
        found = {name: each.to_json() for name, each in validity.items()}
        print(json.dumps({"files": [str(file) for file in files], "validity": found}))
        return
    print("\n".join(map(str, files)))
    print("valid for " + ", ".join(f"{each.horizon} steps ({name})" for name, each in validity.items()))


def play(options: argparse.Namespace) -> None:
    """`worldmodel play RUN`."""
    from worldmodel.studies.playing import play_run

    play_run(options.run, options.checkpoint, options.port, options.seed)


def report(options: argparse.Namespace) -> None:
    """`worldmodel report RUN`."""
    from worldmodel.studies.report import report_run

    print(report_run(options.run, options.output))


def inspect(options: argparse.Namespace) -> None:
    """`worldmodel inspect RUN`."""
    from worldmodel.studies.inspection import inspect_run

    found = inspect_run(options.run)
    width = max(map(len, found))
    print(json.dumps(found) if options.json else "\n".join(f"{name:{width}}  {value}" for name, value in found.items()))
