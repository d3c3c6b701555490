"""Which environments there are, how their ids are written, and which ones a mistyped id may mean."""

from __future__ import annotations

import difflib
import re
from functools import cache

import gymnasium
from ale_py import roms
from gymnasium.envs.registration import EnvSpec

MINATAR_GAMES = {
    "Asterix": "asterix",
    "Breakout": "breakout",
    "Freeway": "freeway",
    "Seaquest": "seaquest",
    "SpaceInvaders": "space_invaders",
}

# two-player cartridges; the emulator ends the whole process when asked to play one of them alone
TWO_PLAYER_ROMS = frozenset({"combat", "joust", "maze_craze", "warlords"})


@cache
def atari_games() -> dict[str, str]:
    """ROM id of each game that can be played alone, e.g. "MsPacman" -> "ms_pacman"."""
    return {rom.title().replace("_", ""): rom for rom in sorted(roms.get_all_rom_ids()) if rom not in TWO_PLAYER_ROMS}


def atari_game(environment: str) -> str | None:
    """Name the game of "ALE/Pong-v5" or "ALE/Pong", None for any other id."""
    matched = re.fullmatch(r"ALE/(\w+?)(-v5)?", environment)
    return matched[1] if matched and matched[1] in atari_games() else None


def minatar_game(environment: str) -> tuple[str, bool] | None:
    """Name the game of "MinAtar/Breakout" and say whether its id (`-v1`) asks for the minimal actions, or None."""
    matched = re.fullmatch(r"MinAtar/(\w+?)(-v[01])?", environment)
    if matched is None or matched[1] not in MINATAR_GAMES:
        return None
    return matched[1], matched[2] == "-v1"


def unknown(environment: str) -> str:
    """One line for an id that nothing is registered under, with up to three near names."""
    near = near_names(environment)
    advice = f"did you mean {' or '.join(near)}?" if near else "give ALE/<Game>, MinAtar/<Game> or any Gymnasium id"
    return f"unknown environment {environment!r}: {advice}"


def near_names(environment: str) -> list[str]:
    """Up to three ids whose game is spelt like this one, nearest first; namespace and version need not be right."""
    ids: dict[str, list[str]] = {}
    for known in _known_ids():
        ids.setdefault(_bare(known), []).append(known)
    name = environment.rpartition(":")[2]
    namespace = name.rpartition("/")[0]
    keys = difflib.get_close_matches(_bare(name), ids, n=3, cutoff=0.7)
    near = [known for key in keys for known in sorted(ids[key], key=lambda known: not known.startswith(namespace))]
    return near[:3]


def registered_by_emulator(spec: EnvSpec) -> bool:
    """Whether ale-py registered this id for its raw emulator, which knows nothing of the usual preprocessing."""
    return isinstance(spec.entry_point, str) and spec.entry_point.startswith("ale_py")


def one_line(error: BaseException) -> str:
    """Kind and message of an error, without line breaks."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(": ")


def _known_ids() -> list[str]:
    atari = [f"ALE/{game}-v5" for game in atari_games()]
    minatar = [f"MinAtar/{game}" for game in MINATAR_GAMES]
    newest: dict[str, EnvSpec] = {}
    for spec in gymnasium.registry.values():
        name = f"{spec.namespace}/{spec.name}"
        if not registered_by_emulator(spec) and (spec.version or 0) >= (newest.get(name, spec).version or 0):
            newest[name] = spec
    return atari + minatar + [spec.id for spec in newest.values()]


def _bare(environment: str) -> str:
    """Reduce an id to what the game is called: "PongNoFrameskip-v4" and "ALE/Pong-v5" to "pong"."""
    return re.sub(r"(NoFrameskip|Deterministic)?(-v\d+)?$", "", environment.rpartition("/")[2]).lower()
