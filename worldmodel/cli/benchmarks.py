"""The commands beneath `benchmark`."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from worldmodel.cli.arguments import positive

RESULTS = Path("benchmarks/results")


def add_benchmarks(benchmarks: Any) -> None:
    """Makes them known."""
    command = benchmarks.add_parser(
        "step", help="time a gradient step, acting and the worlds; --config as for train.py"
    )
    command.add_argument("--json", action="store_true", help="print it as JSON")
    command.add_argument("--repeats", type=positive, default=5, help="timed repeats after warm-up (default 5)")
    command.set_defaults(run_command=benchmark_step)

    results_help = "folder of results (default benchmarks/results)"
    command = benchmarks.add_parser("run", help="run the cells of a suite that have no result yet")
    command.add_argument("suite", type=Path, help="YAML file, such as configs/suites/smoke.yaml")
    command.add_argument("--full", action="store_true", help="with the further shares of the suite")
    command.add_argument("--games", nargs="+", help="only these games of the suite")
    command.add_argument("--methods", nargs="+", help="only these methods, such as share-0.5 or an arm's name")
    command.add_argument("--seeds", type=positive, help="how often each is repeated, in place of the suite's number")
    command.add_argument("--jobs", type=positive, default=1, help="cells at once, threads divided (default 1)")
    command.add_argument("--list", action="store_true", help="print the cells as shell commands instead")
    command.add_argument("--runs", type=Path, default=Path("runs"), help="folder of runs (default runs)")
    command.add_argument("--results", type=Path, default=RESULTS, help=results_help)
    command.set_defaults(run_command=benchmark_run)

    command = benchmarks.add_parser("report", help="table, plots and claims from the results of a suite")
    command.add_argument("suite", type=Path, help="YAML file of the suite")
    command.add_argument("--results", type=Path, default=RESULTS, help=results_help)
    command.add_argument("--output", type=Path, help="folder of the report (default: beside the results)")
    command.set_defaults(run_command=benchmark_report)


def benchmark_step(options: argparse.Namespace) -> None:
    """`worldmodel benchmark step`."""
    from worldmodel.studies.benchmark_step import time_step

    timings = time_step(options.settings, options.repeats)
    print(json.dumps(timings.to_json()) if options.json else timings.in_words())


def benchmark_run(options: argparse.Namespace) -> None:
    """`worldmodel benchmark run SUITE`."""
    from worldmodel.studies.benchmark_run import Workplace, commands, run_suite
    from worldmodel.studies.suites import cells_of, choose, read_suite

    suite = read_suite(options.suite)
    suite = replace(suite, seeds=options.seeds or suite.seeds)
    cells = choose(cells_of(suite, options.full), options.games, options.methods)
    place = Workplace(options.suite.stem, options.runs, options.results)
    if options.list:
        print("\n".join(commands(cells, place)))
    else:
        run_suite(suite, cells, place, options.jobs, Console())


def benchmark_report(options: argparse.Namespace) -> None:
    """`worldmodel benchmark report SUITE`."""
    from worldmodel.studies.benchmark_report import report_on

    folder = options.results / options.suite.stem
    print(report_on(folder, options.output or folder))
