"""Codes of place: read from recurrent states that hold it, and from no others."""

import numpy as np
import pytest

from worldmodel.analysis.decoding import train_decoders
from worldmodel.running.resting import Log
from worldmodel.studies.lab_structure import Probes, structure, transfer


@pytest.fixture
def probes():
    """Of recurrent states whose entries 0 to 2 are position and 3, 4 sequence."""
    g = np.random.default_rng(0)
    position, sequence = g.integers(3, size=300), g.integers(2, size=300)
    rows = coded(position, sequence, g)
    return Probes(train_decoders(rows, position, 3), train_decoders(rows, sequence, 2))


def coded(position, sequence, g):
    return np.concatenate([np.eye(3)[position], np.eye(2)[sequence]], 1) + 0.1 * g.standard_normal((len(position), 5))


def dreams(recurrent):
    """Eight dreams of a moment without object and the four objects of a sequence, activities of 0.9."""
    states = np.tile([-1, 0, 1, 2, 3, -1, 4, 5, 6, 7], 4)
    activity = np.zeros((40, 8))
    activity[np.arange(40)[states >= 0], states[states >= 0]] = 0.9
    return Log(np.zeros((40, 3)), recurrent, np.repeat(np.arange(8), 5)), activity, states


def test_places_are_read_where_recurrent_states_hold_them(probes):
    g = np.random.default_rng(1)
    *_, states = dreams(np.zeros((40, 5)))
    log, activity, _ = dreams(coded(states % 4 - 1, states // 4, g))
    assert structure(probes, log, activity, 0.5) == {"position": 1.0, "sequence": 1.0}


def test_agreement_by_chance_counts_as_none(probes):
    log, activity, _ = dreams(coded(np.zeros(40, int), np.zeros(40, int), np.random.default_rng(2)))
    assert structure(probes, log, activity, 0.5) == {"position": 0.0, "sequence": 0.0}


def test_first_objects_and_faint_ones_do_not_count(probes):
    """The first moments of walks are left out, so where dreams have no others nothing is said."""
    log, activity, _ = dreams(np.zeros((40, 5)))
    short = Log(log.seen, log.recurrent, np.arange(40) // 2)
    assert structure(probes, short, activity, 0.5) == {"position": None, "sequence": None}
    assert structure(probes, log, 0.5 * activity, 0.5) == {"position": None, "sequence": None}


def test_positions_that_are_run_through_show_in_their_direction(probes):
    g = np.random.default_rng(3)
    forward = np.tile([0, 1, 2], 30)
    for positions, sign in ((forward, 1), (forward[::-1], -1)):
        recurrent = coded(positions, np.zeros(90, int), g)
        log = Log(np.zeros((90, 3)), recurrent, np.repeat(np.arange(30), 3))
        assert sign * transfer(probes, log, (1, 2))[0] > 0.3
