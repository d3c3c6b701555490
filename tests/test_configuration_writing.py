from __future__ import annotations

from pathlib import Path

import pytest
from configuration_example import Environment, Settings, Vision, WorldModel

from worldmodel.configuration import differences, read_settings, settings_to_dict, write_settings
from worldmodel.errors import StorageError

UNUSUAL = Settings(
    Environment(id="off", record=Path("1e-4"), seed=0, steps=3, options={"a": ["5", 1e-5, None, True], "b": {}}),
    WorldModel(Vision(1, "off"), learning_rate=1e-12, widths=(), names=["null", "ä", ""], weights={"1": 2.0}),
    Vision(),
)


def test_written_settings_read_back_equal(tmp_path: Path) -> None:
    for settings in (Settings(), UNUSUAL):
        write_settings(settings, tmp_path / "config.yaml")
        assert read_settings(Settings, ["--config", str(tmp_path / "config.yaml")]) == settings


def test_to_dict_is_plain() -> None:
    data = settings_to_dict(UNUSUAL)
    assert data["environment"]["record"] == "1e-4"
    assert data["world_model"]["widths"] == []
    assert data["extra"] == {"depth": 32, "kind": "convolutional"}


def test_not_writable(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file"):
        write_settings(Settings(), tmp_path / "missing" / "config.yaml")


def test_differences() -> None:
    old = {"a": {"b": 1, "c": [1]}, "d": None, "e": {"f": 1}}
    new = {"a": {"b": 2, "c": [1]}, "d": None, "e": None, "g": None}
    assert differences(old, new) == ["a.b", "e", "g"]
    assert differences(old, old) == []
