"""The relabellings counted and checked one by one, and p-values by hand."""

import time

import numpy as np
import pytest

from worldmodel.analysis.chains import transition_matrix
from worldmodel.analysis.sequenceness import empirical_transitions, explained_by
from worldmodel.analysis.state_permutations import (
    cross_sequence_relabellings,
    every_relabelling,
    permutation_test,
    relabelled_sequenceness,
)
from worldmodel.errors import AnalysisError, NumericalError

CHAINS = [[0, 1, 2, 3], [4, 5, 6, 7]]


def chains_of(relabelling, first):
    return [relabelling[:first], relabelling[first:]]


def test_two_chains_of_four_have_2304_of_which_1152_differ():
    found = cross_sequence_relabellings(4, 4)
    matrices = {transition_matrix(chains_of(each, 4), 8).tobytes() for each in found}
    exchanged = np.concatenate([found, np.roll(found, 4, axis=1)])
    assert len(found) == len(matrices) == 1152
    assert len(np.unique(exchanged, axis=0)) == 2304
    assert {transition_matrix(chains_of(each, 4), 8).tobytes() for each in exchanged} == matrices


@pytest.mark.parametrize(("first", "second", "count"), [(2, 2, 8), (3, 3, 36), (4, 3, 288), (5, 3, 720), (4, 4, 1152)])
def test_every_step_leads_into_the_other_chain(first, second, count):
    """3 and 3: two patterns x 3! x 3! = 72, half of them exchanged; 4 and 3: two patterns x 4! x 3!; 5 and 3: one."""
    found = cross_sequence_relabellings(first, second)
    assert len(found) == count
    for each in found:
        assert sorted(each) == list(range(first + second))
        for chain in chains_of(each, first):
            assert (np.diff(chain < first) != 0).all()


def test_reversed_orders_are_among_them():
    matrices = {transition_matrix(chains_of(each, 4), 8).tobytes() for each in cross_sequence_relabellings(4, 4)}
    assert {np.frombuffer(each).reshape(8, 8).T.tobytes() for each in matrices} == matrices


def test_all_other_orders_of_two_chains_of_three():
    """6! / 2 = 360 orders, the true one left out; 36 of them lead from one chain into the other at every step."""
    found = every_relabelling(3, 3)
    matrices = {transition_matrix(chains_of(each, 3), 6).tobytes() for each in found}
    across = {transition_matrix(chains_of(each, 3), 6).tobytes() for each in cross_sequence_relabellings(3, 3)}
    assert len(found) == len(matrices) == 359 and across < matrices
    assert transition_matrix([[0, 1, 2], [3, 4, 5]], 6).tobytes() not in matrices


def test_names_that_mean_nothing_have_an_exact_p():
    """Weights are those of an order and of all its relabellings in turn: p takes every value once."""
    weights = np.random.default_rng(0).standard_normal((1, 6, 6))
    chains = [[0, 1, 2], [3, 4, 5]]
    ps = []
    for relabelling in [np.arange(6), *every_relabelling(3, 3)]:
        renamed = weights[:, relabelling][:, :, relabelling]
        forward, _ = explained_by(transition_matrix(chains, 6), renamed)
        permuted = relabelled_sequenceness(renamed, chains, every_relabelling(3, 3)).forward
        ps.append(permutation_test(forward, permuted, "greater").p)
    assert np.sort(ps) == pytest.approx(np.arange(1, 361) / 360)


def test_what_is_handed_out_twice_cannot_be_changed():
    for relabellings in (cross_sequence_relabellings(4, 4), every_relabelling(3, 3)):
        with pytest.raises(ValueError, match="read-only"):
            relabellings[0, 0] = 5


def test_long_chains_are_drawn_the_same_way_every_time():
    found = cross_sequence_relabellings(6, 6, seed=3)
    assert found.shape == (10_000, 12) and (found == cross_sequence_relabellings(6, 6, seed=3)).all()
    assert (np.diff(found[:, :6] < 6, axis=1) != 0).all() and (np.sort(found, 1) == np.arange(12)).all()
    assert (np.sort(every_relabelling(6, 3), 1) == np.arange(9)).all()


@pytest.mark.parametrize(("first", "second", "problem"), [(6, 3, "more equal length"), (1, 4, "at least two")])
def test_chains_without_relabellings_are_refused(first, second, problem):
    with pytest.raises(AnalysisError, match=problem):
        cross_sequence_relabellings(first, second)


def test_the_short_way_equals_the_regression_of_every_relabelling():
    """Chains in another order of states, and two states that belong to none."""
    weights = empirical_transitions(np.random.default_rng(0).standard_normal((200, 10)), [1, 2])
    chains = [[9, 2, 0, 4], [3, 1, 8, 5]]
    found = relabelled_sequenceness(weights, chains, cross_sequence_relabellings(4, 4))
    places = np.concatenate(chains)
    for number in (0, 17, 500, 1151):
        relabelled = places[cross_sequence_relabellings(4, 4)[number]]
        forward, backward = explained_by(transition_matrix(chains_of(relabelled, 4), 10), weights)
        assert found.forward[number] == pytest.approx(forward)
        assert found.backward[number] == pytest.approx(backward)
        assert found.difference[number] == pytest.approx(forward - backward)


def test_all_of_them_take_a_moment():
    weights = np.random.default_rng(0).standard_normal((10, 8, 8))
    begin = time.process_time()
    found = relabelled_sequenceness(weights, CHAINS, cross_sequence_relabellings(4, 4))
    assert found.forward.shape == (1152, 10) and time.process_time() - begin < 0.5


@pytest.mark.parametrize(
    ("alternative", "statistic", "lag", "threshold", "maximum", "p", "floor"),
    [
        ("greater", 4, 0, 2 + 0.85 * 2, 4, 2 / 5, 1 / 5),
        ("less", 5, 1, 2 + 0.85 * 1, 3, 1 / 5, 1 / 5),
        ("two-sided", 5, 1, 3 + 0.85 * 1, 4, 2 / 6, 2 / 6),
    ],
)
def test_p_by_hand(alternative, statistic, lag, threshold, maximum, p, floor):
    """The largest over lags of four permutations: 4, 0, 1, 2 of D, -2, 3, 1, 2 of -D, and 4, 3, 1, 2 of |D|."""
    permuted = np.array([[4.0, 2.0], [0.0, -3.0], [1.0, -1.0], [2.0, -2.0]])
    found = permutation_test(np.array([4.0, -5.0]), permuted, alternative)
    assert (found.statistic, found.lag, found.maximum, found.p, found.floor) == (statistic, lag, maximum, p, floor)
    assert found.threshold == pytest.approx(threshold)


def test_lags_must_agree_and_numbers_be_finite():
    with pytest.raises(AnalysisError, match="has 3 lags where 2 were observed"):
        permutation_test(np.zeros(2), np.zeros((5, 3)), "greater")
    with pytest.raises(NumericalError, match="observed"):
        permutation_test(np.array([np.nan]), np.zeros((5, 1)), "greater")
    with pytest.raises(AnalysisError, match="needs two"):
        relabelled_sequenceness(np.zeros((1, 8, 8)), [[0, 1, 2]], cross_sequence_relabellings(4, 4))
    with pytest.raises(AnalysisError, match="of 6 places for chains of 4 and 4"):
        relabelled_sequenceness(np.zeros((1, 8, 8)), CHAINS, cross_sequence_relabellings(3, 3))
