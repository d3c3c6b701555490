"""The question of place, for each thing whose place can be read: fields, a code that holds, and dreams on the map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from worldmodel.analysis.dream_paths import DreamPaths, dream_paths
from worldmodel.analysis.place_code import PlaceCode, PlaceMaps, centres_of, place_code
from worldmodel.analysis.rate_maps import bin_numbers
from worldmodel.environments.places import Places
from worldmodel.running.placing import Placed
from worldmodel.running.replays import Stream
from worldmodel.studies.analysis_words import LEVEL, in_words, percent, plain
from worldmodel.viewing.analysis_page import Part
from worldmodel.viewing.analysis_plots import draw_places

WAYS = 24
"""Dreams that are drawn as ways."""


def place_part(
    key: str, question: str, placed: Placed, places: Places, dreams: Stream, recurrent: int, picture: Path
) -> Part:
    """Place code of one thing, and dreams decoded with it; writes a PNG at `picture`.

    recurrent: entries of latents that are remembered; their least value in the games counts as no activity.
    """
    there, bins = places.there, places.bins
    where, laps = places.position[there], placed.game[there]
    floor = _floor(placed.latents, recurrent)
    code, maps = place_code(where, np.maximum(placed.latents - floor, 0)[there], laps, bins)
    fresh = np.maximum(placed.untrained - _floor(placed.untrained, recurrent), 0)[there]
    control, _ = place_code(where, fresh, laps, bins)
    lived = bin_numbers(places.position[there], bins)
    paths = dream_paths(np.maximum(dreams.latents - floor, 0), dreams.event, maps.rates, maps.centres, lived)
    dreamt = np.bincount(paths.bins, minlength=int(np.prod(bins))).reshape(bins)
    draw_places(maps.even, maps.occupancy, dreamt, places.name, picture)
    moved = _moved(places.position, placed.game)
    return Part(
        key,
        question,
        says=f"{_code_in_words(code, control, places.name)} {_paths_in_words(paths, moved)}",
        limits="That a place can be read from latents does not make units place cells: frames show the place, so "
        "any code of what is seen is one of place, and an untrained network may have it. Units are taken as "
        "independent counters, so only the peak of a "
        "posterior is used. Dreams can only be decoded to places of "
        f"these games, and moments in which there is no {places.name} are decoded to one all the same.",
        null="Activity is shifted round in time against places (information: 200 shifts, stability and decoding: 100); "
        "1 % of units pass by chance. Dreams: the moments of each are put in another order, 200 times.",
        columns=("measure", "found", "by chance", "p"),
        rows=_rows(code, control, paths),
        figures=_figures(maps, paths, dreams.event, dreamt, places),
        tests={
            f"the {places.name} is decoded in other games": code.error_p,
            f"maps of the {places.name} are the same in odd and even games": code.stability_p,
            f"dreams keep together on the map of the {places.name}": paths.p,
        },
        found={
            "code": plain(code),
            "untrained": plain(control),
            "dreams": plain({**vars(paths), "bins": None}),
            "strayed_games": placed.strayed,
        },
    )


def _floor(latents: np.ndarray, recurrent: int) -> np.ndarray:
    """`[F]`, what counts as no activity: the least value of what is remembered, 0 of what is seen."""
    return np.where(np.arange(latents.shape[1]) < recurrent, latents.min(0), 0)


def _code_in_words(code: PlaceCode, control: PlaceCode, thing: str) -> str:
    held = code.error_p <= LEVEL and code.stability_p <= LEVEL
    verdict = "have a code of where the" if held else "have no code that holds of where the"
    return (
        f"Latents {verdict} {thing} is: {code.place_units} of {code.active} units that change say more of "
        f"its place than chance, and it is decoded with a median error of {code.error:.1f} bins in games that the maps "
        f"were not made of (chance {code.error_chance:.1f}, {in_words(code.error_p)}). An untrained network that is "
        f"shown the same games gives {control.error:.1f}."
    )


def _paths_in_words(paths: DreamPaths, moved: float) -> str:
    life = f"in the games it moves {moved:.1f}"
    if paths.p > LEVEL:
        return (
            f"Decoded dreams are no ways through the map: {paths.step:.1f} bins from one moment to the next, "
            f"as if moments stood in any order ({in_words(paths.p)}); {life}."
        )
    covered = paths.covered.both / (paths.covered.both + paths.covered.only_life)
    return (
        f"Moments of decoded dreams keep together on the map: from one to the next are {paths.step:.1f} bins, between "
        f"shuffled ones {paths.step_chance:.1f} ({in_words(paths.p)}); {life}. From beginning to end are "
        f"{paths.span:.1f} bins, and dreams visit {percent(covered)} of the places of the games."
    )


def _moved(position: np.ndarray, game: np.ndarray) -> float:
    """Mean distance from one moment of a game to the next, where the thing was there in both."""
    there = np.all(position >= 0, axis=1)
    within = (np.diff(game) == 0) & there[1:] & there[:-1]
    return float(np.linalg.norm(np.diff(position, axis=0)[within], axis=1).mean()) if within.any() else 0.0


def _rows(code: PlaceCode, control: PlaceCode, paths: DreamPaths) -> list[tuple[str, ...]]:
    expected = f"{0.01 * code.active:.1f}"
    return [
        ("moments, laps (games), places visited", f"{code.steps:,}, {code.laps}, {code.visited}", "", ""),
        ("units of place", f"{code.place_units} of {code.active}", expected, ""),
        ("… of an untrained network", f"{control.place_units} of {control.active}", f"{0.01 * control.active:.1f}", ""),
        ("their information, median, bits per unit of activity", f"{code.information:.2f}", "", ""),
        ("their fields each, and bins a field", f"{code.fields:.1f}, {code.field_bins:.1f}", "", ""),
        _row("correlation of odd and even laps, median", code.stability, code.stability_chance, code.stability_p),
        _row("… of an untrained network", control.stability, control.stability_chance, control.stability_p),
        _row("error of decoded place, bins, median", code.error, code.error_chance, code.error_p),
        _row("… from an untrained network", control.error, control.error_chance, control.error_p),
        _row(f"step of dreams, bins, mean ({paths.events:,} dreams)", paths.step, paths.step_chance, paths.p),
    ]


def _row(name: str, found: float, chance: float, p: float) -> tuple[str, ...]:
    return name, f"{found:.2f}", f"{chance:.2f}", f"{p:.2g}"


def _figures(
    maps: PlaceMaps, paths: DreamPaths, events: np.ndarray, dreamt: np.ndarray, places: Places
) -> list[dict[str, Any]]:
    flat, thing = maps.occupancy.ndim == 1, places.name
    figures: list[dict[str, Any]] = []
    if flat and maps.even.shape[-1]:
        figures.append(
            {
                "kind": "map",
                "title": f"Fields of {maps.even.shape[-1]} units of place",
                "cells": _by_peak(maps.even.T),
                "paint": "--c0",
                "label": f"Activity of each unit (row) by place of the {thing} (column)",
                "height": "20rem",
                "note": f"A row is a unit, a column a place of the {thing}. Sorted by odd laps, shown for even "
                "ones; each as a share of its peak.",
            }
        )
    if flat:
        figures.append(_occupancy_lines(maps.occupancy, dreamt, thing))
    else:
        for name, counts, paint in (("Life", maps.occupancy, "--c2"), ("Dreams", dreamt, "--c1")):
            cells = np.where(counts > 0, np.sqrt(counts / max(counts.max(), 1)), np.nan)
            figures.append(
                {
                    "kind": "map",
                    "title": f"{name}: where the {thing} was",
                    "cells": plain(_cropped(cells, maps.occupancy)),
                    "paint": paint,
                    "label": f"{name}: moments at each place of the {thing}",
                    "note": f"{int(counts.sum()):,} moments; depth of colour: root of their number.",
                }
            )
        figures += _unit_maps(maps, thing)
    return [*figures, _ways(maps, paths, events, places)]


def _occupancy_lines(occupancy: np.ndarray, dreamt: np.ndarray, thing: str) -> dict[str, Any]:
    shares = [[round(float(n / max(each.sum(), 1)), 3) for n in each] for each in (occupancy, dreamt)]
    return {
        "kind": "lines",
        "title": f"Where the {thing} was, share of moments",
        "lines": [
            {"name": "life", "values": shares[0], "paint": "var(--looking)", "bold": True},
            {"name": "dreams", "values": shares[1], "paint": "var(--dreaming)", "bold": True},
        ],
        "first": 0,
        "last": len(occupancy) - 1,
        "unit": places_unit(thing),
    }


def places_unit(thing: str) -> str:
    """What the axis of a line is counted in."""
    return f"(place of the {thing}, bins)"


def _unit_maps(maps: PlaceMaps, thing: str) -> list[dict[str, Any]]:
    """The maps of the first, middle and last units of place on a plane."""
    count = maps.even.shape[-1]
    chosen = sorted(set(np.linspace(0, count - 1, min(count, 4)).astype(int).tolist())) if count else []
    return [
        {
            "kind": "map",
            "title": f"One unit of place ({number + 1} of {count})",
            "cells": plain(_cropped(_share(maps.even[..., number]), maps.occupancy)),
            "paint": "--c0",
            "label": f"Activity of a unit by place of the {thing}",
            "note": "Even laps, as a share of its peak.",
        }
        for number in chosen
    ]


def _ways(maps: PlaceMaps, paths: DreamPaths, events: np.ndarray, places: Places) -> dict[str, Any]:
    flat = maps.occupancy.ndim == 1
    every = np.split(paths.bins, np.flatnonzero(np.diff(events)) + 1)
    chosen = [every[i] for i in np.linspace(0, len(every) - 1, min(WAYS, len(every))).astype(int)]
    centres = centres_of(places.bins).astype(int)
    low = np.zeros(1, int) if flat else _bounds(maps.occupancy)[0]
    shape = (1, len(maps.occupancy)) if flat else tuple(_bounds(maps.occupancy)[1] - low + 1)
    visited = np.argwhere(maps.occupancy > 0) - low

    def placed(points: np.ndarray) -> list[list[int]]:
        return [[0, int(p[0])] if flat else [int(p[0]), int(p[1])] for p in points]

    return {
        "kind": "ways",
        "title": f"{len(chosen)} dreams as ways of the {places.name}",
        "rows": int(shape[0]),
        "columns": int(shape[1]),
        "visited": [] if flat else placed(visited),
        "ways": [placed(centres[way] - low) for way in chosen],
        "note": "A line is a dream; green: where it begins, looking. "
        + (f"Height: place of the {places.name}." if flat else "Grey: where life was."),
    }


def _by_peak(rows: np.ndarray) -> list[list[float | None]]:
    return [plain(_share(row)) for row in rows]


def _share(rates: np.ndarray) -> np.ndarray:
    """Of the peak; NaN stays."""
    peak = np.nanmax(rates) if np.isfinite(rates).any() else 0
    return rates / peak if peak > 0 else rates


def _bounds(occupancy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    visited = np.argwhere(occupancy > 0)
    return visited.min(0), visited.max(0)


def _cropped(cells: np.ndarray, occupancy: np.ndarray) -> np.ndarray:
    low, high = _bounds(occupancy)
    return cells[low[0] : high[0] + 1, low[1] : high[1] + 1]
