"""Planted sequences are where they are said to be, and are recovered with their sign and lag."""

import numpy as np
import pytest

from worldmodel.analysis.chains import transition_matrix
from worldmodel.analysis.planted import noise, plant
from worldmodel.analysis.sequenceness import sequenceness
from worldmodel.errors import AnalysisError

CHAINS = [[0, 1, 2, 3], [4, 5, 6, 7]]


def planted(**changes):
    return plant(1000, 8, CHAINS, **{"density": 0.04, "lag": 2, "strength": 2.0, "seed": 1, **changes})


@pytest.mark.parametrize("persistence", [0.0, 0.9])
def test_noise_has_variance_one_and_the_memory_asked_for(persistence):
    values = noise(20_000, 4, persistence, np.random.default_rng(0))
    assert values.var(0) == pytest.approx(1, abs=0.15)
    assert (values[1:] * values[:-1]).mean() == pytest.approx(persistence, abs=0.1)
    assert np.corrcoef(values.T)[~np.eye(4, dtype=bool)] == pytest.approx(0, abs=0.1)


def test_what_is_planted_stands_where_it_is_said_to():
    with_them, without = planted(), planted(strength=0.0)
    added = np.zeros((1000, 8))
    for chain, begins in zip(CHAINS, with_them.begins, strict=True):
        for begin in begins:
            for place, state in enumerate(chain):
                added[begin + 2 * place, state] += 2
    assert with_them.activations - without.activations == pytest.approx(added)
    assert 20 < len(with_them.begins[0]) < 60 and max(with_them.begins[0]) < 994


@pytest.mark.parametrize("lag", [1, 3])
@pytest.mark.parametrize(("backward", "sign"), [(False, 1), (True, -1)])
def test_sign_and_lag_are_recovered(lag, backward, sign):
    recording = planted(lag=lag, backward=backward, strength=4.0)
    found = sequenceness(recording.activations, transition_matrix(CHAINS, 8), range(1, 5)).difference * sign
    assert found.argmax() == lag - 1 and found.max() > 0.2 and abs(np.delete(found, lag - 1)).max() < 0.1


def test_the_same_seed_gives_the_same_and_too_short_recordings_get_none():
    assert (planted().activations == planted().activations).all()
    short = plant(3, 8, CHAINS, density=1.0, lag=2, strength=1.0)
    assert [len(begins) for begins in short.begins] == [0, 0]


@pytest.mark.parametrize("changes", [{"density": 1.5}, {"lag": 0}, {"persistence": 1.0}])
def test_impossible_numbers_are_named(changes):
    with pytest.raises(AnalysisError, match=next(iter(changes))):
        planted(**changes)
