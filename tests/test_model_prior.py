"""What is expected before looking: which prior a setting asks for, and that the plain one keeps no table."""

import torch
from small_agent import tiny_settings, tiny_world_model

from worldmodel.model.episodic_memory import EpisodicPrior
from worldmodel.model.prior import RecurrentPrior, build_prior


def test_memory_is_a_setting():
    assert isinstance(build_prior(tiny_settings()), RecurrentPrior)
    prior = build_prior(tiny_settings(memory=7))
    assert isinstance(prior, EpisodicPrior) and prior.empty(2).entries.shape[:2] == (2, 7)


def test_the_plain_prior_says_the_same_of_a_movie_and_of_each_moment_and_keeps_nothing():
    prior, recurrent = build_prior(tiny_settings()), torch.randn(2, 5, 12)
    logits, table = prior.unroll(recurrent, recurrent, recurrent, torch.ones(2, 5, dtype=torch.bool))
    drawn, expected = prior.draw(recurrent[:, 3], recurrent[:, 3], None, lambda logits: (logits.sign(), logits))
    assert torch.allclose(expected, logits[:, 3], atol=1e-6) and torch.equal(drawn, expected.sign())
    assert table is None and prior.empty(2) is None and prior.remember(recurrent, recurrent, recurrent, None) is None


def test_without_memory_states_carry_no_table():
    model = tiny_world_model()
    assert model.initial(3).table is None
    assert model.predict(model.initial(3), torch.zeros(3, dtype=torch.long)).table is None
