from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from configuration_example import Settings, Vision

from worldmodel.configuration.building import build_settings
from worldmodel.configuration.sources import Given
from worldmodel.errors import ConfigurationError


def built(*pairs: tuple[str, object]) -> Settings:
    return build_settings(Settings, [Given(key, value, key) for key, value in pairs], [])


def test_defaults_of_the_owner_win_over_those_of_the_group() -> None:
    # the world model's own default has depth 16, the class Vision has 32
    assert built(("world_model.vision.kind", "off")).world_model.vision == Vision(16, "off")
    assert built(("extra.kind", "off")).extra == Vision(32, "off")


def test_a_group_may_be_null_and_come_back() -> None:
    assert built(("extra.depth", 3), ("extra", None)).extra is None
    assert built(("extra.kind", "off"), ("extra", None), ("extra.depth", 3)).extra == Vision(3)
    assert built(("world_model", None)) == Settings()


def test_mappings_are_replaced_whole_or_set_by_entry() -> None:
    whole, entry = ("world_model.weights", {"kl": 1}), ("world_model.weights.reward", 2)
    assert built(whole).world_model.weights == {"kl": 1.0}
    assert built(entry).world_model.weights == {"reward": 2.0}
    assert built(whole, entry).world_model.weights == {"kl": 1.0, "reward": 2.0}
    assert built(entry, whole).world_model.weights == {"kl": 1.0}
    assert Settings().world_model.weights == {"reward": 1.0}


@dataclass
class Agent:
    name: str

    def __post_init__(self) -> None:
        if self.name == "nobody":
            raise ValueError("nobody is no name")


@dataclass
class Root:
    agent: Agent
    other: Agent = field(default_factory=lambda: Agent("b"))


def test_what_has_no_default_must_be_given() -> None:
    with pytest.raises(ConfigurationError, match=r"^agent.name: has no default and must be given$"):
        build_settings(Root, [], [])
    assert build_settings(Root, [Given("agent.name", "a", "")], []) == Root(Agent("a"))


def test_a_refusing_class_is_reported() -> None:
    given = [Given("agent.name", "a", ""), Given("other.name", "nobody", "")]
    with pytest.raises(ConfigurationError, match=r"^other: nobody is no name$"):
        build_settings(Root, given, [])


def test_long_values_are_cut() -> None:
    with pytest.raises(ConfigurationError) as caught:
        built(("environment.seed", "x" * 1000))
    assert len(str(caught.value)) < 150
