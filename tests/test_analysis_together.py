"""From latents to a finding over seeds: what was planted comes out, and its controls come out empty.

Each subject has eight random codes of 24 entries. Decoders are trained on single objects in random order, before any
order is known; then a rest follows in which chains are run. The numbers of objects are drawn anew for each subject.
"""

import numpy as np
import pytest

from worldmodel.analysis.chains import transition_matrix
from worldmodel.analysis.decoding import train_decoders
from worldmodel.analysis.paired_contrasts import equivalence, paired_contrast
from worldmodel.analysis.planted import plant
from worldmodel.analysis.sequenceness import empirical_transitions, explained_by
from worldmodel.analysis.sign_flip import sign_flip_test
from worldmodel.analysis.state_permutations import (
    cross_sequence_relabellings,
    permutation_test,
    relabelled_sequenceness,
)

SUBJECTS, LAGS = 10, (1, 2, 3)
REWARDED, NEUTRAL = [0, 1, 2, 3], [4, 5, 6, 7]
SEEN = [[7, 0, 5, 1], [6, 4, 3, 2]]
"""The order of presentation, which shares no step with the true one, nor a pair two steps apart."""


def runs(chain, backward, seed):
    """`[600, 8]`, the planted part alone: what is left of a recording without its noise."""
    kinds = {"density": 0.05, "lag": 1, "backward": backward, "seed": seed}
    loud, silent = (plant(600, 8, [chain], strength=strength, **kinds).activations for strength in (2, 0))
    return loud - silent


def rest(subject, planted):
    """`[L, S, S]`, decoded transitions of a rest in which `planted` (chain, backward) were run, by true place."""
    rng = np.random.default_rng(subject)
    codes, renamed = rng.standard_normal((8, 24)), rng.permutation(8)
    labels = np.repeat(np.arange(-1, 8), 15)
    localiser = np.where(labels[:, None] >= 0, 2 * codes[labels], 0) + rng.standard_normal((135, 24))
    decoders = train_decoders(localiser, np.where(labels >= 0, renamed[labels], -1), 8)
    active = sum(runs(chain, backward, 100 * subject + number) for number, (chain, backward) in enumerate(planted))
    activations = decoders.activations(active @ codes + rng.standard_normal((600, 24)))
    return empirical_transitions(activations[:, renamed], LAGS)


def differences(weights, chains):
    """`[n, L]`, D of each subject."""
    found = [explained_by(transition_matrix(chains, 8), each) for each in weights]
    return np.array([forward - backward for forward, backward in found])


@pytest.fixture(scope="module")
def before():
    return [rest(subject, [(REWARDED, False), (NEUTRAL, False)]) for subject in range(SUBJECTS)]


@pytest.fixture(scope="module")
def after():
    return [rest(50 + subject, [(REWARDED, True), (NEUTRAL, False)]) for subject in range(SUBJECTS)]


def test_the_true_order_is_found_forward(before):
    found = differences(before, [REWARDED, NEUTRAL])
    test = sign_flip_test(found, "greater")
    assert test.p == test.floor and test.t.argmax() == 0 and (found[:, 0] > 0).all()
    permuted = [
        relabelled_sequenceness(each, [REWARDED, NEUTRAL], cross_sequence_relabellings(4, 4)).difference
        for each in before
    ]
    against = permutation_test(found.mean(0), np.mean(permuted, 0), "greater")
    assert against.statistic > against.maximum and against.lag == 0 and against.p == against.floor


def test_the_order_of_presentation_is_not_and_that_it_is_less_is_tested(before):
    true, seen = differences(before, [REWARDED, NEUTRAL])[:, 0], differences(before, SEEN)
    assert sign_flip_test(seen, "greater").p > 0.05
    assert paired_contrast(true, seen[:, 0], "greater").p < 0.01
    assert equivalence(seen[:, :1], 0.5 * true).p < 0.05


def test_reward_turns_only_the_rewarded_sequence_round(before, after):
    change = {
        name: differences(after, [chain])[:, 0] - differences(before, [chain])[:, 0]
        for name, chain in (("rewarded", REWARDED), ("neutral", NEUTRAL))
    }
    assert sign_flip_test(differences(after, [REWARDED])[:, :1], "less").p < 0.01
    assert sign_flip_test(differences(after, [NEUTRAL])[:, :1], "greater").p < 0.01
    assert paired_contrast(change["rewarded"], change["neutral"], "less").p < 0.01


def test_the_order_of_another_subject_is_not_found(before):
    """True chains under names that were drawn for someone else."""
    strangers = []
    for subject, weights in enumerate(before):
        names = np.random.default_rng(900 + subject).permutation(8)
        strangers.append(weights[:, names][:, :, names])
    assert sign_flip_test(differences(strangers, [REWARDED, NEUTRAL]), "greater").p > 0.05
