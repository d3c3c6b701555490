import dataclasses
from typing import Literal, get_args, get_type_hints

import pytest

from worldmodel.learning import AgentSettings

FIELDS = {field.name: field for field in dataclasses.fields(AgentSettings)}


def test_defaults_are_possible():
    for name, field in FIELDS.items():
        if "bounds" in field.metadata and field.default is not None:
            assert field.metadata["bounds"].problem(field.default) is None, name


def test_every_number_has_bounds():
    free = [name for name, field in FIELDS.items() if "bounds" not in field.metadata]
    assert free == ["dream_starts", "movie_returns", "acting"]


@pytest.mark.parametrize(
    ("name", "possible", "impossible"),
    [
        ("imagination_share", (0, 1), (-0.1, 1.3)),
        ("imagination_warmup", (0,), (-1,)),
        ("horizon", (1,), (0,)),
        ("rollouts", (1,), (0,)),
        ("trace_decay", (0, 1), (1.01,)),
        ("dream_trace_decay", (0, 1), (1.01,)),
        ("discount", (0, 0.999), (1, -0.1)),
        ("movie_gradient", (0, 1), (2,)),
        ("target_rate", (1,), (0, 1.1)),
        ("world_model_rate", (1,), (0, 1.1)),
        ("learning_rate", (1e-9,), (0,)),
        ("epsilon_end", (0, 1), (1.1,)),
    ],
)
def test_bounds(name, possible, impossible):
    bounds = FIELDS[name].metadata["bounds"]
    assert not any(bounds.problem(value) for value in possible)
    assert all(bounds.problem(value) for value in impossible)


def test_kinds_of_movie_returns():
    hints = get_type_hints(AgentSettings)
    assert hints["movie_returns"] == Literal["cut", "uncut", "n_step"]
    assert AgentSettings().movie_returns in get_args(hints["movie_returns"])
