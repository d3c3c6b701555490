import pytest

from worldmodel.cli.commands import parse
from worldmodel.cli.lab import _again, replay_lab


def test_the_lab_has_as_many_subjects_as_the_paper_unless_told_otherwise():
    options = parse(["replay-lab"])
    assert options.run_command is replay_lab and (options.seeds, options.controls, options.fast) == (21, 12, False)
    assert parse(["replay-lab", "--fast"]).fast and options.sets is None


def test_numbers_of_sets_are_a_list_and_not_for_a_fast_run(capsys):
    assert parse(["replay-lab", "--sets", "8,32"]).sets == (8, 32)
    for wrong in (["--sets", "8,0"], ["--sets", "8,x"], ["--sets", "8", "--fast"], ["--coins", "run", "--sets", "8"]):
        with pytest.raises(SystemExit) as ended:
            parse(["replay-lab", *wrong])
        assert ended.value.code == 2 and "--sets" in capsys.readouterr().err


def test_the_command_that_measures_again_is_told():
    size = ["--seeds=2", "--controls=1", "--first=4"]
    for words in (["--fast"], ["--sets=8,32", "--seeds=3", "--first=0"], size, [*size, "--images"]):
        assert _again(parse(["replay-lab", *words])) == " ".join(["python -m worldmodel replay-lab", *words])


def test_impossible_numbers_are_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        parse(["replay-lab", "--seeds", "0"])
    assert ended.value.code == 2 and "must be at least 1" in capsys.readouterr().err
