import pytest

from worldmodel.cli.commands import parse
from worldmodel.cli.lab import replay_lab


def test_the_lab_has_as_many_subjects_as_the_paper_unless_told_otherwise():
    options = parse(["replay-lab"])
    assert options.run_command is replay_lab and (options.seeds, options.controls, options.fast) == (21, 12, False)
    assert parse(["replay-lab", "--fast"]).fast


def test_impossible_numbers_are_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        parse(["replay-lab", "--seeds", "0"])
    assert ended.value.code == 2 and "must be at least 1" in capsys.readouterr().err
