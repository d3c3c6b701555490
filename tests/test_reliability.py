"""The matrix of docs/reliability.md is whole, and names tests and commands that there are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "reliability.md").read_text()


def rows():
    return {int(number): line for number, line in re.findall(r"^\| (\d+) \| (.+) \|$", TEXT, re.MULTILINE)}


def test_all_cases_are_there():
    assert sorted(rows()) == list(range(1, 39))


@pytest.mark.parametrize("number", range(1, 39))
def test_each_names_tests_that_there_are(number):
    named = re.findall(r"`(test_\w+\.py)`", rows()[number])
    assert named and all((ROOT / "tests" / name).is_file() for name in named)


def test_scripts_that_are_named_are_there():
    named = re.findall(r"python (benchmarks/\w+\.py)", TEXT)
    assert len(set(named)) == 4 and all((ROOT / name).is_file() for name in named)
