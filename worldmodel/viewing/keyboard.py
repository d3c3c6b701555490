"""Which action a key means: arrows and space by the names of actions, as Atari, MinAtar and their like give them."""

from __future__ import annotations

import re
from collections.abc import Iterator

WORDS = ("UP", "DOWN", "LEFT", "RIGHT", "FIRE")
"""What a key can say. Names of actions are made of these, as in "UPRIGHTFIRE"."""
SIGNS = {"UP": "↑", "DOWN": "↓", "LEFT": "←", "RIGHT": "→", "FIRE": "space"}
IDLE = ("NOOP", "NO-OP", "NONE", "STAY", "WAIT", "NOTHING")
"""Names of doing nothing."""
ALONG = {"UP": "RIGHT", "DOWN": "LEFT", "RIGHT": "UP", "LEFT": "DOWN"}
"""Which arrow goes the same way in a world of one axis only."""

Held = frozenset[str]
"""Words whose keys are down together."""


def actions_by_keys(actions: tuple[str, ...]) -> dict[str, int]:
    """The action that is meant when some keys are down, by their words in the order of `WORDS` with "+" between.

    It is the one whose name has the most of them and nothing else. Keys that mean nothing are left out. Where all
    actions lie on one axis the other arrows go along it; where no name has a direction, the arrows to the left and down
    are the first action, the others the last.
    """
    meant = {_words(name): index for index, name in reversed(list(enumerate(actions))) if _words(name)}
    directions = {word for words in meant for word in words} - {"FIRE"}
    if not directions:
        meant |= {frozenset([word]): 0 if word in ("LEFT", "DOWN") else len(actions) - 1 for word in ALONG}
    elif all(ALONG[word] not in directions for word in directions):
        for word in directions:
            meant |= {frozenset(ALONG[w] if w == word else w for w in words): meant[words] for words in list(meant)}
    found = {}
    for held in _combinations():
        fitting = [words for words in meant if words <= held]
        if fitting:
            # of two that fit equally well the later word counts: fire before sideways, sideways before up and down
            best = max(fitting, key=lambda words: (len(words), [word in words for word in reversed(WORDS)]))
            found["+".join(word for word in WORDS if word in held)] = meant[best]
    return found


def idle_action(actions: tuple[str, ...]) -> int | None:
    """The action that does nothing, None where no name says so."""
    return next((index for index, name in enumerate(actions) if name.upper() in IDLE), None)


def signs(actions: tuple[str, ...]) -> list[str]:
    """For each action the keys that mean it, as they are written on a button; empty where there are none.

    Where several do, they are those of its own name, else the fewest, arrows to the side first.
    """
    meaning = actions_by_keys(actions)
    found = []
    for index, name in enumerate(actions):
        fitting = [keys.split("+") for keys, action in meaning.items() if action == index]
        best = min(
            fitting, key=lambda keys: (set(keys) != _words(name), len(keys), "UP" in keys or "DOWN" in keys), default=[]
        )
        found.append(" ".join(SIGNS[word] for word in best))
    return found


def _words(name: str) -> Held:
    """The words a name is made of, none where it says anything else."""
    plain = re.sub(r"[\s_-]", "", name.upper())
    return (
        frozenset(re.findall("|".join(WORDS), plain)) if re.fullmatch(f"({'|'.join(WORDS)})+", plain) else frozenset()
    )


def _combinations() -> Iterator[Held]:
    """Every set of keys that can be down together."""
    for bits in range(1, 2 ** len(WORDS)):
        held = frozenset(word for place, word in enumerate(WORDS) if bits >> place & 1)
        if not {"UP", "DOWN"} <= held and not {"LEFT", "RIGHT"} <= held:
            yield held
