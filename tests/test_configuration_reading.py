from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from configuration_example import Settings, Vision

from worldmodel.configuration import read_settings, settings_from_dict, settings_to_dict
from worldmodel.errors import ConfigurationError


def complaints(*arguments: str, default_config: Path | None = None) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read_settings(Settings, list(arguments), default_config=default_config)
    return str(caught.value).splitlines()


def test_defaults_are_the_dataclass() -> None:
    assert read_settings(Settings, []) == Settings()


def test_flags_of_every_kind() -> None:
    settings = read_settings(
        Settings,
        [
            *["--world_model.learning_rate", "1e-4", "--world_model.vision.kind=off", "--environment.seed", "1e5"],
            *["--environment.id", "5", "--environment.record=a/b", "--world_model.widths", "[4, 5, 6]"],
            *["--world_model.pair", "[1, 2]", "--environment.sticky", "true", "--world_model.names=['yes', x]"],
            *["--environment.options.frame_skip", "4", "--world_model.weights.kl", "1e-1", "--environment.steps=7"],
        ],
    )
    assert settings.world_model.learning_rate == 1e-4
    assert settings.world_model.vision == Vision(16, "off")
    assert settings.environment.seed == 100_000 and type(settings.environment.seed) is int
    assert settings.environment.id == "5"
    assert settings.environment.record == Path("a/b")
    assert settings.world_model.widths == (4, 5, 6)
    assert settings.world_model.pair == (1, 2.0) and type(settings.world_model.pair[1]) is float
    assert settings.world_model.names == ["yes", "x"]
    assert settings.environment.options == {"frame_skip": 4}
    assert settings.world_model.weights == {"reward": 1.0, "kl": 0.1}
    assert settings.environment.steps == 7


def test_files_overlay_in_order_and_flags_win(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("environment: {id: one, seed: 1}\nworld_model:\n  vision:\n    depth: 3\n")
    second.write_text("environment:\n  id: two\n  options: {x: off}\nworld_model:\n")
    files = ["--config", str(first), f"--config={second}"]
    settings = read_settings(Settings, ["--environment.seed", "9", *files])
    assert (settings.environment.id, settings.environment.seed) == ("two", 9)
    assert settings.world_model.vision.depth == 3
    assert settings.environment.options == {"x": "off"}
    assert read_settings(Settings, files[:2]).environment.id == "one"


def test_default_config_only_where_none_is_given(tmp_path: Path) -> None:
    default, other = tmp_path / "default.yaml", tmp_path / "other.yaml"
    default.write_text("environment: {seed: 3, id: default}\n")
    other.write_text("environment: {id: other}\n")
    assert read_settings(Settings, [], default_config=default).environment.seed == 3
    own = read_settings(Settings, ["--config", str(other)], default_config=default).environment
    assert (own.id, own.seed) == ("other", None)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(
        "environment:\n  id: 5\n  sead: 1\nworld_modle: {widths: [1]}\nworld_model:\n  vision:\n    depth: 0\n"
        "    kind: conv\n  learning_rate: '1e-4'\n"
    )
    missing = tmp_path / "missing.yaml"
    found = complaints(
        *["--config", str(file), "--config", str(missing), "--seed", "3", "--extra.learning_rate=1"],
        *["--environment.sticky", "1", "--environment.seed", "1.5", "--world_model.widths", "[1, -2]"],
        *["--environment.steps", "0", "loose", "--environment.record"],
    )
    assert found == [
        "loose: settings are given as --group.key value",
        "--environment.record: needs a value, as in --environment.record true",
        f"{missing}: cannot be read: No such file or directory",
        f"{file}, line 2: environment.id: must be text (in quotes), not 5",
        f"{file}, line 3: environment.sead: no such setting; did you mean environment.seed?",
        f"{file}, line 4: world_modle: no such setting; did you mean world_model?",
        f"{file}, line 7: world_model.vision.depth: must be at least 1, not 0",
        f"{file}, line 8: world_model.vision.kind: must be one of off, convolutional, not 'conv'",
        f"{file}, line 9: world_model.learning_rate: must be a number, not '1e-4'",
        "--seed: no such setting; did you mean environment.seed?",
        "--extra.learning_rate: no such setting; did you mean world_model.learning_rate?",
        "--environment.sticky: must be true or false, not 1",
        "--environment.seed: must be a whole number or null, not 1.5",
        "--world_model.widths: entry 2 must be at least 0, not [1, -2]",
        "--environment.steps: must be at least 1 or one of all, not 0",
    ]


def test_malformed_file_names_its_line(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("environment:\n  id: [a\n  seed: 1\n")
    (complaint,) = complaints("--config", str(file))
    assert complaint.startswith(f"{file}, line 3: not valid YAML: ")
    file.write_text("environment: !!python/object/apply:os.getcwd []\n")
    (complaint,) = complaints("--config", str(file))
    assert complaint.startswith(f"{file}, line 1: not valid YAML: could not determine a constructor")
    file.write_bytes(b"environment: \xff")
    assert complaints("--config", str(file)) == [f"{file}: is not a text file in UTF-8"]


def test_contradictions_are_asked_for_last() -> None:
    assert complaints("--environment.sticky", "true") == ["environment.sticky: needs environment.seed"]


def test_print_config_reads_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--environment.options", "{x: '5', y: 'off', z: '1e-4'}", "--extra.depth", "2"]
    with pytest.raises(SystemExit) as end:
        read_settings(Settings, [*arguments, "--print_config"])
    assert end.value.code == 0
    file = tmp_path / "printed.yaml"
    file.write_text(capsys.readouterr().out)
    assert read_settings(Settings, ["--config", str(file)]) == read_settings(Settings, arguments)


def test_settings_from_dict_inverts_and_checks() -> None:
    settings = read_settings(Settings, ["--environment.record", "a", "--extra.kind", "off"])
    assert settings_from_dict(Settings, settings_to_dict(settings)) == settings
    with pytest.raises(ConfigurationError, match=r"^run/config.yaml: extra.depth: must be at least 1, not 0$"):
        settings_from_dict(Settings, {"extra": {"depth": 0}}, "run/config.yaml")


def test_reading_imports_nothing_heavy() -> None:
    code = "import sys, worldmodel.configuration; assert not {'torch', 'jsonargparse', 'lightning'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
