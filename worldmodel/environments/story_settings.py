"""What can be chosen about the story world."""

from __future__ import annotations

import dataclasses
from typing import Literal

from worldmodel.settings import bounded


@dataclasses.dataclass
class StorySettings:
    """Who is told which story, of how many objects, and how it is shown; the keyword arguments of `ReplayStory`."""

    subject: int = bounded(0, low=0, high=2**31 - 1)
    """Seed of everything that stays the same over episodes: the rule, the objects, which sequence pays."""
    sets: int = bounded(512, low=1)
    """Sets of objects of the training day; each episode is about one of them."""
    day: Literal["training", "test"] = "training"
    """On the training day the true order is walked; on the test day, whose objects are new, it is never seen."""
    test_set: int = bounded(0, low=0)
    """Number of the set of objects that the test day is about."""
    walks: int = bounded(1, low=0)
    """Walks an episode of the training day; with 0 it ends at the fork, and the true order is never seen."""
    repeats: int = bounded(1, low=1)
    """Times that each phase is shown; alone, to localise it, an object is shown six times as often."""
    cues: int = bounded(1, low=0)
    """Times that the end of each sequence and its outcome are shown; with 0 nothing is ever paid."""
    uncued: float = bounded(0.5, low=0, high=1)
    """Share of the training day's stories that are told without that, and pay nothing."""
    told: bool = False
    """Whether phase and slot are told beside an object; without it an object looks the same in every phase."""
    noise: float = bounded(0.1, low=0, high=1)
    """Standard deviation of what is added to each entry of a vector (themselves of deviation 1) or, white being 1, to
    each pixel of a sprite, at every look."""
    rule: Literal["true", "shuffled"] = "true"
    """Whether all sets of a subject are shown by one rule, or each by another, so that there is nothing to learn."""
    study: Literal[1, 2] = 2
    """1 shows true pairs of objects, 2 takes them apart (a clean scramble)."""
    sequences: int = bounded(2, low=2, high=2)
    """True sequences in a story; rules are made for two."""
    length: int = bounded(4, low=3, high=5)
    """Objects in a true sequence."""
    image: bool = False
    """Sprites of 16 x 16 pixels instead of vectors."""
