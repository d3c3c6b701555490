"""The page of dreams: all numbers are in it, and nothing that a file says can become markup or script."""

import json
import re

import numpy as np
import pytest
from test_viewing_replay_section import section

from worldmodel.analysis.validity import validity
from worldmodel.errors import StorageError
from worldmodel.viewing.dream_page import DreamPage, write_page
from worldmodel.viewing.scenes import Scene

HOSTILE = '</script><script>document.title="taken"</script><img src=x onerror=alert(1)>'


def scene(title="Most rewarding", steps=3, context=2, real_rows=4, pixels=True) -> Scene:
    shape = (8, 8, 3) if pixels else (4,)
    rng = np.random.default_rng(0)

    def frames(count):
        return rng.integers(256, size=(count, *shape)).astype(np.float32)

    lived = real_rows or 0
    return Scene(
        title=title,
        moment=7,
        context=frames(context),
        imagined=frames(steps + 1),
        real=frames(lived) if real_rows else None,
        values=np.arange(2 * (steps + 1), dtype=float).reshape(-1, 2),
        action=np.ones(steps, np.int64),
        reward=np.linspace(0, 1, steps + 1),
        real_reward=np.ones(lived) if real_rows else None,
        continues=np.ones(steps + 1),
        surprise=np.array([np.nan, *range(1, lived)]) if real_rows else None,
        uncertainty=np.array([np.nan, *range(steps)]),
    )


def page(*scenes, **changes) -> DreamPage:
    found = {"dreams": np.full((9, 3), 0.1), "guess": np.full((9, 3), 0.2)}
    parts = {
        "title": "What the agent imagines of a world",
        "facts": [("Run", "runs/a")],
        "actions": ("LEFT", "RIGHT"),
        "scenes": list(scenes) or [scene()],
        "fan": [scene("First LEFT"), scene("First RIGHT")],
        "missing": "",
        "replayed": "nobody wrote it down",
        "validity": {"reward": validity(found["dreams"], {"mean reward": found["guess"]})},
    }
    return DreamPage(**{**parts, **changes})


def data_in(text: str) -> dict:
    return json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)[1])


def test_every_number_is_in_the_page(tmp_path):
    text = write_page(page(), tmp_path / "new" / "dream.html").read_text()
    found = data_in(text)["scenes"][0]
    assert found["values"] == [[0, 1], [2, 3], [4, 5], [6, 7]] and found["action"] == [1, 1, 1]
    assert found["surprise"] == [None, 1, 2, 3] and found["rows"] == found["real_rows"] == 5
    assert data_in(text)["actions"] == ["LEFT", "RIGHT"] and "<td>3 steps</td>" in text
    assert not re.search(r'(src|href)="(?!data:)', text)  # nothing from elsewhere


def test_movie_and_imagination_side_by_side_or_why_not(tmp_path):
    text = write_page(page(replayed=section()), tmp_path / "a.html").read_text()
    words = " ".join(text.split())
    assert "One recorded episode, number 1" in words and "in the order “prioritised”, and 1 dream began" in words
    assert data_in(text)["replayed"]["movies"][:3] == [1, 1, 2]
    text = write_page(page(replayed=HOSTILE), tmp_path / "b.html").read_text()
    assert "Which moments were replayed is not shown: &lt;/script&gt;" in text and "<img" not in text
    assert data_in(text)["replayed"] is None and 'id="timelines"' not in text


def test_a_dream_without_counterfactual_and_one_of_vectors(tmp_path):
    text = write_page(page(scene(real_rows=0), missing="nobody knows."), tmp_path / "a.html").read_text()
    assert data_in(text)["scenes"][0]["real"] is None and "is not shown: nobody knows." in text
    vectors = [scene(pixels=False), scene(pixels=False, real_rows=2)]
    found = data_in(write_page(page(*vectors, fan=[]), tmp_path / "b.html").read_text())
    assert found["scenes"][0]["difference"] and found["scenes"][1]["real_rows"] == 3


def test_hostile_text_stays_text(tmp_path):
    hostile = page(
        scene(HOSTILE), title=HOSTILE, facts=[(HOSTILE, HOSTILE)], actions=(HOSTILE, "RIGHT"), missing=HOSTILE
    )
    text = write_page(hostile, tmp_path / "dream.html").read_text()
    assert "<img" not in text and text.count("</script>") == 2
    assert data_in(text)["actions"][0] == HOSTILE and data_in(text)["scenes"][0]["title"] == HOSTILE


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"cannot be written: .*; choose another folder"):
        write_page(page(), tmp_path / "file" / "dream.html")
