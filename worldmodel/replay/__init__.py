"""The heart: two replays with one signature and one type, and how much of each."""

from worldmodel.replay.gain import gain
from worldmodel.replay.holding import Holding
from worldmodel.replay.imagination import ImaginationReplay
from worldmodel.replay.mixture import Mixture
from worldmodel.replay.movie import MovieReplay
from worldmodel.replay.protocol import Policy, Replay
from worldmodel.replay.starts import AtTheEnd, ByGain, Everywhere, Starts

__all__ = [
    "AtTheEnd",
    "ByGain",
    "Everywhere",
    "Holding",
    "ImaginationReplay",
    "Mixture",
    "MovieReplay",
    "Policy",
    "Replay",
    "Starts",
    "gain",
]
