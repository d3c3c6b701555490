"""States that are there are found, and those that are not are not."""

import numpy as np
import pytest

from worldmodel.analysis.decoding import (
    NULL,
    correlation,
    held_out_accuracy,
    stratified_folds,
    train_decoders,
)
from worldmodel.errors import AnalysisError, NumericalError


def recording(rows=25, states=4, features=12, strength=4.0, seed=0):
    """As many rows of each state and of null; state k moves feature k."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(NULL, states), rows)
    latents = rng.standard_normal((len(labels), features))
    latents[labels >= 0, labels[labels >= 0]] += strength
    return latents, labels


def test_each_state_wakes_its_decoder_and_null_wakes_none():
    decoders = train_decoders(*recording(), states=4)
    latents, labels = recording(seed=1)
    activations = decoders.activations(latents.astype(np.float32))
    assert activations.shape == (125, 4) and ((activations > 0) & (activations < 1)).all()
    assert (activations[labels >= 0].argmax(1) == labels[labels >= 0]).mean() > 0.95
    assert (activations[labels == NULL].max(1) < 0.5).mean() > 0.9
    assert (activations.sum(1) < 0.6).any()


def test_the_penalty_silences_what_says_nothing():
    weights = train_decoders(*recording(), states=4, penalty=0.03).weights
    assert (np.diag(weights) > 0.5).all() and (weights[:, 4:] == 0).mean() > 0.9


def test_without_features_the_bias_is_the_frequency():
    """Were the bias penalised, a state in a fifth of the rows would not be at 0.2."""
    decoders = train_decoders(*recording(), states=4, penalty=0.5)
    assert (decoders.weights == 0).all()
    assert decoders.activations(np.zeros((1, 12))) == pytest.approx(0.2, abs=0.01)


def test_units_do_not_matter_and_silent_features_do_no_harm():
    latents, labels = recording()
    unit = np.r_[np.full(6, 1000.0), np.full(6, 0.001)]
    stretched = np.column_stack([latents * unit + 5, np.full(len(latents), 0.3)])
    plain = train_decoders(latents, labels, 4).activations(latents)
    assert train_decoders(stretched, labels, 4).activations(stretched) == pytest.approx(plain, abs=1e-3)


def test_held_out_accuracy_and_chance():
    latents, labels = recording()
    found = held_out_accuracy(latents, labels, 4, stratified_folds(labels, 5))
    assert found.accuracy > 0.95 and found.chance == 0.25
    assert found.confusion.sum(1).tolist() == [25] * 4 and np.trace(found.confusion) == found.accuracy * 100
    uneven = labels != 3
    uneven[-5:] = True
    kept = held_out_accuracy(latents[uneven], labels[uneven], 4, stratified_folds(labels[uneven], 5))
    assert kept.chance == pytest.approx(25 / 80)


def test_labels_by_chance_are_not_decoded():
    latents, labels = recording(rows=40)
    shuffled = np.random.default_rng(1).permutation(labels)
    found = held_out_accuracy(latents, shuffled, 4, stratified_folds(shuffled, 4))
    assert found.accuracy < 0.37


def shared_code(strength, rows=15, seed=0):
    """8 objects with looks of their own, at 4 positions that two objects share, which move a feature by `strength`."""
    rng = np.random.default_rng(seed)
    objects = np.repeat(np.arange(8), rows)
    latents = rng.standard_normal((len(objects), 16)) * 0.5 + 3 * np.eye(16)[objects]
    latents[np.arange(len(objects)), 8 + objects % 4] += strength
    return latents, objects % 4, objects


def test_a_code_that_objects_share_survives_leaving_one_out():
    latents, positions, objects = shared_code(strength=4.0)
    assert held_out_accuracy(latents, positions, 4, objects).accuracy > 0.9


def test_looks_alone_are_below_chance_when_objects_are_left_out_though_rows_are_not():
    latents, positions, objects = shared_code(strength=0.0)
    assert held_out_accuracy(latents, positions, 4, stratified_folds(positions, 5)).accuracy > 0.95
    assert held_out_accuracy(latents, positions, 4, objects).accuracy < 0.25


def test_folds_deal_out_every_state_evenly_and_repeatably():
    labels = np.repeat([NULL, 0, 1], [3, 10, 11])
    fold = stratified_folds(labels, 5, seed=2)
    assert np.bincount(fold[labels == 0]).tolist() == [2] * 5
    assert sorted(np.bincount(fold[labels == 1])) == [2, 2, 2, 2, 3]
    assert (fold == stratified_folds(labels, 5, seed=2)).all()


def test_correlation_by_hand():
    columns = np.array([[0.0, 1, 0, 7], [1, 0, 1, 7], [2, 1, -1, 7], [3, 0, 0, 7]])
    found = correlation(columns)
    assert found[0, 1] == pytest.approx(-2 / np.sqrt(20)) and found[0, 0] == pytest.approx(1)
    assert np.isnan(found[3]).all() and np.isnan(found[:, 3]).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_latents_must_be_finite(bad):
    latents, labels = recording()
    decoders = train_decoders(latents, labels, 4)
    latents[3, 2] = bad
    for call in (lambda: train_decoders(latents, labels, 4), lambda: decoders.activations(latents)):
        with pytest.raises(NumericalError, match=rf"latents\[3, 2\]: is {bad}"):
            call()


def test_too_little_to_learn_from_is_named():
    latents, labels = recording(rows=3)
    with pytest.raises(AnalysisError, match="state 4 has no rows"):
        train_decoders(latents, labels, 5)
    with pytest.raises(AnalysisError, match="state 0 has 3 rows, fewer than 5 folds"):
        stratified_folds(labels, 5)
    with pytest.raises(AnalysisError, match="state 0 has all the rows"):
        train_decoders(latents, np.zeros(15), 1)
    with pytest.raises(AnalysisError, match=r"without fold 0 no row is left to learn \[0\]"):
        held_out_accuracy(latents, labels, 4, labels)
    with pytest.raises(AnalysisError, match="in one; give two"):
        held_out_accuracy(latents, labels, 4, np.zeros(15))
    with pytest.raises(AnalysisError, match="folds: 1 leave nothing"):
        stratified_folds(labels, 1)
    with pytest.raises(AnalysisError, match="must be -1"):
        train_decoders(latents, labels - 1, 4)
    with pytest.raises(AnalysisError, match="have 3 features, and the decoders were trained on 12"):
        train_decoders(latents, labels, 4).activations(np.zeros((2, 3)))


def test_a_fit_that_does_not_end_is_an_error(monkeypatch):
    monkeypatch.setattr("worldmodel.analysis.decoding.SWEEPS", 1)
    with pytest.raises(AnalysisError, match="decoder of state 0 is not found in 1 sweeps; raise the penalty"):
        train_decoders(*recording(), states=4)
