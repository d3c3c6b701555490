"""Two conditions compared subject by subject: whether they differ, and whether an effect is small enough to be none.

That one condition is significant and another is not says nothing of their difference (Gelman & Stern 2006, doi
10.1198/000313006X152649); so differences are tested, and "no effect" is claimed by a test of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worldmodel.analysis.alternatives import Alternative
from worldmodel.analysis.requirements import finite, require
from worldmodel.analysis.score_statistics import Interval, paired_difference
from worldmodel.analysis.sign_flip import sign_flip_test


@dataclass(frozen=True)
class Contrast:
    """The difference of two conditions over n subjects.

    difference: its mean, with Student's 95 % interval over subjects.
    size: mean over standard deviation, Cohen's d of paired differences (huge or infinite where all agree exactly).
    positive: subjects with a difference above 0.
    subjects: n.
    p, floor: of the sign-flip test, and the least it can be.
    """

    difference: Interval
    size: float
    positive: int
    subjects: int
    p: float
    floor: float


@dataclass(frozen=True)
class Equivalence:
    """Whether an effect is smaller than a bound, in both directions and at every lag.

    p: the largest over lags and both directions, which needs no correction (intersection-union test).
    lag: index of the lag it is at.
    """

    p: float
    lag: int


def paired_contrast(first: np.ndarray, second: np.ndarray, alternative: Alternative, seed: int = 0) -> Contrast:
    """`first - second`, `[n]` each, where entry i of both is of one subject.

    An interaction is a contrast of differences: `paired_contrast(rewarded_post - rewarded_pre, neutral_post -
    neutral_pre, "less")`. Raises `AnalysisError` where subjects are too few or do not match.
    """
    left, right = finite(first, "first", axes=1), finite(second, "second", axes=1)
    require(
        len(left) == len(right),
        f"first and second: {len(left)} and {len(right)} subjects; give the same subjects in the same order",
    )
    test = sign_flip_test((left - right)[:, None], alternative, seed)
    return Contrast(
        difference=paired_difference(left, right),
        size=float(test.t[0] / np.sqrt(len(left))),
        positive=int((left > right).sum()),
        subjects=len(left),
        p=test.p,
        floor=test.floor,
    )


def equivalence(effects: np.ndarray, bounds: np.ndarray, seed: int = 0) -> Equivalence:
    """Tests that -bound < mean effect < bound at every lag, by two one-sided sign-flip tests.

    effects: `[n, L]`, n subjects at L lags.
    bounds: `[n]`, above 0 on average; a number for each subject, such as a tenth of another of its effects, so that a
        bound which is itself measured brings its uncertainty along, or the same for all.

    Raises `AnalysisError` where subjects are too few or do not match (Schuirmann 1987, doi 10.1007/BF01068419).
    """
    values, limits = finite(effects, "effects", axes=2), finite(bounds, "bounds", axes=1)
    require(len(limits) == len(values), f"bounds: {len(limits)} for {len(values)} subjects; give one for each")
    require(limits.mean() > 0, "bounds: their mean is not above 0, so that nothing lies within")
    ps = [
        max(sign_flip_test((limits + side * lag)[:, None], "greater", seed).p for side in (-1, 1)) for lag in values.T
    ]
    return Equivalence(max(ps), int(np.argmax(ps)))
