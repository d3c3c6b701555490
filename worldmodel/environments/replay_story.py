"""A story told out of order: the task of Liu et al. 2019 (https://doi.org/10.1016/j.cell.2019.06.012) for an agent.

People saw eight objects in a scrambled order, and knew the rule that leads from the scrambled to the true one; at rest
their brains replayed the objects in the true order, in which they had never seen them. Nobody tells an agent the rule:
it learns it on the training day, from many sets of objects whose true order it walks.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

from worldmodel.configuration import settings_from_dict
from worldmodel.environments import story_objects as objects
from worldmodel.environments import story_timetable as timetable
from worldmodel.environments.scrambles import Rule, clean_scrambles, paired_rules, slots
from worldmodel.environments.story_settings import StorySettings
from worldmodel.environments.story_timetable import FORK, LEFT, PHASES, Row
from worldmodel.environments.true_order import NOTHING

# what is drawn for a subject, each from a stream of random numbers of its own
RULE, RULE_OF_SET, OBJECTS, REWARDED = range(4)


class ReplayStory(gymnasium.Env[np.ndarray, np.int64]):
    """One set of objects an episode, shown as `story_timetable` says.

    Observations are vectors [object | phase | slot | coin], float32: 32 entries that are 0 where no object is shown,
    one-hot phase (in the order of PHASES), one-hot slot (all 0 where none is shown), and 1 where an outcome pays; with
    `image` uint8 images of 16 x 16 pixels whose first channel is the object, followed by one constant channel for
    each of the other entries. Unless `told`, phase and slot are 0 beside an object. The coin is seen, as people saw it:
    a model that remembers only what it sees could not know of a reward that is merely paid.

    There is an action for each slot, and one to leave. At a fork, action k leads to the object of slot k, and leaving,
    there or on a walk, ends the story. Elsewhere actions change nothing. A story that ends before a walk is truncated.

    `info` tells what the agent is not told: "phase"; "state" and "slot" of what is shown (see `true_order`), -1 for
    none; "set" of objects; "rewarded", the sequence that pays, -1 where none does: on the training day one or the
    other by chance, on the test day always the same. `rule` is that of the episode's set.

    settings: fields of `StorySettings`.
    Raises ConfigurationError that lists every mistake in the settings.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012

    def __init__(self, **settings: Any) -> None:
        self.settings = settings_from_dict(StorySettings, settings, "environment.kwargs")
        self._states = self.settings.sequences * self.settings.length
        self.action_names = (*(f"slot {slot}" for slot in range(self._states)), "leave")
        self.action_space = gymnasium.spaces.Discrete(self._states + 1)
        self.observation_space = _observation_space(self.settings.image, len(PHASES) + self._states + 1)
        self.set = 0
        self.rule: Rule = ()
        self.rewarded = NOTHING
        self._looks = np.empty(0)
        self._rows: list[Row] = []
        self._at = 0
        self._walks_left = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode.

        options: {"phase": "localise"} shows single objects in random order, with a fixation after each, to train
            decoders on; {"phase": "query", "state": s} ends the story with the object of state s as in a walk, whatever
            is chosen at the fork before it; {"phase": "rest-before"} is a fork before any object was seen.
        Raises ValueError for other phases or states.
        """
        super().reset(seed=seed)
        training = self.settings.day == "training"
        self._open(int(self.np_random.integers(self.settings.sets)) if training else self.settings.test_set)
        asked = dict(options or {})
        phase = asked.get("phase")
        self._rows = self._timetable(phase, asked.get("state"))
        self._at = 0
        self._walks_left = self.settings.walks if training and phase is None else 0
        return self._observation(), self._info()

    def step(self, action: np.int64) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Go on to the next row; on the training day along the walk that `action` chose, or away."""
        row, walking = self._rows[self._at], self._rows[self._at].phase == "walk"
        leaving = action == self._states and (walking or (row is FORK and self._walks_left > 0))
        if leaving:
            self._rows[self._at + 1 :], self._walks_left = [LEFT], 0
        elif row is FORK and self._walks_left:
            self._walks_left -= 1
            self._rows += timetable.walk(slots(self.rule)[int(action)], self.settings.length, self.rewarded)
            self._rows += [FORK] if self._walks_left else []
        self._at += 1
        over = self._at == len(self._rows) - 1 and not self._walks_left
        walked = self._rows[self._at].phase == "outcome" and over
        return self._observation(), self._rows[self._at].reward, walked, over and not walked, self._info()

    def _open(self, number: int) -> None:
        """Lay out one set of objects: what they look like, the rule they are shown by, and which sequence pays."""
        chosen = self.settings
        self.set = number
        draw = objects.draw_sprites if chosen.image else objects.draw_codes
        day = int(chosen.day == "test")
        self._looks = draw(self._states, self._stream(OBJECTS, day, number))
        chance = self._stream(REWARDED, day, number) if day else self.np_random
        cued = chosen.cues > 0 and (day == 1 or chance.random() >= chosen.uncued)
        self.rewarded = int(chance.integers(2)) if cued else NOTHING
        rules = paired_rules(chosen.length) if chosen.study == 1 else clean_scrambles(chosen.length)
        rule = self._stream(RULE) if chosen.rule == "true" else self._stream(RULE_OF_SET, day, number)
        self.rule = rules[rule.integers(len(rules))]

    def _stream(self, what: int, day: int = 0, number: int = 0) -> np.random.Generator:
        return np.random.default_rng([self.settings.subject, what, day, number])

    def _timetable(self, phase: str | None, state: int | None) -> list[Row]:
        chosen = self.settings
        if phase == "rest-before":
            return timetable.rest_before()
        if phase == "localise":
            every = np.arange(self._states).repeat(6 * chosen.repeats)
            return timetable.localise(self.np_random.permutation(every).tolist())
        cues = chosen.cues if self.rewarded != NOTHING else 0
        order = self.np_random.permutation([0, 1] * cues).tolist()
        told = timetable.story(self.rule, chosen.repeats, order, chosen.length, self.rewarded)
        if phase is None:
            return told
        if phase != "query":
            raise ValueError(f"option phase must be localise, query or rest-before, not {phase!r}")
        if state is None or not 0 <= state < self._states:
            raise ValueError(f"option state must be from 0 to {self._states - 1}, not {state!r}")
        return timetable.query(told, int(state))

    def _observation(self) -> np.ndarray:
        row = self._rows[self._at]
        beside = np.zeros(len(PHASES) + self._states + 1, np.float32)
        if row.state == NOTHING or self.settings.told:
            beside[PHASES.index(row.phase)] = 1
        if row.slot != NOTHING and self.settings.told:
            beside[len(PHASES) + row.slot] = 1
        beside[-1] = row.reward
        return self._image(row.state, beside) if self.settings.image else self._vector(row.state, beside)

    def _vector(self, state: int, beside: np.ndarray) -> np.ndarray:
        code = np.zeros(objects.CODE, np.float32)
        if state != NOTHING:
            code = objects.seen_code(self._looks[state], self.settings.noise, self.np_random)
        return np.concatenate([code, beside])

    def _image(self, state: int, beside: np.ndarray) -> np.ndarray:
        image = np.zeros((objects.SPRITE, objects.SPRITE, 1 + len(beside)), np.uint8)
        image[..., 1:] = 255 * beside
        if state != NOTHING:
            image[..., 0] = objects.seen_sprite(self._looks[state], self.settings.noise, self.np_random)
        return image

    def _info(self) -> dict[str, Any]:
        row = self._rows[self._at]
        return {"phase": row.phase, "state": row.state, "slot": row.slot, "set": self.set, "rewarded": self.rewarded}


def _observation_space(image: bool, entries: int) -> gymnasium.spaces.Box:
    if image:
        return gymnasium.spaces.Box(0, 255, (objects.SPRITE, objects.SPRITE, 1 + entries), np.uint8)
    lowest = np.concatenate([np.full(objects.CODE, -objects.LARGEST), np.zeros(entries)]).astype(np.float32)
    highest = np.concatenate([np.full(objects.CODE, objects.LARGEST), np.ones(entries)]).astype(np.float32)
    return gymnasium.spaces.Box(lowest, highest, dtype=np.float32)
