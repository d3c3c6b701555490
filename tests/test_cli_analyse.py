import pytest

from worldmodel.cli.analyse import analyse
from worldmodel.cli.commands import parse


def test_what_can_be_chosen():
    options = parse(["analyse", "runs/a", "--states", "12", "--json"])
    assert options.run_command is analyse and (options.run, options.states, options.json) == ("runs/a", 12, True)
    assert (options.near, options.seed, options.checkpoint, options.output) == (10, 0, "last", None)


def test_impossible_numbers_are_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        parse(["analyse", "runs/a", "--states", "0"])
    assert ended.value.code == 2 and "must be at least 1" in capsys.readouterr().err
