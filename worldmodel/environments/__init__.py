"""The worlds the agent lives in: Atari, MinAtar, any Gymnasium environment and three of our own, by one protocol."""

from __future__ import annotations

from worldmodel.environments.atari import AtariWorlds
from worldmodel.environments.gymnasium_worlds import GymnasiumWorlds, make_gymnasium_worlds
from worldmodel.environments.lockstep import Lockstep
from worldmodel.environments.minatar import make_minatar_worlds
from worldmodel.environments.naming import atari_game, minatar_game
from worldmodel.environments.own_worlds import register_own_worlds
from worldmodel.environments.protocol import Worlds, protocol_in_words
from worldmodel.environments.settings import EnvironmentSettings
from worldmodel.environments.watchdog import Watchdog

__all__ = ["EnvironmentSettings", "Worlds", "make_worlds", "protocol_in_words"]

register_own_worlds()


def make_worlds(settings: EnvironmentSettings, count: int, *, evaluation: bool, restarts: int = 0) -> Worlds:
    """N copies of the world the settings name, watched for one that hangs.

    count: N; `settings.count` is the number in training.
    evaluation: a lost life never ends the episode, whatever the settings say.
    restarts: how often in a row a Gymnasium world that breaks is made anew, for callers that can go on then, see
        `Worlds.step`; 0 raises EnvironmentFailure.
    Raises EnvironmentFailure where the id is unknown, its package is missing, or its actions or observations are of
    a kind that is not supported, and ConfigurationError where the world does not take `settings.kwargs`.
    """
    worlds = _new_worlds(settings, count, evaluation)
    if restarts and isinstance(worlds, GymnasiumWorlds):
        worlds.restart_where_broken(restarts)
    worlds.watchdog = Watchdog(settings.id, settings.step_timeout)
    return worlds


def _new_worlds(settings: EnvironmentSettings, count: int, evaluation: bool) -> Lockstep:
    if game := atari_game(settings.id):
        return AtariWorlds(game, settings, count, evaluation=evaluation)
    if small := minatar_game(settings.id):
        game, minimal_actions = small
        return make_minatar_worlds(game, minimal_actions, settings, count)
    return make_gymnasium_worlds(settings, count)
