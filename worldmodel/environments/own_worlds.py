"""Small worlds of our own, known to Gymnasium under these ids."""

from __future__ import annotations

import gymnasium

OWN_WORLDS = {
    "ReplayStory-v0": "worldmodel.environments.replay_story:ReplayStory",
    "Corridor-v0": "worldmodel.environments.corridor:Corridor",
    "FourRooms-v0": "worldmodel.environments.four_rooms:FourRooms",
}


def register_own_worlds() -> None:
    """Make their ids known; the check of every step is left out, because tests have made it."""
    for name, entry_point in OWN_WORLDS.items():
        gymnasium.register(name, entry_point=entry_point, disable_env_checker=True)
