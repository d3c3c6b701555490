"""A dream that is played, of a counter whose pixels say (episode, step, last action), and a server of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import torch
from counter_env import register_counter
from small_agent import tiny_agent

from worldmodel.environments import EnvironmentSettings, Worlds, make_worlds
from worldmodel.running.dream_game import DreamGame
from worldmodel.running.players import RandomPlayer
from worldmodel.running.reliving import play_games
from worldmodel.viewing.play_page import PlayPage

LENGTH, ROWS = 12, 7
"""Steps of a game, and rows of the one that was played."""


def counter_world(name: str = "Returning-v0", pixels: bool = True) -> Worlds:
    register_counter()
    settings = EnvironmentSettings(id=name, kwargs={"length": LENGTH, "pixels": pixels}, image_size=16)
    return make_worlds(settings, 1, evaluation=True)


def small_game(name: str = "Returning-v0", pixels: bool = True, world: bool = True, seed: int = 0) -> DreamGame:
    """Nobody has learned anything; the world of the game is a fresh one."""
    torch.manual_seed(0)
    played = counter_world(name, pixels)
    games = play_games(played, RandomPlayer(2, 0), [3], ROWS - 1)
    fresh = counter_world(name, pixels) if world else None
    return DreamGame(tiny_agent(played.spec), games, fresh, "" if world else "there is no world", seed)


def small_page(game: DreamGame, **changes) -> PlayPage:
    spec = game.agent.spec
    scale = None if spec.pixels else game.games[0].observation.max(0)
    parts = {
        "title": "Inside",
        "facts": [("Run", "runs/a")],
        "spec": spec,
        "acts": True,
        "horizons": {},
        "scale": scale,
    }
    return PlayPage(**{**parts, **changes})


@contextmanager
def served(game: DreamGame, page: PlayPage, token: str = "secret") -> Iterator[int]:
    """Serves the game from a thread; gives the port."""
    from worldmodel.viewing.play_server import make_server, open_port

    listening, server = open_port(0), make_server(game, page, token)
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
