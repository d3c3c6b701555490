"""By which returns movies and dreams are learned, as the settings choose."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from worldmodel.learning.q_learning import Returns
from worldmodel.learning.returns import lambda_returns, n_step_returns
from worldmodel.learning.settings import AgentSettings


def movie_returns(settings: AgentSettings) -> Returns:
    """The kind of return that movies are learned by."""
    if settings.movie_returns == "n_step":
        return partial(n_step_returns, steps=settings.n_steps)
    return partial(_lambda_returns, settings.trace_decay)


def dream_returns(settings: AgentSettings) -> Returns:
    """Lambda-returns, with a lambda of their own where there is one."""
    own = settings.dream_trace_decay
    return partial(_lambda_returns, settings.trace_decay if own is None else own)


def _lambda_returns(decay: float, reward: Tensor, discount: Tensor, value: Tensor, trace: Tensor) -> Tensor:
    """Lambda-returns whose trace decays by lambda wherever it may run on."""
    return lambda_returns(reward, discount, value, decay * trace)
