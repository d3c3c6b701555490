"""A small training that is killed again and again for as long as wanted, and what was lost by it.

    python benchmarks/soak.py --minutes 60 --kill-every 60

trains with configs/debug.yaml, without end, sends SIGKILL about every minute, goes on with `--resume`, and prints a
report as JSON: kills, steps lost (those after the last checkpoint, and no others), slope of resident memory, open
files, stray files. Arguments it does not know are settings, as for train.py.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from worldmodel.running.reached import reached_by, reached_in_metrics  # noqa: E402

ENDLESS = ("--trainer.max_steps", "1000000000")
SMALL = ("--data.capacity", "4000", "--trainer.checkpoint_every", "1000", "--trainer.evaluate_every", "20000")
WARM_UP = 20.0
"""Seconds of a process that are left out of the slope: libraries are loaded, the memory fills."""


@dataclass
class Report:
    """What happened.

    lost: environment steps after the last checkpoint, at every kill.
    megabytes: resident at the end of each process.
    slopes: MB an hour in each process that lived long enough.
    files: most open files in each process.
    codes: exit codes, -9 for a kill.
    stray: files left in the end.
    """

    minutes: float = 0.0
    kills: int = 0
    environment_steps: int = 0
    lost: list[int] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    slopes: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)


def main() -> None:
    """Trains and kills until the time is over, then stops the run by a signal and reports."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60, help="how long (default 60)")
    parser.add_argument("--kill-every", type=float, default=60, help="seconds between kills, about (default 60)")
    parser.add_argument("--run", type=Path, default=ROOT / "runs" / f"soak-{os.getpid()}", help="run directory")
    options, settings = parser.parse_known_args()
    chance, report, began = random.Random(0), Report(), time.monotonic()
    end = began + 60 * options.minutes
    config = ("--config", str(ROOT / "configs" / "debug.yaml"))
    arguments = [*config, *SMALL, *ENDLESS, *settings, "--trainer.run", str(options.run)]
    checkpoint = options.run / "checkpoints" / "last"
    while True:
        process = subprocess.Popen([sys.executable, str(ROOT / "train.py"), *arguments], stdout=subprocess.DEVNULL)
        last_round = time.monotonic() + 1.5 * options.kill_every > end
        watch(process, chance.uniform(0.5, 1.5) * options.kill_every, checkpoint, report)
        process.send_signal(signal.SIGTERM if last_round else signal.SIGKILL)
        report.codes.append(process.wait(120))
        reached = reached_in_metrics(options.run).environment_steps or 0
        if last_round:
            break
        report.kills += 1
        report.lost.append(max(0, reached - (reached_by(checkpoint).environment_steps or 0)))
        arguments = ["--resume", str(options.run)]
    report.environment_steps = reached
    report.minutes = round((time.monotonic() - began) / 60, 1)
    report.stray = [str(path.relative_to(options.run)) for path in options.run.rglob("*") if path.name.startswith(".")]
    print(json.dumps(asdict(report), indent=1))


def watch(process: subprocess.Popen[bytes], seconds: float, checkpoint: Path, report: Report) -> None:
    """Looks at a process every second for so long, and until there is a checkpoint, or it ends by itself."""
    began, times, sizes, files = time.monotonic(), [], [], [0]
    folder = Path("/proc") / str(process.pid)
    while (time.monotonic() - began < seconds or not checkpoint.exists()) and process.poll() is None:
        time.sleep(1)
        try:
            size = int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
            files.append(len(list((folder / "fd").iterdir())))
        except OSError:
            break
        times.append(time.monotonic() - began)
        sizes.append(size)
    warm = np.array(times) > WARM_UP
    report.megabytes.append(round(sizes[-1], 1) if sizes else 0.0)
    report.files.append(max(files))
    if warm.sum() >= 10:
        slope = np.polyfit(np.array(times)[warm], np.array(sizes)[warm], 1)[0]
        report.slopes.append(round(float(slope) * 3600, 1))


if __name__ == "__main__":
    main()
