import pytest
import torch

from worldmodel.learning import AgentSettings
from worldmodel.learning.chosen_returns import dream_returns, movie_returns


@pytest.mark.parametrize(("own", "movie", "dream"), [(None, 0.5, 0.5), (1.0, 0.5, 1.0), (0.0, 0.5, 0.0)])
def test_dreams_may_have_a_lambda_of_their_own(own, movie, dream):
    """Rewards 0 and 8, no discount, a value of 4 in between: 4 + lambda (8 - 4)."""
    settings = AgentSettings(trace_decay=0.5, dream_trace_decay=own)
    reward, value = torch.tensor([[0.0, 8.0]]), torch.tensor([[4.0, 0.0]])
    trajectory = (reward, torch.ones(1, 2), value, torch.tensor([[1.0, 0.0]]))
    assert movie_returns(settings)(*trajectory)[0, 0] == 4 + 4 * movie
    assert dream_returns(settings)(*trajectory)[0, 0] == 4 + 4 * dream


def test_movies_may_be_learned_by_n_steps_and_dreams_are_not():
    """Two steps of rewards 1, 1, 8 and values 0: 1 + 1, where a lambda of 1 sees the 8 as well."""
    settings = AgentSettings(movie_returns="n_step", n_steps=2, trace_decay=1.0)
    ones = torch.ones(1, 3)
    trajectory = (torch.tensor([[1.0, 1.0, 8.0]]), ones, 0 * ones, torch.tensor([[1.0, 1.0, 0.0]]))
    assert movie_returns(settings)(*trajectory)[0, 0] == 2
    assert dream_returns(settings)(*trajectory)[0, 0] == 10
