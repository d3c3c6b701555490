"""The report card of a run: everything needed to quote its result, and what it leaves open."""

from __future__ import annotations

import math
import shlex
from pathlib import Path
from typing import Any

from worldmodel.analysis.published import HUMAN_BY
from worldmodel.environments import protocol_in_words
from worldmodel.running.metrics_file import read_metrics
from worldmodel.running.run_directory import RunDirectory
from worldmodel.running.settings import Settings
from worldmodel.studies.dreaming import Dreamer, lay_down, measure_validity
from worldmodel.viewing.pages import inline
from worldmodel.viewing.report_page import ReportCard, Row, write_report

FILE_NAME = "report.html"


def report_run(run: str | Path, output: Path | None = None, seed: int = 0) -> Path:
    """Writes report.html of the run directory `run`, or at `output`, and returns its path.

    Raises FileError where there is no such run, checkpoint or experience, StorageError where nothing can be written.
    """
    dreamer = lay_down(run)
    directory, settings = dreamer.directory, dreamer.settings
    rows = read_metrics(directory.metrics)
    films = sorted(directory.media.glob("*.gif"), key=lambda film: film.stat().st_mtime)
    score = _score(rows)
    card = ReportCard(
        title=f"{dreamer.agent.spec.environment}: report of a run",
        score=score,
        facts=_facts(dreamer, rows),
        rows=rows,
        film=inline("gif", films[-1].read_bytes()) if films else None,
        validity=measure_validity(dreamer, horizon=20, seed=seed),
        commands=_commands(directory, score is not None),
        untested=_untested(settings, score),
    )
    return write_report(card, output or directory.path / FILE_NAME)


def _score(rows: list[Row]) -> dict[str, str] | None:
    """The last evaluation as texts."""
    evaluated = [row for row in rows if "evaluation/mean" in row]
    if not evaluated:
        return None
    last = evaluated[-1]
    score = {name: f"{last[f'evaluation/{name}']:,.2f}" for name in ("mean", "low", "high")}
    normalised = last.get("evaluation/human_normalised")
    score["human_normalised"] = f"{normalised:.3f}" if isinstance(normalised, float) else ""
    return score | {"games": f"{last['evaluation/games']:.0f}"}


def _facts(dreamer: Dreamer, rows: list[Row]) -> list[tuple[str, str]]:
    directory, settings, reached = dreamer.directory, dreamer.settings, dreamer.reached
    facts = [("Protocol", protocol_in_words(dreamer.agent.spec))]
    if any("evaluation/human_normalised" in row for row in rows):
        facts.append(("Human scores", HUMAN_BY))
    steps = f"{reached.environment_steps:,} environment steps, " if reached.environment_steps else ""
    facts.append(("Trained for", f"{steps}{reached.gradient_steps:,} gradient steps, seed {settings.trainer.seed}"))
    learned = {name: _last(rows, f"replay/{name}_transitions") for name in ("movie", "imagined")}
    if any(learned.values()):
        share = settings.agent.imagination_share
        facts.append(
            (
                "Learned from",
                f"{learned['movie']:,.0f} recorded and {learned['imagined']:,.0f} imagined transitions "
                f"(replays of one count each time), share of imagination {share:g}",
            )
        )
    if rows:
        facts.append(("Time", f"{rows[-1]['seconds'] / 60:.1f} minutes, evaluations included"))
    facts.append(("Machine", "; ".join(directory.machines()) or "unknown"))
    facts.append(("Run", str(directory.path)))
    return facts


def _commands(directory: RunDirectory, evaluated: bool) -> list[str]:
    path = shlex.quote(str(directory.path))
    again = f"python train.py --config {path}/config.yaml --trainer.run NEW    # the same run again"
    evaluate = [f"python -m worldmodel evaluate {path}    # 100 games it has never played"] if evaluated else []
    dream = f"python -m worldmodel dream {path}       # dreams beside what really follows"
    analyse = f"python -m worldmodel analyse {path}     # in which order it replays, and what its units code for"
    return [again, *evaluate, dream, analyse]


def _untested(settings: Settings, score: dict[str, Any] | None) -> list[str]:
    """What nobody should conclude from this page."""
    found = [
        "This is one seed. Other seeds may do much better or worse; a suite (benchmark run) tells.",
        "The validity of dreams is measured on moments from the run's own life, many of which it was trained on.",
        "Dreams are compared under the actions that were recorded, not under those the agent would choose.",
    ]
    if score is not None:
        found.insert(1, "The interval is over games of this one network, not over trainings.")
        found.append(
            "The same games are played at every evaluation, so the best of them is chosen on what it is shown."
        )
    if settings.acts and not settings.environment.sticky_actions:
        found.append("Without sticky actions a game can be learned by heart.")
    return found


def _last(rows: list[Row], name: str) -> float:
    values = [row[name] for row in rows if isinstance(row.get(name), int | float) and math.isfinite(row[name])]
    return values[-1] if values else 0.0
