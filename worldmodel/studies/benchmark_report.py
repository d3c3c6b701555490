"""What the results of a suite say: a table, plots, and one plain sentence for each claim."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from worldmodel.analysis.published import game_of, human_normalised, normalised_scores, published
from worldmodel.analysis.score_statistics import (
    bootstrap,
    interquartile_mean,
    optimality_gap,
    probability_of_improvement,
)
from worldmodel.atomic import write_whole
from worldmodel.errors import FileError
from worldmodel.studies.cell_results import CellResult, read_results
from worldmodel.studies.comparisons import Comparison, Table, any_of, compare_mixtures
from worldmodel.studies.suites import share_name
from worldmodel.viewing.score_plots import draw_learning_curves, draw_scores_by_share

BESIDE_OURS = ("SPR", "IRIS", "DreamerV3 (official curves)", "STORM", "DIAMOND", "Simulus", "BBF (RR8)")
"""Published methods that are shown beside ours: recordings alone, imagination alone, and the best."""

INTERVALS = (
    "Scores are means over the evaluation games of each run; their intervals are bootstrapped over runs, those of "
    "differences are Student's t over pairs of the same seed. Time is that of learning, evaluations left out."
)


def report_on(folder: Path, output: Path) -> str:
    """Reads all results beneath `folder`, writes report.md, report.json and plots to `output`, and returns the text.

    Raises FileError where there are no results, or where some were made with other settings than the rest.
    """
    results = read_results(folder)
    table = tabulate(results)
    comparisons = compare_mixtures(table)
    output.mkdir(parents=True, exist_ok=True)
    curves = {game: {method: _curve(cells) for method, cells in methods.items()} for game, methods in table.items()}
    draw_learning_curves(curves, output / "learning-curves")
    draw_scores_by_share({game: _by_share(methods) for game, methods in table.items()}, output / "score-by-share")
    text = in_markdown(table, comparisons)
    write_whole(output / "report.md", text.encode())
    plain = {"scores": _scores(table), "comparisons": [asdict(comparison) for comparison in comparisons]}
    write_whole(output / "report.json", (json.dumps(plain, indent=1) + "\n").encode())
    return text


def tabulate(results: list[CellResult]) -> Table:
    """Results by game, method and seed; FileError where two of a method differ in more than their seed."""
    table: Table = defaultdict(lambda: defaultdict(dict))
    budgets: dict[tuple[str, str], CellResult] = {}
    for result in results:
        first = budgets.setdefault((result.game, result.method), result)
        if (result.last.gradient_step, result.protocol) != (first.last.gradient_step, first.protocol):
            raise FileError(
                f"{result.game}, {result.method}: seeds {first.seed} and {result.seed} had other budgets or protocols; "
                "keep results of different settings in folders of their own"
            )
        table[result.game][result.method][result.seed] = result
    return table


def in_markdown(table: Table, comparisons: list[Comparison]) -> str:
    """The report as text."""
    columns = ("game", "method", "mean score", "95 % interval", "human-normalised", "seeds", "minutes per run")
    lines = ["# Results", "", f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for game, methods in table.items():
        for method, cells in methods.items():
            found = bootstrap(lambda scores: float(scores.mean()), _final(cells))
            normalised = human_normalised(found.estimate, game)
            minutes = np.mean([cell.wall_seconds for cell in cells.values()]) / 60
            lines.append(
                f"| {game} | {method} | {found.estimate:.2f} | {found.low:.2f} to {found.high:.2f} | "
                f"{'' if normalised is None else f'{normalised:.3f}'} | {len(cells)} | {minutes:.1f} |"
            )
    lines += ["", INTERVALS, ""]
    lines += [f"- {comparison.in_words()}" for comparison in comparisons]
    lines += ["", *_aggregates(table)]
    machines = {cell.machine for methods in table.values() for cells in methods.values() for cell in cells.values()}
    lines += ["", f"Machine: {'; '.join(sorted(machines))}.", ""]
    return "\n".join(lines)


def _aggregates(table: Table) -> list[str]:
    """Over all games together, in human-normalised scores; only where every game has them."""
    arrays = {}
    for method in next(iter(table.values())):
        if all(method in methods for methods in table.values()):
            arrays[method] = _normalised({game: methods[method] for game, methods in table.items()})
    if any(np.isnan(scores).any() for scores in arrays.values()):
        return []
    lines = ["| method | IQM | optimality gap | better than the first |", "|---|---|---|---|"]
    for method, scores in arrays.items():
        middle, gap = bootstrap(interquartile_mean, scores), bootstrap(optimality_gap, scores)
        better = probability_of_improvement(scores, next(iter(arrays.values())))
        lines.append(
            f"| {method} | {middle.estimate:.3f} ({middle.low:.3f} to {middle.high:.3f}) | "
            f"{gap.estimate:.3f} ({gap.low:.3f} to {gap.high:.3f}) | {better:.2f} |"
        )
    return lines + _published_lines([game for environment in table if (game := game_of(environment))])


def _published_lines(games: list[str]) -> list[str]:
    """The same of what others published on these games, where they did for all of them."""
    lines = []
    for method in BESIDE_OURS:
        if all(game in published()[method].scores for game in games):
            scores = normalised_scores(method, games)
            lines.append(f"| {method}, published | {interquartile_mean(scores):.3f} | {optimality_gap(scores):.3f} | |")
    return lines


def _normalised(games: dict[str, dict[int, CellResult]]) -> np.ndarray:
    """Final scores `[R, G]` between random play and people, NaN where nobody published those; R is the fewest runs."""
    rows = min(map(len, games.values()))
    columns = [[human_normalised(score, game) for score in _final(cells)[:rows, 0]] for game, cells in games.items()]
    return np.array(columns, float).T


def _final(cells: dict[int, CellResult]) -> np.ndarray:
    """Mean score at the end of each run, `[R, 1]`."""
    return np.array([[cell.last.mean] for cell in cells.values()])


def _curve(cells: dict[int, CellResult]) -> list[tuple[int, list[float]]]:
    """(environment step, mean score of each run that was evaluated there)."""
    found: dict[int, list[float]] = defaultdict(list)
    for cell in cells.values():
        for evaluation in cell.evaluations:
            found[evaluation.environment_step].append(evaluation.mean)
    return sorted(found.items())


def _by_share(methods: dict[str, dict[int, CellResult]]) -> list[tuple[float, list[float]]]:
    """(share, final mean score of each run) of the methods that are shares and nothing else."""
    shares = [
        (any_of(cells).share, cells) for name, cells in methods.items() if name == share_name(any_of(cells).share)
    ]
    return sorted((share, [cell.last.mean for cell in cells.values()]) for share, cells in shares)


def _scores(table: Table) -> dict[str, Any]:
    return {
        game: {method: {str(seed): cell.last.mean for seed, cell in cells.items()} for method, cells in methods.items()}
        for game, methods in table.items()
    }
