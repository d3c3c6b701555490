"""A dream as one page that opens anywhere: no network, nothing to install, pictures and script inside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from worldmodel.analysis.validity import Validity
from worldmodel.viewing.pages import write_html
from worldmodel.viewing.pictures import as_differences, as_pictures, as_sprite
from worldmodel.viewing.replay_section import ReplaySection, section_data
from worldmodel.viewing.scenes import Scene


@dataclass(frozen=True)
class DreamPage:
    """What a page tells.

    title: of the page.
    facts: (name, text) about run, checkpoint and protocol.
    actions: their names.
    scenes: dreams, each with what really happened.
    fan: one dream for each first action, all from one moment.
    missing: why it is not shown what really followed; empty where it is.
    replayed: an episode and what replay made of it, or one sentence that says why there is none to be shown.
    validity: how deep dreams can be trusted, by what is imagined.
    """

    title: str
    facts: list[tuple[str, str]]
    actions: tuple[str, ...]
    scenes: list[Scene]
    fan: list[Scene]
    missing: str
    replayed: ReplaySection | str
    validity: dict[str, Validity]


def write_page(page: DreamPage, path: Path) -> Path:
    """Writes the page at `path`; StorageError where that fails."""
    scale = _scale(page.scenes + page.fan)
    data = {
        "actions": list(page.actions),
        "scenes": [_scene(scene, scale) for scene in page.scenes],
        "fan": [_scene(scene, scale) for scene in page.fan],
        "replayed": None if isinstance(page.replayed, str) else section_data(page.replayed),
        "validity": {name: found.to_json() for name, found in page.validity.items()},
    }
    return write_html("dream.html", path, title=page.title, page=page, data=data)


def _scale(scenes: list[Scene]) -> np.ndarray | None:
    """The largest size of each entry of vectors in all scenes, None for images."""
    if scenes[0].context.ndim == 4:
        return None
    shown = [rows for scene in scenes for rows in (scene.context, scene.imagined, scene.real) if rows is not None]
    return np.abs(np.concatenate(shown)).max(0)


def _scene(scene: Scene, scale: np.ndarray | None) -> dict[str, Any]:
    """A scene as plain types; films begin with the context, in which nothing is imagined yet."""
    before = scene.context[:-1]
    imagined = np.concatenate([as_pictures(before, scale), as_pictures(scene.imagined, scale)])
    real = missed = None
    if scene.real is not None:
        rows = len(scene.real)
        real = np.concatenate([as_pictures(before, scale), as_pictures(scene.real, scale)])
        missed = as_differences(scene.real, scene.imagined[:rows], scale)
        missed = np.concatenate([np.zeros((len(before), *missed.shape[1:]), np.uint8), missed])
    return {
        "title": scene.title,
        "moment": scene.moment,
        "context": len(scene.context),
        "height": imagined.shape[1],
        "width": imagined.shape[2],
        "imagined": as_sprite(imagined),
        "real": None if real is None else as_sprite(real),
        "difference": None if missed is None else as_sprite(missed),
        "real_rows": 0 if real is None else len(real),
        "rows": len(imagined),
        "action": scene.action.tolist(),
        "values": _rounded(scene.values),
        "reward": _rounded(scene.reward),
        "real_reward": _rounded(scene.real_reward),
        "continues": _rounded(scene.continues),
        "surprise": _rounded(scene.surprise),
        "uncertainty": _rounded(scene.uncertainty),
    }


def _rounded(values: np.ndarray | None) -> Any:
    """Plain lists of numbers with four decimals, None in place of NaN."""
    if values is None:
        return None
    return [_rounded(row) if row.ndim else None if np.isnan(row) else round(float(row), 4) for row in values]
