import numpy as np
import pytest
from test_analysis_place_code import BINS, units, walk

from worldmodel.environments.places import Axis, Places
from worldmodel.errors import AnalysisError
from worldmodel.running.placing import Placed
from worldmodel.running.replays import Stream
from worldmodel.studies.place_part import place_part


def asked(tmp_path, latents=None, plane=False, there=True):
    """Units with fields in a corridor, the first five of them shifted below 0, and dreams that sweep through it."""
    places, laps = walk()
    latents = units(places) if latents is None else latents
    latents = latents - 0.7 * (np.arange(latents.shape[1]) < 5)
    position = np.concatenate([places // 4, places % 4], 1) if plane else places
    position = np.where(np.arange(len(position))[:, None] % 9 == 0, -1, position) if there else 0 * position - 1
    axes = (Axis("row", 3), Axis("column", 4)) if plane else (Axis("place", BINS),)
    sweep = np.tile(np.arange(BINS), 20)[:, None]
    dreams = Stream(units(sweep, 1) - 0.7 * (np.arange(20) < 5), np.repeat(np.arange(20), BINS))
    fresh = np.random.default_rng(3).random(latents.shape)
    placed = Placed(latents, fresh, laps, np.zeros(len(laps)), {}, 0)
    return place_part("place-0", "?", placed, Places("mouse", axes, position), dreams, 5, tmp_path / "place.png")


def test_a_planted_code_and_sweeps_are_told(tmp_path):
    part = asked(tmp_path)
    assert (
        part.says.startswith("Latents have a code of where the mouse is")
        and "keep together on the map: from one to the next are 1.0 bins" in part.says
    )
    assert part.found["untrained"]["place_units"] <= 2 < 10 < part.found["code"]["place_units"]
    assert (
        "An untrained network that is shown the same games gives" in part.says and part.found["untrained"]["error"] > 1
    )
    assert part.found["code"]["error"] == 0 and part.found["dreams"]["span"] == pytest.approx(BINS - 1, abs=0.5)
    assert part.found["dreams"]["covered"]["both"] == 1 and (tmp_path / "place.png").exists()
    assert [figure["kind"] for figure in part.figures] == ["map", "lines", "ways"]
    assert (
        part.figures[2]["columns"] == BINS
        and max(column for way in part.figures[2]["ways"] for _, column in way) < BINS
    )


def test_a_shuffled_code_is_not_told_as_one(tmp_path):
    places, _ = walk()
    part = asked(tmp_path, np.random.default_rng(2).permutation(units(places)))
    assert part.says.startswith("Latents have no code that holds")


def test_a_plane_is_drawn_as_maps_and_cropped_to_where_life_was(tmp_path):
    part = asked(tmp_path, plane=True)
    kinds = [figure["kind"] for figure in part.figures]
    assert kinds[:2] == ["map", "map"] and kinds[-1] == "ways" and np.array(part.figures[0]["cells"]).shape == (3, 4)
    ways = part.figures[-1]
    assert (ways["rows"], ways["columns"]) == (3, 4) and len(ways["visited"]) == BINS


def test_what_was_never_there_has_no_place(tmp_path):
    with pytest.raises(AnalysisError):
        asked(tmp_path, there=False)
