"""Suites: which cells there are, what they are told, and when two cells measure the same."""

import hashlib
import shlex
from pathlib import Path

import pytest
import yaml

from worldmodel.configuration import read_settings
from worldmodel.errors import ConfigurationError, EnvironmentFailure
from worldmodel.running.settings import Settings
from worldmodel.studies.suites import cells_of, check_games, choose, read_suite, settings_hash, shell_line

ROOT = Path(__file__).parent.parent
SUITES = sorted((ROOT / "configs" / "suites").glob("*.yaml"))


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch):
    """Suites name configurations relative to where commands are run."""
    monkeypatch.chdir(ROOT)


def written(folder: Path, **changes: str) -> Path:
    lines = {
        "config": "[configs/debug.yaml]",
        "games": "[CartPole-v1]",
        "shares": "[0, 0.5, 1]",
        "seeds": "2",
        **changes,
    }
    file = folder / "suite.yaml"
    file.write_text("".join(f"{name}: {value}\n" for name, value in lines.items()))
    return file


@pytest.mark.parametrize("file", SUITES, ids=lambda file: file.stem)
def test_the_suites_that_are_shipped_can_be_run(file):
    suite = read_suite(file)
    check_games(suite)
    methods = len(suite.shares) + len(suite.arms)
    assert len(cells_of(suite)) == suite.seeds * len(suite.games) * methods
    assert len(cells_of(suite, full=True)) == len(cells_of(suite)) + suite.seeds * len(suite.games) * len(
        suite.more_shares
    )


def test_seed_by_seed_every_method_and_its_settings(tmp_path):
    file = written(
        tmp_path, arms="{many: {agent.imagination_share: 0.5, agent.rollouts: 9}}", settings="{trainer.max_steps: 400}"
    )
    cells = cells_of(read_suite(file))
    assert [cell.seed for cell in cells] == [0] * 4 + [1] * 4
    assert [cell.method for cell in cells[:4]] == ["share-0", "share-0.5", "share-1", "many"]
    assert [cell.share for cell in cells[:4]] == [0, 0.5, 1, 0.5]
    settings = read_settings(Settings, list(cells[7].arguments))
    assert (settings.environment.id, settings.trainer.seed, settings.trainer.max_steps) == ("CartPole-v1", 1, 400)
    assert (settings.agent.imagination_share, settings.agent.rollouts) == (0.5, 9)


def test_a_cell_as_a_line_of_a_shell_script_says_the_same(tmp_path):
    cell = cells_of(read_suite(written(tmp_path)))[1]
    program, script, *arguments = shlex.split(shell_line(cell, tmp_path / "a run"))
    assert (program, script) == ("python", "train.py")
    settings = read_settings(Settings, arguments)
    assert settings.trainer.run == str(tmp_path / "a run") and settings_hash(settings) == cell.settings_hash


def test_the_hash_tells_settings_apart_but_not_machines(tmp_path):
    one = read_settings(Settings, ["--config", "configs/debug.yaml"])
    elsewhere = ["--trainer.threads", "7", "--trainer.run", "there", "--trainer.wandb", "offline"]
    other = ["--agent.discount", "0.5"]
    assert settings_hash(read_settings(Settings, ["--config", "configs/debug.yaml", *elsewhere])) == settings_hash(one)
    assert settings_hash(read_settings(Settings, ["--config", "configs/debug.yaml", *other])) != settings_hash(one)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"shares": "[0, 1.3]"}, "shares: entry 2 must be at most 1"),
        ({"games": "[]"}, "games must not be empty"),
        ({"shares": "[]"}, "shares or arms must say what is compared"),
        ({"share": "[0]"}, "no such setting; did you mean shares"),
        ({"settings": "{agent.horizont: 3}"}, "agent.horizont"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, changes, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        cells_of(read_suite(written(tmp_path, **changes)))


def test_a_part_of_a_suite_by_game_and_method(tmp_path):
    cells = cells_of(read_suite(written(tmp_path, shares="[0, 1]")))
    assert choose(cells, None, None) == cells
    some = choose(cells, [cells[0].game], ["share-1"])
    assert some and {(cell.game, cell.method) for cell in some} == {(cells[0].game, "share-1")}
    with pytest.raises(ConfigurationError, match=r"(?s)game 'Chess' is not in the suite.*method 'share-2' is not"):
        choose(cells, ["Chess"], ["share-2"])


def test_an_unknown_game_is_found_before_anything_is_run(tmp_path):
    with pytest.raises(EnvironmentFailure, match="did you mean CartPole-v1"):
        check_games(read_suite(written(tmp_path, games="[CartPol-v1]")))


def test_the_sweep_has_the_cells_of_its_suite():
    sweep = yaml.safe_load((ROOT / "configs" / "sweeps" / "minatar-mixture.yaml").read_text())
    suite = read_suite(ROOT / "configs" / "suites" / "minatar-mixture.yaml")
    values = {name: found["values"] for name, found in sweep["parameters"].items()}
    assert tuple(values["environment.id"]) == suite.games and values["trainer.seed"] == list(range(suite.seeds))
    assert values["agent.imagination_share"] == list(suite.shares)
    fixed = sweep["command"][2:-1]
    for chosen in zip(*values.values(), strict=False):
        arguments = [f"--{name}={value}" for name, value in zip(values, chosen, strict=True)]  # as W&B writes them
        settings = read_settings(Settings, [*fixed, *arguments])
        assert (settings.environment.id, settings.agent.imagination_share, settings.trainer.seed) == chosen
        assert settings.trainer.evaluation_episodes == suite.settings["trainer.evaluation_episodes"]


def test_a_setting_at_its_default_is_no_part_of_the_hash_and_any_other_is():
    settings = Settings()
    usual = settings_hash(settings)
    assert usual == hashlib.sha256(b"{}").hexdigest()[:16]
    settings.trainer.run, settings.trainer.threads = "elsewhere", 3
    assert settings_hash(settings) == usual
    settings.environment.kwargs = {"subject": 1}
    first = settings_hash(settings)
    settings.agent.horizon += 1
    assert len({usual, first, settings_hash(settings)}) == 3
