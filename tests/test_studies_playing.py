"""A run laid out to be played: whose games, which world, and what is said where something is missing."""

import json
import shutil
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
import torch

from worldmodel import cli
from worldmodel.configuration import read_settings
from worldmodel.environments import make_worlds
from worldmodel.errors import FileError
from worldmodel.learning import Agent
from worldmodel.running.dream_game import DreamGame
from worldmodel.running.players import RandomPlayer
from worldmodel.running.reliving import play_games
from worldmodel.running.settings import Settings
from worldmodel.studies.playing import THREADS, lay_out, play_run, validity_horizons
from worldmodel.viewing.moves import make_move
from worldmodel.viewing.play_page import tell

ROOT = Path(__file__).parent.parent


def test_a_run_is_played_beside_its_world(returning_run):
    with lay_out(returning_run, "best") as (game, page):
        assert game.missing == "" and len(game.games) == 2 and {len(played.action) for played in game.games} == {41}
        for action in (1, 0, 1):
            game.step(action)
        game.switch()
        start, here = game.path[0].seen[0, 0], game.here.seen[0, 0]
        assert here.tolist() == [1, start[1] + 3, 1]
    assert page.title == "Inside a dream of Returning-v0" and page.acts and page.scale is None
    assert ("Run", str(returning_run)) in page.facts and page.facts[-1][1].startswith("best, after 35")


def test_the_seed_decides(returning_run):
    def features(seed):
        with lay_out(returning_run, seed=seed) as (game, _):
            return game.moment, game.here.latent.features.tolist()

    assert features(1) == features(1) != features(2)


def test_where_nobody_acts_recorded_moments_are_dreamt_from(world_model_run):
    with lay_out(world_model_run) as (game, page):
        assert game.world is None and not page.acts
        assert game.missing == "this run learned a world model alone, so that nobody acts"
        game.step(1)
        assert game.depth == 1


def test_where_the_world_cannot_be_made_recorded_moments_are_dreamt_from(returning_run, tmp_path):
    run = shutil.copytree(returning_run, tmp_path / "run")
    config = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text(config.replace("Returning-v0", "no_such_module:Maze-v0"))
    with lay_out(run) as (game, page):
        assert "module 'no_such_module' cannot be imported" in game.missing and page.acts


def test_without_world_and_experience_there_is_nothing_to_dream_from(world_model_run, tmp_path):
    with pytest.raises(FileError, match="does not exist"), lay_out(tmp_path / "nothing"):
        pass


def test_horizons_are_those_measured_last_before_the_checkpoint(tmp_path):
    rows = [
        '{"gradient_step": 10, "dream/valid_reward": 3, "dream/valid_moving_pixels": 5, "q/loss": 1}',
        '{"gradient_step": 20, "dream/valid_reward": 4}',
        '{"gradient_step": 30, "dream/valid_reward": 9}',
    ]
    (tmp_path / "metrics.jsonl").write_text("\n".join(rows) + "\n")
    assert validity_horizons(tmp_path, 20) == {"reward": 4, "moving pixels": 5}
    assert validity_horizons(tmp_path / "none", 20) == {}


def test_without_its_packages_it_says_what_to_install(returning_run, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "worldmodel.viewing.play_server", raising=False)
    assert cli.main(["play", str(returning_run)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ") and line.endswith('(uvicorn): pip install "worldmodel[play]"')


def test_a_port_in_use_is_one_line(capsys):
    from worldmodel.viewing.play_server import open_port

    with open_port(0) as listening:
        port = listening.getsockname()[1]
        assert cli.main(["play", "no-such-run", "--port", str(port)]) == 10
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"error: port {port} is in use, choose another --port (0 takes any that is free)"


def test_a_run_that_is_not_there_is_one_line(capsys):
    assert cli.main(["play", "no-such-run"]) == 3
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_address_is_one_line(returning_run, monkeypatch, capsys):
    """The server ends at once."""
    monkeypatch.setattr("uvicorn.Server.run", lambda self, sockets: None)
    play_run(returning_run, port=0)
    (line,) = capsys.readouterr().out.splitlines()
    scheme, _, host, token, end = line.split("/")
    assert (scheme, end) == ("http:", "") and host.startswith("127.0.0.1:") and len(token) >= 20


@pytest.mark.slow
def test_a_network_of_usual_size_dreams_fast_enough_to_be_played():
    """15 frames a second of processor time, from the move to the picture, where no world is asked."""
    configs = [word for name in ("quickstart", "size/12m") for word in ("--config", str(ROOT / f"configs/{name}.yaml"))]
    settings = read_settings(Settings, configs)
    with closing(make_worlds(settings.environment, 1, evaluation=True)) as world:
        agent = Agent(world.spec, settings.world_model, settings.agent).eval()
        games = play_games(world, RandomPlayer(len(world.spec.actions), 0), [0], 20)
    threads = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    game = DreamGame(agent, games, None, "nobody asks")
    frames = 60
    for frame in range(-5, frames):
        if frame == 0:
            began = time.process_time()
        make_move(game, '{"do": "step"}')
        json.dumps(tell(game))
    torch.set_num_threads(threads)
    assert frames / (time.process_time() - began) > 15
