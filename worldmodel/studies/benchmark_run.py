"""Runs the cells of a suite, several at once, so that it can be stopped at any moment and gone on with."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.table import Table

from worldmodel.errors import CellsFailed, FileError, Stopped
from worldmodel.running.checkpoints import whole_checkpoint
from worldmodel.running.machine import available_cores
from worldmodel.running.reached import reached_in_metrics
from worldmodel.running.run_directory import RunDirectory
from worldmodel.running.signals import stop_on_signals
from worldmodel.studies.cell_results import collect, read_result, write_result
from worldmodel.studies.suites import Cell, Suite, check_games, shell_line

TRAIN = (sys.executable, "-c", "import sys; from worldmodel.cli import train; sys.exit(train(sys.argv[1:]))")
LOOK_EVERY = 0.5
"""Seconds between two looks at the processes."""


@dataclass(frozen=True)
class Workplace:
    """Where a suite is run.

    name: of the suite.
    runs, results: folders; a cell has its place in each.
    """

    name: str
    runs: Path
    results: Path

    def run(self, cell: Cell) -> Path:
        """The run directory of a cell."""
        return self.runs / self.name / cell.path

    def result(self, cell: Cell) -> Path:
        """The file of its result."""
        return (self.results / self.name / cell.path).with_suffix(".json")

    def done(self, cell: Cell) -> bool:
        """Whether the cell has its result; FileError where that is one of other settings."""
        file = self.result(cell)
        if not file.exists():
            return False
        if (found := read_result(file).settings_hash) != cell.settings_hash:
            raise FileError(
                f"{file}: was made with other settings (hash {found}, now {cell.settings_hash}); "
                "choose another --results, or remove it to run the cell again"
            )
        return True


def run_suite(suite: Suite, cells: list[Cell], place: Workplace, jobs: int, console: Console) -> None:
    """Runs every cell that has no result yet, `jobs` at once; a cell that was broken off is gone on with.

    Shows a table on a terminal, and a line for every cell that ends elsewhere. Raises Stopped where a signal came,
    after all cells have been saved, and CellsFailed where some failed, after the others were run.
    """
    check_games(suite)
    waiting = [cell for cell in cells if not place.done(cell)]
    pool, told = Pool(place, jobs, len(cells), waiting), 0
    with stop_on_signals() as stop, Live(console=console, refresh_per_second=1) as live:
        try:
            while pool.step() and not stop:
                if console.is_terminal:
                    live.update(pool.table())
                elif pool.finished > told:
                    told = pool.finished
                    console.print(pool.title(), highlight=False, soft_wrap=True)
                time.sleep(LOOK_EVERY)
        finally:
            pool.stop()
        live.update(pool.table())
    if stop.signal_number is not None:
        raise Stopped(stop.signal_number, "stopped, every cell is saved; the same command goes on")
    if pool.failed:
        raise CellsFailed("\n".join(f"{cell.path}: failed, see {place.run(cell)}.log" for cell in pool.failed))


def commands(cells: list[Cell], place: Workplace) -> list[str]:
    """The cells that have no result yet as lines of a shell script, for clusters."""
    return [shell_line(cell, place.run(cell)) for cell in cells if not place.done(cell)]


class Pool:
    """The processes of a suite.

    `total`: number of cells, those that are done already included.
    """

    def __init__(self, place: Workplace, jobs: int, total: int, waiting: list[Cell]) -> None:
        self.place, self.jobs, self.total = place, jobs, total
        self.threads = max(1, available_cores() // jobs)
        self.waiting = list(waiting)
        self.running: dict[Cell, subprocess.Popen[bytes]] = {}
        self.failed: list[Cell] = []
        self.began, self.finished = time.monotonic(), 0

    def step(self) -> bool:
        """Collects what has ended and starts what is next; whether there is anything left to wait for."""
        for cell in [cell for cell, process in self.running.items() if process.poll() is not None]:
            self._end(cell, self.running.pop(cell).returncode)
        while self.waiting and len(self.running) < self.jobs:
            self._begin(self.waiting.pop(0))
        return bool(self.running)

    def stop(self) -> None:
        """Asks every process to save and end, and waits until it has."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            process.wait()
        self.waiting = [*self.running, *self.waiting]
        self.running.clear()

    def table(self) -> Table:
        """What is going on, and how far it is."""
        table = Table(title=self.title(), title_justify="left")
        for column in ("game", "method", "seed", "environment steps", "gradient steps"):
            table.add_column(column)
        for cell in self.running:
            reached = reached_in_metrics(self.place.run(cell))
            steps = f"{reached.environment_steps or 0:,}", f"{reached.gradient_steps:,}"
            table.add_row(cell.game, cell.method, str(cell.seed), *steps)
        return table

    def title(self) -> str:
        """How far the suite is."""
        done = self.total - len(self.waiting) - len(self.running) - len(self.failed)
        return f"{self.place.name}: {done}/{self.total} cells done{self._time_left()}"

    def _begin(self, cell: Cell) -> None:
        run = self.place.run(cell)
        if whole_checkpoint(run / "checkpoints" / "last").exists():
            arguments = ["--resume", str(run), "--trainer.threads", str(self.threads)]
        else:
            shutil.rmtree(run, ignore_errors=True)  # it was broken off before there was anything to go on from
            arguments = cell.command(run, self.threads)
        run.parent.mkdir(parents=True, exist_ok=True)
        with open(f"{run}.log", "ab") as log:
            # in a session of its own, so that Ctrl-C reaches it once, from here
            self.running[cell] = subprocess.Popen(
                [*TRAIN, *arguments], stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )

    def _end(self, cell: Cell, code: int) -> None:
        if code != 0:
            self.failed.append(cell)
            return
        result = collect(self.place.name, cell, RunDirectory.open(self.place.run(cell)))
        write_result(result, self.place.result(cell))
        self.finished += 1

    def _time_left(self) -> str:
        if not self.finished:
            return ""
        left = (time.monotonic() - self.began) / self.finished * (len(self.waiting) + len(self.running) / 2)
        return f", about {left / 60:.0f} minutes left"
