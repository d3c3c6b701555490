from __future__ import annotations

from configuration_example import Settings, Vision

from worldmodel.configuration.schema import near_names, owner, schema


def test_keys_in_order_with_groups_bounds_and_types() -> None:
    known = schema(Settings)
    assert list(known)[:4] == ["environment", "environment.id", "environment.record", "environment.seed"]
    assert list(known)[-3:] == ["extra", "extra.depth", "extra.kind"]
    assert known["world_model.vision"].group is Vision
    assert known["extra"].group is Vision and known["extra"].optional
    assert known["world_model.vision"].may_be_empty and not known["extra"].may_be_empty
    bounds = known["world_model.vision.depth"].bounds
    assert bounds is not None and bounds.low == 1
    assert known["environment.id"].annotation is str


def test_owner_of_an_entry_of_a_mapping() -> None:
    known = schema(Settings)
    assert owner("environment.seed", known) == "environment.seed"
    assert owner("environment.options.a.b", known) == "environment.options"
    assert owner("environment.seed.a", known) is None
    assert owner("nothing", known) is None


def test_near_names() -> None:
    known = schema(Settings)
    assert near_names("environmint", known) == ["environment"]
    assert near_names("environmint.sticki", known) == ["environment.sticky", "environment.id"]
    assert near_names("environment.learning_rate", known) == ["world_model.learning_rate"]
    assert near_names("environment.depth", known) == ["world_model.vision.depth", "extra.depth"]
    assert near_names("quite.different", known) == []
