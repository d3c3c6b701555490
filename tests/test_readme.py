"""What the README tells people to type is valid."""

import re
import shlex
import signal
from pathlib import Path

import pytest

from worldmodel import errors
from worldmodel.cli.commands import make_parser, parse
from worldmodel.configuration import read_settings
from worldmodel.running.settings import Settings

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text()
WRITTEN = {line.strip() for line in re.findall(r"^ {4}(python .+)", TEXT, re.MULTILINE)} | {
    " ".join(quoted.split()) for quoted in re.findall(r"`(python [^`]+)`", TEXT)
}
TRAININGS = sorted(line for line in WRITTEN if line.startswith("python train.py"))
PROGRAM = sorted(line for line in WRITTEN if line.startswith("python -m worldmodel"))


def words_of(line):
    """The arguments, with what is optional, with a file and a number for FILE and N, without "any setting"."""
    line = line.replace("[--any.setting value]", "").replace("configs/X.yaml", "configs/debug.yaml")
    line = line.replace("overlay.yaml", "configs/size/tiny.yaml").replace("FILE", "configs/debug.yaml")
    return shlex.split(re.sub(r"\bN\b", "1000", line.replace("[", "").replace("]", "")))


@pytest.mark.parametrize("line", TRAININGS)
def test_trainings_are_valid(line, monkeypatch):
    monkeypatch.chdir(ROOT)
    words = words_of(line)[2:]
    if words[0] == "--resume":
        assert words[1] == "RUN"
        words = words[2:]
    read_settings(Settings, words)


@pytest.mark.parametrize("line", PROGRAM)
def test_commands_are_known(line, monkeypatch):
    monkeypatch.chdir(ROOT)
    options = parse(words_of(line)[3:])
    read_settings(Settings, options.settings)


def test_there_are_lines_to_check():
    assert {*TRAININGS, *PROGRAM} == WRITTEN
    assert len(TRAININGS) >= 7 and len(PROGRAM) >= 4


def test_every_exit_code_and_target_is_named():
    own = {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and kind.exit_code != 1}
    stopped = {errors.Stopped(number, "").exit_code for number in signal.Signals}
    documented = set(map(int, re.findall(r"^\| (\d+) \| ", TEXT, re.MULTILINE)))
    assert documented == {0} | own | stopped
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
