"""What the README tells people to type is valid."""

import re
import shlex
from pathlib import Path

import pytest

from worldmodel.cli import make_parser, parse
from worldmodel.configuration import read_settings
from worldmodel.running.settings import Settings

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text()
COMMANDS = sorted(
    {line.strip() for line in TEXT.splitlines() if re.match(r" {4}python (train\.py|-m worldmodel) ", line)}
)
PROGRAM = re.compile(r"`python -m worldmodel ([^`]+)`")


@pytest.mark.parametrize("command", COMMANDS)
def test_trainings_are_valid(command, monkeypatch):
    monkeypatch.chdir(ROOT)
    words = shlex.split(command)
    assert words[:2] == ["python", "train.py"]
    read_settings(Settings, words[2:])


def test_there_are_trainings_to_check():
    assert len(COMMANDS) >= 4


@pytest.mark.parametrize("command", sorted(set(PROGRAM.findall(TEXT))))
def test_commands_are_known(command):
    words = shlex.split(command.replace("[", "").replace("]", ""))
    parse(words)


def test_every_exit_code_and_target_is_named():
    for code in (0, 2, 3, 4, 5, 6, 7, 130, 143):
        assert f"\n| {code} | " in TEXT
    targets = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"^    make ([a-z-]+)", TEXT, re.MULTILINE)):
        assert f"\n{target}:" in targets


def test_every_config_is_named():
    for path in (ROOT / "configs").glob("*.yaml"):
        assert f"`configs/{path.name}`" in TEXT


def test_every_command_is_named():
    commands = re.findall(r"^    (\w+)", make_parser().format_help(), re.MULTILINE)
    assert {"evaluate", "dream", "inspect", "benchmark"} <= set(commands)
    assert all(f"`python -m worldmodel {command}" in TEXT for command in commands)
