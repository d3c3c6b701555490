"""Runs counted by hand and by a slow loop."""

import numpy as np
import pytest

from worldmodel.analysis.event_counts import count_runs, run_counts
from worldmodel.analysis.state_permutations import cross_sequence_relabellings
from worldmodel.errors import AnalysisError

CHAINS = [[0, 1, 2, 3], [4, 5, 6, 7]]


def slowly(events, chains, length):
    runs = [tuple(chain[i : i + length]) for chain in chains for i in range(len(chain) - length + 1)]
    windows = [tuple(each[i : i + length]) for each in events for i in range(len(each) - length + 1)]
    return sum(window in runs for window in windows), sum(window[::-1] in runs for window in windows)


@pytest.mark.parametrize(("length", "forward", "backward"), [(2, 5, 3), (3, 2, 1), (4, 1, 0)])
def test_runs_by_hand(length, forward, backward):
    """Forward pairs: 01, 12, 23 and 45, and 56 in the last; backward: 76, 65 and 10."""
    events = [[0, 1, 2, 3, 4, 5], [7, 6, 5, 1, 0], [3], [], [5, 6]]
    assert count_runs(events, CHAINS, length) == (forward, backward)


def test_runs_lead_neither_into_the_next_sequence_nor_over_a_gap():
    assert count_runs([[0, 1], [2, 3]], CHAINS, 2) == (2, 0)
    assert count_runs([[0, 1], [2, 3]], CHAINS, 3) == (0, 0)
    assert count_runs([[0, -1, 1, 2, -1]], CHAINS, 2) == (1, 0)


def test_dwelling_and_states_of_no_chain():
    assert count_runs([[0, 0, 1, 1, 99, 2, 3]], CHAINS, 2) == (2, 0)
    assert count_runs([[0, 0, 1]], CHAINS, 3) == (0, 0)


def test_it_equals_a_slow_loop_under_relabelling():
    rng = np.random.default_rng(0)
    events = [rng.integers(0, 8, rng.integers(0, 40)).tolist() for _ in range(30)] + [[0, 1, 2, 3, 4]] * 3
    found = run_counts(events, CHAINS)
    for length, forward, backward in zip(found.lengths, found.forward, found.backward, strict=True):
        assert (forward, backward) == slowly(events, CHAINS, length)
    for number, relabelled in enumerate(cross_sequence_relabellings(4, 4)[::200]):
        chains = [relabelled[:4].tolist(), relabelled[4:].tolist()]
        wanted = [slowly(events, chains, length) for length in (2, 3, 4)]
        assert [
            *zip(found.permuted_forward[200 * number], found.permuted_backward[200 * number], strict=True)
        ] == wanted


def test_planted_runs_stand_out_and_chance_does_not():
    rng = np.random.default_rng(1)
    noise = [rng.integers(0, 8, 20) for _ in range(20)]
    planted = run_counts([*noise, *[[3, 2, 1, 0]] * 10], CHAINS)
    assert (planted.p_backward == 1 / 1153).all() and (planted.p_forward > 0.05).all()
    assert (run_counts(noise, CHAINS).p_forward > 0.05).all()


def test_where_presentation_order_was_followed_the_true_one_is_not_found():
    """Events run along one of the relabellings."""
    other = cross_sequence_relabellings(4, 4)[7]
    found = run_counts([other[:4], other[4:]] * 20, CHAINS)
    assert found.forward.tolist() == [0, 0, 0] and (found.p_forward == 1).all()
    assert found.permuted_forward[7].tolist() == [120, 80, 40]


def test_nothing_happened():
    found = run_counts([[], [-1, -1]], CHAINS)
    assert found.forward.tolist() == found.backward.tolist() == [0, 0, 0] and (found.p_forward == 1).all()
    assert run_counts([], CHAINS).forward.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("chains", "lengths", "problem"),
    [
        (CHAINS, (5,), "5 exceeds every chain"),
        (CHAINS, (1,), "1 is no run"),
        ([[0, 1, 2]], (2,), "needs two"),
    ],
)
def test_what_cannot_be_counted_is_refused(chains, lengths, problem):
    with pytest.raises(AnalysisError, match=problem):
        run_counts([[0, 1]], chains, lengths)
    with pytest.raises(AnalysisError, match="whole numbers"):
        run_counts([[0.5, 1]], CHAINS)
