"""Movie and imagination side by side: the part of a page that shows one recorded episode and what replay made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from worldmodel.learning import Agent
from worldmodel.memory import ReplayBuffer
from worldmodel.memory.clips import Clips
from worldmodel.memory.ledger import IMAGINED, MOVIE
from worldmodel.memory.movies import read_movies
from worldmodel.running.replayed import ReplayedEpisode, most_replayed
from worldmodel.viewing.moments import Moment, choose_moments, show_moment
from worldmodel.viewing.pictures import as_pictures, as_sprite

FRAMES = 12
"""Recorded frames above the timeline."""
CELLS = 8
"""Frames in a strip."""
MOST_DRAWN = 4_000
"""Movies, and dreams, that are drawn one by one, the newest."""
TABLE_ROWS = 24
"""Rows of the table that tells the same, at most."""

NO_LEDGER = "this run wrote down no ledger of replay, because it was made before there was one"
NOTHING_STORED = "nothing that was replayed lately is still stored, or the ledger is empty (data.ledger_steps)"


@dataclass(frozen=True)
class ReplaySection:
    """One recorded episode, what replay made of it, and some of its moments twice.

    order: in which life was replayed, as in the settings.
    steps: first and last gradient step of the ledger.
    frames: `[K, ...]` observations of the rows `frame_rows` `[K]`, spread over the episode.
    """

    episode: ReplayedEpisode
    order: str
    steps: tuple[int, int]
    frames: np.ndarray
    frame_rows: np.ndarray
    moments: list[Moment]

    @property
    def clips(self) -> int:
        """How many clips of the episode ran as movies."""
        return int((self.episode.entries["source"] == MOVIE).sum())

    @property
    def dreams(self) -> int:
        """How many dreams began in it."""
        return int((self.episode.entries["source"] == IMAGINED).sum())


def make_section(
    agent: Agent, lived: ReplayBuffer, ledger: np.ndarray | None, order: str, horizon: int, acts: bool
) -> ReplaySection | str:
    """The section about the most replayed episode of `ledger` that `lived` still has; else, in words, why none.

    acts: whether there is an agent that chooses its actions.
    """
    if ledger is None:
        return NO_LEDGER
    episode = most_replayed(ledger, lived)
    if episode is None:
        return NOTHING_STORED
    rows = ((np.arange(FRAMES) + 0.5) * len(episode) / FRAMES).astype(np.int64)
    places = episode.row + rows
    frames = read_movies(lived, Clips.alike(np.full(FRAMES, episode.lane), places, places + 1), 0).movie.observation
    return ReplaySection(
        episode=episode,
        order=order,
        steps=(int(ledger["gradient_step"].min()), int(ledger["gradient_step"].max())),
        frames=frames[:, 0].numpy(),
        frame_rows=rows,
        moments=[
            show_moment(agent, lived, episode, row, titles, horizon, acts)
            for row, titles in choose_moments(episode).items()
        ],
    )


def section_data(section: ReplaySection) -> dict[str, Any]:
    """The section as plain types, pictures included; times are rows of the episode."""
    episode, step = section.episode, section.episode.step
    scale = _scale(section)
    pictures = as_pictures(section.frames, scale)
    return {
        "first": step,
        "rows": len(episode),
        "movies": episode.movies.tolist(),
        "dreams": episode.dreams.tolist(),
        "priority": _known(episode.priority),
        "paid": (np.flatnonzero(episode.reward) + step).tolist(),
        "steps": list(section.steps),
        "drawn_movies": _drawn(episode.entries[episode.entries["source"] == MOVIE]),
        "drawn_dreams": _drawn(episode.entries[episode.entries["source"] == IMAGINED]),
        "height": pictures.shape[1],
        "width": pictures.shape[2],
        "frames": as_sprite(pictures),
        "frame_rows": (section.frame_rows + step).tolist(),
        "moments": [_moment(moment, step, scale) for moment in section.moments],
        "table": _table(episode),
    }


def _scale(section: ReplaySection) -> np.ndarray | None:
    """The largest size of each entry of vectors that are shown, None for images."""
    if section.frames.ndim == 4:
        return None
    shown = [section.frames, *(moment.movie for moment in section.moments)]
    return np.abs(np.concatenate(shown)).max(0)


def _drawn(entries: np.ndarray) -> list[list[int]]:
    """Gradient step, beginning and length of the newest entries."""
    newest = entries[-MOST_DRAWN:]
    return [newest[name].tolist() for name in ("gradient_step", "start", "length")]


def _moment(moment: Moment, step: int, scale: np.ndarray | None) -> dict[str, Any]:
    """A moment as plain types: strips of frames that are the same steps on."""
    rows = max(len(moment.followed.seen), len(moment.chosen.seen) if moment.chosen else 0)
    ahead = np.unique(np.linspace(0, rows - 1, CELLS).round().astype(int))
    strips = [_strip("The movie: what was lived", moment.movie, moment.action, moment.reward, ahead, scale, False)]
    kinds = {"Imagined, under the same actions": moment.followed, "Imagined, as the agent chooses": moment.chosen}
    for name, dream in kinds.items():
        if dream is not None:
            strips.append(_strip(name, dream.seen, dream.action, dream.reward, ahead, scale, True))
    return {
        "title": " · ".join(moment.titles),
        "row": moment.row + step,
        "ahead": ahead.tolist(),
        "strips": strips,
    }


def _strip(
    name: str,
    seen: np.ndarray,
    action: np.ndarray,
    reward: np.ndarray,
    ahead: np.ndarray,
    scale: np.ndarray | None,
    imagined: bool,
) -> dict[str, Any]:
    there = ahead[ahead < len(seen)]
    return {
        "name": name,
        "imagined": imagined,
        "frames": as_sprite(as_pictures(seen[there], scale)),
        "shown": len(there),
        "action": [int(action[t - 1]) if t else None for t in there.tolist()],
        "paid": round(float(reward[1:].sum()), 3),
        "steps": len(seen) - 1,
    }


def _table(episode: ReplayedEpisode) -> list[list[Any]]:
    """First and last row of stretches of the episode, and what replay made of each: the same in numbers."""
    found = []
    for part in np.array_split(np.arange(len(episode)), min(TABLE_ROWS, len(episode))):
        priority = episode.priority[part]
        known = priority[~np.isnan(priority)]
        found.append(
            [
                int(part[0]) + episode.step,
                int(part[-1]) + episode.step,
                round(float(episode.movies[part].mean()), 2),
                int(episode.dreams[part].sum()),
                int(episode.last[part].max()) or None,
                float(f"{known.mean():.4g}") if len(known) else None,
            ]
        )
    return found


def _known(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else float(f"{value:.4g}") for value in values.tolist()]
