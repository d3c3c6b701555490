"""By hand, against a plain regression, and in reverse."""

import numpy as np
import pytest

from worldmodel.analysis.chains import transition_matrix
from worldmodel.analysis.sequenceness import empirical_transitions, explained_by, sequenceness
from worldmodel.errors import AnalysisError, NumericalError

CHAINS = [[0, 1, 2, 3], [4, 5, 6, 7]]
T = transition_matrix(CHAINS, 8)


def noise(steps=300, states=8, seed=0):
    return np.random.default_rng(seed).standard_normal((steps, states))


def followed(lag=2, steps=400, seed=0):
    """Every state is followed by the next of its chain, half as strong, a lag later."""
    values = noise(steps, 8, seed)
    for t in range(lag, steps):
        values[t] += 0.5 * values[t - lag] @ T
    return values


def test_the_second_level_by_hand():
    """S = 3, T = {0>1}: forward 0.9, backward 0.2; the other pairs average (0.1 + 0.3 + 0.5 + 0.7) / 4 = 0.4."""
    weights = np.array([[[5.0, 0.9, 0.1], [0.2, 6.0, 0.3], [0.5, 0.7, 7.0]]])
    forward, backward = explained_by(transition_matrix([[0, 1]], 3), weights)
    assert forward == pytest.approx([0.5]) and backward == pytest.approx([-0.2])


def test_the_first_level_by_hand():
    """One state, lag 1: before (0, 1, 2, 4), after (1, 2, 4, 3): products of deviations 4.5, squares 8.75."""
    found = empirical_transitions(np.array([[0.0], [1], [2], [4], [3]]), [1])
    assert found == pytest.approx(np.array([[[4.5 / 8.75]]]))


def test_it_equals_a_plain_regression_of_each_state():
    values, lag = noise(60, 8), 3
    design = np.column_stack([values[:-lag], np.ones(57)])
    plain = np.column_stack(
        [np.linalg.solve(design.T @ design, design.T @ values[lag:, state])[:8] for state in range(8)]
    )
    assert empirical_transitions(values, [lag])[0] == pytest.approx(plain, abs=1e-12)
    others = (1 - T - T.T - np.eye(8)).astype(bool)
    found = sequenceness(values, T, [lag])
    assert found.forward[0] == pytest.approx(plain[T == 1].mean() - plain[others].mean())
    assert found.backward[0] == pytest.approx(plain[T.T == 1].mean() - plain[others].mean())
    assert found.difference[0] == pytest.approx(plain[T == 1].mean() - plain[T.T == 1].mean())


def test_the_right_lag_stands_out():
    found = sequenceness(followed(lag=2), T, [1, 2, 3])
    assert found.lags.tolist() == [1, 2, 3]
    assert found.difference[1] == pytest.approx(0.5, abs=0.06)
    assert abs(found.difference[[0, 2]]).max() < 0.06


def test_time_reversed_flips_the_sign():
    there, back = (sequenceness(values, T, [2]) for values in (followed(), followed()[::-1]))
    assert there.difference[0] > 0.4 and back.difference[0] < -0.25
    assert back.backward[0] > 0.25 > 0.1 > abs(back.forward[0])


def test_reversing_the_order_swaps_forward_and_backward_exactly():
    there, back = sequenceness(followed(), T, [1, 2]), sequenceness(followed(), T.T, [1, 2])
    assert there.forward == pytest.approx(back.backward) and there.difference == pytest.approx(-back.difference)


def test_nothing_is_learned_across_episodes():
    """It equals a regression of the right rows, and does not depend on which episode stands beside which."""
    values, episodes = followed(lag=1, steps=200), np.repeat(np.arange(20), 10)
    kept = [t for t in range(199) if episodes[t] == episodes[t + 1]]
    design = np.column_stack([values[kept], np.ones(len(kept))])
    plain = np.linalg.lstsq(design, values[np.array(kept) + 1], rcond=None)[0][:8]
    assert empirical_transitions(values, [1], episodes)[0] == pytest.approx(plain)
    order = np.random.default_rng(0).permutation(20)
    shuffled = values.reshape(20, 10, 8)[order].reshape(200, 8)
    assert empirical_transitions(shuffled, [1], np.repeat(order, 10))[0] == pytest.approx(plain)
    assert not np.allclose(empirical_transitions(shuffled, [1])[0], plain, atol=0.01)


def test_one_state_at_a_time_has_an_answer():
    """Raw events, one-hot: columns and constant are linearly dependent. Here A>B>C>D is all that ever happens."""
    events = np.eye(8)[np.tile([0, 1, 2, 3, 4, 5, 6, 7], 30)]
    found = sequenceness(events, T, [1], np.repeat(np.arange(60), 4))
    assert found.forward[0] > 0.5 and found.difference[0] > 0.5


def test_a_state_that_never_changes_follows_nothing():
    values = noise()
    values[:, 3] = 0.7
    found = empirical_transitions(values, [1])[0]
    assert abs(found[3]).max() < 1e-12 and abs(found[:, 3]).max() < 1e-12


@pytest.mark.parametrize(
    ("matrix", "problem"),
    [
        (T + T.T, "both directions"),
        (T + np.eye(8), "both directions"),
        (np.zeros((8, 8)), "above 0"),
        (-T, "none below"),
        (np.zeros((3, 3)), r"shape \(3, 3\) for 8 states"),
        (np.triu(np.ones((8, 8)), 1), "nothing to compare with"),
    ],
)
def test_orders_without_an_answer_are_refused(matrix, problem):
    with pytest.raises(AnalysisError, match=problem):
        sequenceness(noise(), matrix, [1])


def test_too_short_or_not_finite_activations_are_refused():
    with pytest.raises(AnalysisError, match="lag 3 leaves 7 pairs of rows within episodes, and 8 states need 10"):
        sequenceness(noise(10), T, [1 + 2])
    with pytest.raises(AnalysisError, match="lag 1 leaves 0 pairs"):
        sequenceness(noise(100), T, [1], np.arange(100))
    broken = noise()
    broken[5, 2] = np.nan
    with pytest.raises(NumericalError, match=r"activations\[5, 2\]"):
        sequenceness(broken, T, [1])


@pytest.mark.parametrize("lags", [[], [0], [-1, 1], [1.5]])
def test_lags_are_steps_ahead(lags):
    with pytest.raises(AnalysisError, match="lags"):
        sequenceness(noise(), T, lags)


def test_a_ridge_holds_what_is_hardly_ever_active_at_no_weight():
    """State 1 follows state 0 always; state 2 is never more active than its noise, which its weights would be of."""
    g = np.random.default_rng(0)
    activity = np.zeros((200, 3))
    activity[::4, 0], activity[1::4, 1] = 1, 1
    activity[:, 2] = 1e-4 * g.standard_normal(200)
    free, held = (empirical_transitions(activity, [1], ridge=ridge)[0] for ridge in (0.0, 1.0))
    assert abs(free[2]).max() > 10 and abs(held[2]).max() < 1e-3
    # 50 times active, mean activity 1/4: the sum of squares is 37.5, and one is added
    assert held[0, 1] / free[0, 1] == pytest.approx(37.5 / 38.5, rel=0.02)
