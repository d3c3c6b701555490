"""The command line: exit codes, one line per mistake, and which settings are read."""

from pathlib import Path

import pytest
import yaml

from worldmodel.cli import main, train
from worldmodel.cli.commands import parse
from worldmodel.configuration import settings_to_dict
from worldmodel.running.checkpoints import load_checkpoint, save_checkpoint
from worldmodel.running.run_directory import RunDirectory
from worldmodel.running.settings import Settings

ROOT = Path(__file__).parent.parent
DEBUG = ["--config", str(ROOT / "configs" / "debug.yaml")]


def lines(capsys):
    return capsys.readouterr().err.strip().splitlines()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--agent.horizn", "3"], 2, "did you mean agent.horizon?"),
        (["--trainer.devices", "2"], 2, "more are not supported"),
        (["--config", "no/such.yaml"], 2, "no/such.yaml"),
        (["--resume"], 2, "needs a run"),
        (["--resume", "no/such/run"], 3, "no/such/run"),
        (["--environment.id", "ALE/Pnog-v5"], 4, "did you mean ALE/Pong-v5?"),
        (["--environment.id", "Pendulum-v1"], 4, "Pendulum-v1"),
        (["--world_model.learning_rate", "1e30"], 5, "not finite"),
    ],
)
def test_a_mistake_is_one_line_and_an_exit_code(arguments, code, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    config = DEBUG if arguments[0] not in ("--resume", "--config") else []
    assert train([*config, *arguments]) == code
    (line,) = lines(capsys)
    assert line.startswith("error: ") and said in line


def test_everything_wrong_is_said_at_once(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert train([*DEBUG, "--agent.imagination_share", "1.3", "--agent.horizon", "0"]) == 2
    share, horizon = lines(capsys)
    assert share.startswith("error: --agent.imagination_share: ") and "1.3" in share
    assert horizon.startswith("error: --agent.horizon: ") and "0" in horizon
    assert list(tmp_path.iterdir()) == []


def test_a_traceback_is_shown_on_demand_only(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["inspect", "nowhere"]) == 3
    assert "Traceback" not in capsys.readouterr().err
    assert main(["inspect", "nowhere", "--debug"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_a_run_directory_is_not_overwritten_and_must_be_writable(counter_run, tmp_path, capsys):
    assert train([*DEBUG, "--trainer.run", str(counter_run)]) == 7
    (exists,) = lines(capsys)
    assert exists.startswith(f"error: {counter_run}: exists already")
    (tmp_path / "file").write_text("")
    assert train([*DEBUG, "--trainer.run", str(tmp_path / "file" / "run")]) == 6
    (file,) = lines(capsys)
    assert file.startswith(f"error: {tmp_path / 'file' / 'run'}: cannot be written")


def test_help_names_every_setting(capsys):
    with pytest.raises(SystemExit) as end:
        train(["--help"])
    text = capsys.readouterr().out
    assert end.value.code == 0
    for group, settings in settings_to_dict(Settings()).items():
        assert all(f"--{group}.{name}" in text for name in settings), group


def test_the_quickstart_is_read_only_where_no_config_is_given(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    for arguments, quickstart in (([], True), (["--config", "configs/debug.yaml"], False)):
        with pytest.raises(SystemExit) as end:
            train([*arguments, "--print_config"])
        printed = yaml.safe_load(capsys.readouterr().out)
        assert end.value.code == 0
        usual = settings_to_dict(Settings())
        # set by the quickstart, and not by the other file
        for group, name, value in (("world_model", "kernel", 2), ("agent", "discount", 0.98)):
            assert usual[group][name] != value
            assert printed[group][name] == (value if quickstart else usual[group][name])


@pytest.mark.parametrize("arguments", [["evaluate", "x", "--episodes", "0"], ["dream", "x", "--seed", "-1"], ["dance"]])
def test_arguments_that_cannot_be_are_refused(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        parse(arguments)
    assert end.value.code == 2 and "error" in capsys.readouterr().err


def test_a_run_that_another_process_uses_is_refused(copied_run, capsys):
    run = RunDirectory.open(copied_run)
    run.lock()
    assert train([f"--resume={copied_run}", "--trainer.max_steps", "240"]) == 7
    run.release()
    (line,) = lines(capsys)
    assert "is in use by process" in line


def test_weights_that_are_not_finite_end_a_run(copied_run, capsys):
    last = copied_run / "checkpoints" / "last"
    checkpoint = load_checkpoint(last)
    checkpoint["state_dict"]["world_model.first_recurrent"][0] = float("nan")
    save_checkpoint(checkpoint, last)
    assert train(["--resume", str(copied_run), "--trainer.max_steps", "240"]) == 5
    (line,) = lines(capsys)
    assert "gradient step 69: the loss or its gradient was not finite 10 times in a row" in line


def test_what_may_not_change_is_named(copied_run, capsys):
    before = (copied_run / "config.yaml").read_text()
    assert train(["--resume", str(copied_run), "--agent.horizon", "5"]) == 2
    (line,) = lines(capsys)
    assert line.startswith("error: agent.horizon: cannot change")
    assert (copied_run / "config.yaml").read_text() == before


def test_a_damaged_checkpoint_is_refused(copied_run, capsys):
    (copied_run / "checkpoints" / "last" / "state.json").write_text("{}")
    last = str(copied_run / "checkpoints" / "last")
    assert main(["evaluate", str(copied_run)]) == train(["--resume", last]) == 3
    assert all("state.json" in line for line in lines(capsys))


def test_what_worked_ends_with_zero(counter_run, capsys):
    assert main(["inspect", str(counter_run)]) == 0
    assert "Counter-v0" in capsys.readouterr().out


def test_the_settings_of_a_benchmark_are_those_of_a_training():
    options = parse(["benchmark", "step", "--json", "--config", "x.yaml", "--agent.units", "3", "--repeats", "2"])
    assert options.json and options.repeats == 2
    assert options.settings == ["--config", "x.yaml", "--agent.units", "3"]
    with pytest.raises(SystemExit):
        parse(["inspect", "x", "--agent.units", "3"])
