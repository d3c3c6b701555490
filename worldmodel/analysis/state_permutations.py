"""Whether an order is stronger than orders in which the states merely have other names (Liu et al. 2019 and 2021).

States exchange their places in two chains, rows and columns of the matrix together; time is left alone. There are two
sets of relabellings. In `cross_sequence_relabellings` every step leads from one chain into the other, so that none
shares a step with the true order; those that do take part of the effect for chance (Liu et al. 2021, eLife 10:e66917).
`every_relabelling` has them all: a little less is found, but p is exact. That of the former is somewhat too small, as
the true order is not one of them and they are all made of the same few pairs of states (`self_checks` measures it).

What the test can claim: this recording follows this order more than such other orders. It presumes that the names could
have been given otherwise, which holds if they were drawn at random for every subject (seed) and if decoders were
trained before the order was learned. Nothing is said of other subjects; for those, see `sign_flip`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import permutations, product
from math import factorial

import numpy as np
from numpy.typing import ArrayLike

from worldmodel.analysis.alternatives import Alternative, towards
from worldmodel.analysis.chains import checked_chains, steps_of
from worldmodel.analysis.requirements import finite, require

LIMIT = 50_000
"""Relabellings up to which all are used; beyond, as many as `DRAWS` are drawn."""
DRAWS = 10_000


@dataclass(frozen=True)
class Relabelled:
    """Sequenceness of one recording under P other orders.

    forward, backward: `[P, L]`, Z_F and Z_B for each relabelling and lag.
    """

    forward: np.ndarray
    backward: np.ndarray

    @property
    def difference(self) -> np.ndarray:
        """`[P, L]`, D = Z_F - Z_B."""
        return self.forward - self.backward


@dataclass(frozen=True)
class PermutationTest:
    """What is left of an effect beside its permutations.

    statistic: the largest effect over lags, turned towards the alternative.
    lag: index of the lag it is at.
    threshold: 95th percentile of the largest effect over lags of each permutation (Liu et al. 2021).
    maximum: the largest of all permutations and lags, the stricter threshold of Liu et al. 2019.
    p: share of permutations with as much, the true order counted among them.
    floor: the least p these permutations can give.
    """

    statistic: float
    lag: int
    threshold: float
    maximum: float
    p: float
    floor: float


@cache
def cross_sequence_relabellings(first: int, second: int, seed: int = 0) -> np.ndarray:
    """`[P, first + second]`, which place of the two chains each of their places is given the state of.

    Places 0 to first - 1 are the first chain, the rest the second; every step of every relabelling leads from one chain
    into the other. Two chains of four have 2,304; as exchanging chains of one length as wholes gives the same order
    again, 1,152 differ, and those are returned. Beyond 50,000, 10,000 are drawn instead.

    Raises `AnalysisError` where there are none, as for chains of 6 and 3.
    """
    require(first >= 2 and second >= 2, f"chains of {first} and {second} states: each needs at least two")
    begins = [np.r_[(np.arange(first) + a) % 2, (np.arange(second) + b) % 2] for a, b in product((0, 1), repeat=2)]
    patterns = [pattern for pattern in begins if (pattern == 0).sum() == first]
    require(
        len(patterns) > 0,
        f"chains of {first} and {second} states: no other order leads from one into the other at every step; "
        "take chains of more equal length",
    )
    if len(patterns) * factorial(first) * factorial(second) <= LIMIT:
        members = permutations(range(first)), permutations(range(first, first + second))
        return _different(np.stack([_placed(*choice) for choice in product(patterns, *members)]), first)
    generator = np.random.default_rng(seed)
    return _kept(np.stack([_drawn(patterns, first, second, generator) for _ in range(DRAWS)]))


@cache
def every_relabelling(first: int, second: int, seed: int = 0) -> np.ndarray:
    """`[P, first + second]`, the same for all orders but the true one, 20,159 for two chains of four.

    As all orders are equally likely where names mean nothing, p is exact then (Pitman 1937). Beyond 50,000, 10,000 are
    drawn instead.
    """
    require(first >= 2 and second >= 2, f"chains of {first} and {second} states: each needs at least two")
    if factorial(first + second) <= LIMIT:
        return _different(np.array(list(permutations(range(first + second))))[1:], first)
    generator = np.random.default_rng(seed)
    return _kept(np.stack([generator.permutation(first + second) for _ in range(DRAWS)]))


def relabelled_sequenceness(weights: np.ndarray, chains: Sequence[ArrayLike], relabellings: np.ndarray) -> Relabelled:
    """Sequenceness of `weights` `[L, S, S]` (see `empirical_transitions`) under every relabelling of two chains.

    The matrices of an order, its reverse and the diagonal are disjoint, so that Z_F is the mean weight of its steps
    minus that of all pairs of states in neither direction of it. Relabellings `[P, n]` speak of places in the chains,
    so that results of several subjects may be averaged, whatever the numbers of their states are.
    """
    values = finite(weights, "weights", axes=3)
    states = values.shape[-1]
    checked = checked_chains(chains, states)
    require(len(checked) == 2, f"chains: {len(checked)} were given; relabelling needs two")
    require(
        relabellings.shape[1] == sum(map(len, checked)),
        f"relabellings: of {relabellings.shape[1]} places for chains of {len(checked[0])} and {len(checked[1])}",
    )
    placed = np.concatenate(checked)[relabellings]
    ends = steps_of([np.arange(len(checked[0])), len(checked[0]) + np.arange(len(checked[1]))])
    before, after = placed[:, ends[:, 0]], placed[:, ends[:, 1]]
    forward, backward = values[:, before, after].sum(-1).T, values[:, after, before].sum(-1).T
    pairs = states * (states - 1) - 2 * len(ends)
    rest = (values.sum((1, 2)) - np.trace(values, axis1=1, axis2=2) - forward - backward) / pairs
    return Relabelled(forward / len(ends) - rest, backward / len(ends) - rest)


def permutation_test(observed: np.ndarray, permuted: np.ndarray, alternative: Alternative) -> PermutationTest:
    """`observed` `[L]` against `permuted` `[P, L]`, the largest over lags of each, so that lags are corrected for.

    Any of forward, backward or difference, of one subject or averaged over several. For two-sided tests the true order
    counts twice, since its reverse has the same difference with the other sign, as every relabelling has.
    """
    effects = towards(finite(observed, "observed", axes=1), alternative)
    chance = towards(finite(permuted, "permuted", axes=2), alternative)
    require(
        chance.shape[1] == len(effects),
        f"permuted: has {chance.shape[1]} lags where {len(effects)} were observed; give both the same",
    )
    largest, statistic = chance.max(1), float(effects.max())
    own = 2 if alternative == "two-sided" else 1
    reached = int((largest >= statistic - 1e-12 * abs(statistic)).sum())
    return PermutationTest(
        statistic=statistic,
        lag=int(effects.argmax()),
        threshold=float(np.quantile(largest, 0.95)),
        maximum=float(largest.max()),
        p=(own + reached) / (own + len(largest)),
        floor=own / (own + len(largest)),
    )


def _different(every: np.ndarray, first: int) -> np.ndarray:
    """Of relabellings that exchange two chains of one length as wholes, one of each pair."""
    return _kept(every[every[:, 0] < every[:, first]] if 2 * first == every.shape[1] else every)


def _kept(relabellings: np.ndarray) -> np.ndarray:
    """Not to be changed by whoever is given them, since the next is given the same."""
    relabellings.flags.writeable = False
    return relabellings


def _drawn(patterns: list[np.ndarray], first: int, second: int, generator: np.random.Generator) -> np.ndarray:
    """One relabelling by chance."""
    pattern = patterns[generator.integers(len(patterns))]
    return _placed(pattern, generator.permutation(first), first + generator.permutation(second))


def _placed(pattern: np.ndarray, first: ArrayLike, second: ArrayLike) -> np.ndarray:
    """States of the first chain where the pattern is 0 and of the second where it is 1, each in the order given."""
    places = np.empty(len(pattern), np.int64)
    places[pattern == 0], places[pattern == 1] = first, second
    return places
