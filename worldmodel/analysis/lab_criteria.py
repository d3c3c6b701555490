"""The criteria of the replay lab, fixed before its results were seen: what must hold, by which test, over subjects.

They are those of Liu et al. 2019 (doi 10.1016/j.cell.2019.06.012) and of Mattar & Daw 2018 (doi
10.1038/s41593-018-0232-z), put as tests over subjects. Thresholds are never moved after a result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from worldmodel.analysis.alternatives import Alternative
from worldmodel.analysis.paired_contrasts import equivalence, paired_contrast
from worldmodel.analysis.requirements import require
from worldmodel.analysis.sign_flip import sign_flip_test
from worldmodel.analysis.state_permutations import (
    PermutationTest,
    cross_sequence_relabellings,
    permutation_test,
    relabelled_sequenceness,
)
from worldmodel.errors import AnalysisError

LEVEL = 0.05
CHAINS = ((0, 1, 2, 3), (4, 5, 6, 7))
MOST_POSITIVE = 16 / 21
"""Share of subjects with a positive effect, as many as in the paper."""


@dataclass(frozen=True)
class Measured:
    """What was measured of n subjects.

    effects: D = Z_F - Z_B, `[n, L]`, by (stream, order), such as ("rest 1, imagined", "true"); NaN where too few
        moments were replayed.
    weights: `[n, L, 8, 8]`, empirical transitions of the stream "rest 1, imagined".
    runs: `[n]`, true runs of three objects in that stream, above their mean over relabellings.
    query: `[n]`, share of right decisions, by share of imagination.
    structure: `[n]`, agreement with chance taken away (Cohen's kappa) of what recurrent states say of an object's place
        and where it truly stands, by "position" and "sequence"; NaN where too few moments were dreamt.
    transfer: `[n, L]`, D of positions in dreams before any object was seen.
    """

    effects: Mapping[tuple[str, str], np.ndarray]
    weights: np.ndarray
    runs: np.ndarray
    query: Mapping[float, np.ndarray]
    structure: Mapping[str, np.ndarray]
    transfer: np.ndarray


@dataclass(frozen=True)
class Verdict:
    """One criterion: what it asks, what came out, and in words whether it holds."""

    name: str
    asks: str
    found: str
    verdict: str


def judge(measured: Measured) -> list[Verdict]:
    """Every criterion; "not enough seeds" or "cannot be told" where a test has too few subjects or moments."""
    criteria: list[tuple[str, str, Callable[[Measured], tuple[str, bool]]]] = [
        ("C1", "Rest 1: dreams run the true order forward", _dreams_run_forward),
        ("C2", "Rest 1: dreams do not run the order of presentation, and differ from the true one", _not_as_shown),
        ("C3", "Rest 1: movies run the order of presentation and not the true one", _movies_as_shown),
        ("C4", "Rest 2: planned replay runs the rewarded sequence backward, the neutral one not", _reversal),
        ("C5", "Rest 1: runs of three objects beyond relabelled ones", _long_runs),
        ("C6", "Decisions: at least 90 % right after dreams, at most 65 % after movies", _decisions),
        ("C7", "Position and sequence of objects never seen on a walk are read from recurrent states", _structured),
        ("C8", "Rest before any object: positions are run through (backward in people; any way counts)", _transferred),
    ]
    found = []
    for name, asks, criterion in criteria:
        try:
            words, holds = criterion(measured)
            found.append(Verdict(name, asks, words, "holds" if holds else "does not hold"))
        except AnalysisError as error:
            few = "not enough seeds"
            found.append(Verdict(name, asks, str(error), few if str(error).startswith(few) else "cannot be told"))
    return found


def group_test(effects: np.ndarray, alternative: Alternative) -> tuple[float, float]:
    """Mean at lag 1 and p corrected over lags, of effects `[n, L]`; lags that some subject lacks are left out."""
    whole = effects[:, np.isfinite(effects).all(0)]
    return float(whole[:, 0].mean()), sign_flip_test(whole, alternative).p


def beside_relabelled(measured: Measured) -> PermutationTest:
    """The mean effect of dreams in rest 1, true order, beside orders that share no step with it."""
    effects = measured.effects["rest 1, imagined", "true"]
    permuted = relabelled_sequenceness(measured.weights.mean(0), CHAINS, cross_sequence_relabellings(4, 4)).difference
    return permutation_test(effects[:, np.isfinite(effects).all(0)].mean(0), permuted, "greater")


def _dreams_run_forward(measured: Measured) -> tuple[str, bool]:
    effects = measured.effects["rest 1, imagined", "true"]
    mean, p = group_test(effects, "greater")
    positive = float((effects[:, 0] > 0).mean())
    test = beside_relabelled(measured)
    words = (
        f"D at lag 1 {mean:+.3f}, sign-flip p {p:.4g} over lags; largest {test.statistic:.3f} against "
        f"{test.threshold:.3f} of relabelled orders; {positive:.0%} of subjects positive"
    )
    return words, p < LEVEL and test.statistic > test.threshold and test.lag == 0 and positive >= MOST_POSITIVE


def _not_as_shown(measured: Measured) -> tuple[str, bool]:
    visual, true = (measured.effects["rest 1, imagined", order] for order in ("visual", "true"))
    mean, p = group_test(visual, "greater")
    contrast = paired_contrast(true[:, 0], visual[:, 0], "greater")
    words = f"D of presentation {mean:+.3f}, p {p:.4g}; true minus presentation p {contrast.p:.4g}"
    return words, p >= LEVEL and contrast.p < 0.01


def _movies_as_shown(measured: Measured) -> tuple[str, bool]:
    visual, true = (measured.effects["rest 1, movie", order] for order in ("visual", "true"))
    mean, p = group_test(visual, "greater")
    there = np.isfinite(true).all(0)
    none = equivalence(true[:, there], 0.1 * visual[:, 0])
    largest = float(np.abs(true[:, there].mean(0)).max())
    words = (
        f"D of presentation {mean:+.3f}, p {p:.4g}; true order at most {largest:.3f} in size at any lag, within a "
        f"tenth of that of presentation: p {none.p:.4g}"
    )
    return words, p < LEVEL and none.p < LEVEL


def _reversal(measured: Measured) -> tuple[str, bool]:
    after = {order: measured.effects["rest 2, planned", order][:, 0] for order in ("rewarded", "neutral")}
    before = {order: measured.effects["rest 1, imagined", order][:, 0] for order in ("rewarded", "neutral")}
    lacking = np.isnan(after["rewarded"])
    others = [f"{order} {np.nanmean(effect[~lacking]):+.3f}" for order, effect in after.items() if not lacking.all()]
    require(
        not lacking.any(),
        f"too few moments were planned by {lacking.sum()} of {len(lacking)} subjects"
        + ("; mean of the others: " + ", ".join(others) if others else ""),
    )
    rewarded = sign_flip_test(after["rewarded"][:, None], "less").p
    neutral = sign_flip_test(after["neutral"][:, None], "less").p
    interaction = paired_contrast(
        after["rewarded"] - before["rewarded"], after["neutral"] - before["neutral"], "less"
    ).p
    words = (
        f"rewarded {after['rewarded'].mean():+.3f}, p {rewarded:.4g}; neutral {after['neutral'].mean():+.3f}, below 0 "
        f"with p {neutral:.4g}; interaction with rest 1 p {interaction:.4g}"
    )
    return words, rewarded < LEVEL and neutral >= LEVEL and interaction < LEVEL


def _long_runs(measured: Measured) -> tuple[str, bool]:
    p = sign_flip_test(measured.runs[:, None], "greater").p
    return f"{measured.runs.mean():+.1f} runs a subject beyond relabelled ones, p {p:.4g}", p < LEVEL


def _decisions(measured: Measured) -> tuple[str, bool]:
    means = {share: float(right.mean()) for share, right in measured.query.items()}
    words = ", ".join(f"{mean:.1%} at share {share:g}" for share, mean in means.items())
    return words, means[1.0] >= 0.9 and means[0.0] <= 0.65


def _structured(measured: Measured) -> tuple[str, bool]:
    there = {name: values[np.isfinite(values)] for name, values in measured.structure.items()}
    tests = {name: sign_flip_test(values[:, None], "greater").p for name, values in there.items()}
    words = "; ".join(f"{name}: kappa {there[name].mean():.2f}, p {p:.4g}" for name, p in tests.items())
    return words, max(tests.values()) < LEVEL


def _transferred(measured: Measured) -> tuple[str, bool]:
    test = sign_flip_test(measured.transfer, "two-sided")
    means = ", ".join(f"{mean:+.3f}" for mean in measured.transfer.mean(0))
    return f"D by lag {means}; p {test.p:.4g} over lags", test.p < LEVEL
