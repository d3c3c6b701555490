"""A run on one page: score and protocol, how it went, a dream, the commands that repeat it, and what it leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worldmodel.analysis.validity import Validity
from worldmodel.viewing.pages import write_html

Row = dict[str, Any]
"""One line of a run's metrics."""

CURVES: dict[str, tuple[dict[str, str], float | None, float | None]] = {
    "Score": ({"evaluation/mean": "evaluation", "acting/return": "while acting"}, None, None),
    "Values against what came": ({"q/movie_predicted": "Q of movies", "q/movie_return": "their return"}, None, None),
    "Calibration of values": ({"q/calibration_bias": "expected minus came", "q/calibration_error": "error"}, 0, 0),
    "Unexplained share of the picture": ({"world_model/observation_loss": "half of it"}, 0, 0.5),
    "Foretelling rewards": (
        {"world_model/reward_recall": "recall", "world_model/reward_precision": "precision"},
        0,
        1,
    ),
    "Surprise by looking ahead, nats": (
        {"world_model/kl_depth_1": "one step", "world_model/kl_depth_5": "five steps"},
        0,
        None,
    ),
    "Share of imagination": ({"replay/imagination_share": "in the Q-loss"}, 0, 1),
}
"""Title of a chart: its lines by metric, and the least and most that its axis shows."""


@dataclass(frozen=True)
class ReportCard:
    """What is told about a run.

    score: texts by name: games, mean, low, high, human_normalised (empty where unknown); None where nobody played.
    facts: (name, text).
    rows: its metrics, in order.
    film: address of a picture inside the page, None without one.
    commands: lines that repeat it.
    untested: sentences about what was not.
    """

    title: str
    score: dict[str, str] | None
    facts: list[tuple[str, str]]
    rows: list[Row]
    film: str | None
    validity: dict[str, Validity]
    commands: list[str]
    untested: list[str]


def write_report(card: ReportCard, path: Path) -> Path:
    """Writes the page at `path`; StorageError where that fails."""
    data = {
        "curves": curves(card.rows),
        "validity": {name: found.to_json() for name, found in card.validity.items()},
    }
    return write_html("report.html", path, title=card.title, card=card, data=data)


def curves(rows: list[Row]) -> list[dict[str, Any]]:
    """The charts of a run for which there are numbers: over environment steps, or gradient steps where nobody acts."""
    lived = any(row.get("environment_step") for row in rows)
    step, unit = ("environment_step", "environment steps") if lived else ("gradient_step", "gradient steps")
    last = max((row.get(step) or 0 for row in rows), default=0)
    found = []
    for title, (names, least, most) in CURVES.items():
        lines = [line for metric, name in names.items() if (line := _line(rows, step, metric, name))]
        if lines:
            found.append({"title": title, "lines": lines, "last": last, "unit": unit, "least": least, "most": most})
    return found


def _line(rows: list[Row], step: str, metric: str, name: str) -> dict[str, Any] | None:
    there = [row for row in rows if isinstance(row.get(metric), int | float) and isinstance(row.get(step), int | float)]
    if not there:
        return None
    # more points than pixels say nothing
    there = there[:: max(1, len(there) // 150)] if len(there) > 300 else there
    line: dict[str, Any] = {"name": name, "x": [row[step] for row in there], "values": [row[metric] for row in there]}
    if metric == "evaluation/mean":
        line |= {bound: [row.get(f"evaluation/{bound}") for row in there] for bound in ("low", "high")}
    return line
