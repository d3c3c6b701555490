"""Mixtures against movies or dreams alone, seed by seed: whether a claim holds, does not hold, or cannot be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from worldmodel.analysis.score_statistics import Interval, paired_difference
from worldmodel.studies.cell_results import CellResult, Clock

CLOCKS: tuple[Clock, ...] = ("wall", "processor")
FEWEST_SEEDS = 3
"""Below this an interval over seeds means nothing."""

Table = dict[str, dict[str, dict[int, CellResult]]]
"""Results by game, method and seed."""
Score = Callable[[CellResult, CellResult], float]
"""What a cell scored when it is compared with another."""


@dataclass(frozen=True)
class Comparison:
    """One method against another on one game, seed by seed.

    budget: what both had the same of: "gradient steps" (and environment steps), "environment steps", "wall time"
        or "processor time", where the slower of the two is taken at the moment at which the faster ended, seed by seed.
    difference: of mean scores, None where there are too few common seeds.
    verdict: "holds", "does not hold" or "not enough seeds to tell".
    """

    game: str
    method: str
    against: str
    budget: str
    seeds: int
    difference: Interval | None
    verdict: str

    def in_words(self) -> str:
        """One plain sentence."""
        claim = f"{self.game}: {self.method} scores higher than {self.against} at equal {self.budget}"
        if self.difference is None:
            return f"{claim}: {self.verdict} ({self.seeds} in common)."
        found = self.difference
        interval = f"{found.estimate:+.2f}, 95 % interval {found.low:+.2f} to {found.high:+.2f}, {self.seeds} seeds"
        return f"{claim}: {self.verdict} ({interval})."


def compare_mixtures(table: Table) -> list[Comparison]:
    """Every mixture against every method that is movies or dreams alone, where both ended and at equal wall time."""
    found = []
    for game, methods in table.items():
        pure = [method for method, cells in methods.items() if any_of(cells).share in (0, 1)]
        for method in [name for name in methods if name not in pure]:
            for end in sorted(pure):
                ours, theirs = methods[method], methods[end]
                alike = any_of(ours).last.gradient_step == any_of(theirs).last.gradient_step
                pairs = [(ours[seed], theirs[seed]) for seed in sorted(ours.keys() & theirs.keys())]
                ended = _scores(pairs, lambda cell, other: cell.last.mean)
                found.append(_compare(game, method, end, "gradient steps" if alike else "environment steps", ended))
                for clock in CLOCKS:
                    alike_timed = [pair for pair in pairs if _timed_alike(clock, *pair)]
                    timed = _scores(alike_timed, partial(_score_at_equal_time, clock))
                    if clock == "wall" or len(timed):
                        found.append(_compare(game, method, end, f"{clock} time", timed))
    return found


def _compare(game: str, method: str, against: str, budget: str, pairs: np.ndarray) -> Comparison:
    """The claim that the first of each of the pairs `[seeds, 2]` is larger."""
    if len(pairs) < FEWEST_SEEDS:
        return Comparison(game, method, against, budget, len(pairs), None, "not enough seeds to tell")
    difference = paired_difference(*pairs.T)
    verdict = "not enough seeds to tell"
    if difference.low > 0 or difference.high < 0:
        verdict = "holds" if difference.low > 0 else "does not hold"
    return Comparison(game, method, against, budget, len(pairs), difference, verdict)


def _timed_alike(clock: Clock, cell: CellResult, other: CellResult) -> bool:
    """Whether both were timed by this clock, and by the same ones.

    A cell without processor time is of an older release, so it ran on another occasion, with other work beside.
    """
    return bool(cell.seconds(clock)) and bool(cell.seconds("processor")) == bool(other.seconds("processor"))


def _score_at_equal_time(clock: Clock, cell: CellResult, other: CellResult) -> float:
    """What `cell` scored when the faster of the two ended."""
    return cell.score_at(min(cell.seconds(clock)[-1], other.seconds(clock)[-1]), clock)


def _scores(pairs: list[tuple[CellResult, CellResult]], score: Score) -> np.ndarray:
    """Scores `[seeds, 2]` of both cells of each pair."""
    found = [(score(cell, other), score(other, cell)) for cell, other in pairs]
    return np.array(found, float).reshape(-1, 2)


def any_of(cells: dict[int, CellResult]) -> CellResult:
    """What all seeds of a method have in common can be read from any."""
    return next(iter(cells.values()))
