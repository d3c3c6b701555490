from __future__ import annotations

import json
import re

import numpy as np
import pytest

from worldmodel.errors import StorageError
from worldmodel.viewing.analysis_page import AnalysisPage, Part, write_analysis
from worldmodel.viewing.pictures import as_sprite

HOSTILE = '</script><script>document.title="taken"</script><img src=x onerror=alert(1)>'
SPRITE = as_sprite(np.array([[[[255, 0, 0]]], [[[0, 0, 255]]]], np.uint8))


def drawings(name="a drawing") -> list[dict]:
    return [
        {
            "kind": "lines",
            "title": name,
            "lines": [{"name": name, "values": [0.1, -0.2], "paint": "var(--c0)", "dashed": True, "bold": False}],
            "first": 1,
            "last": 2,
            "unit": "moments",
            "note": name,
        },
        {
            "kind": "bars",
            "title": name,
            "kinds": [{"name": name, "paint": "var(--c0)"}, {"name": "rest", "paint": "var(--c1)"}],
            "rows": [{"name": name, "shares": [0.75, 0.25]}],
            "note": name,
        },
        {"kind": "map", "title": name, "cells": [[0, 1], [None, 0.5]], "paint": "--c0", "label": name, "note": name},
        {
            "kind": "ways",
            "title": name,
            "rows": 1,
            "columns": 4,
            "visited": [],
            "ways": [[[0, 0], [0, 3]], [[0, 2]]],
            "note": name,
        },
        {
            "kind": "ways",
            "title": name,
            "rows": 2,
            "columns": 3,
            "visited": [[0, 0], [1, 2]],
            "ways": [[[0, 0], [1, 2]]],
            "note": name,
        },
        {
            "kind": "portraits",
            "title": name,
            "sprite": SPRITE,
            "height": 1,
            "width": 1,
            "moments": [3, 4000],
            "note": name,
        },
    ]


def part(name="Does it?", key="order") -> Part:
    return Part(
        key,
        name,
        says=name,
        limits=name,
        null=name,
        columns=(name, "p"),
        rows=[(name, "0.02")],
        figures=drawings(name),
        found={"p": 0.02},
    )


def page(name="Does it?", **changes) -> AnalysisPage:
    parts = [part(name), Part("speed", name, missing=name)]
    return AnalysisPage(**{"title": name, "facts": [(name, name)], "parts": parts, "command": name, **changes})


def test_every_part_is_told_or_said_to_be_left_out(tmp_path):
    text = write_analysis(page(), tmp_path / "new" / "a.html").read_text()
    assert "Left out: Does it?." in text and text.count("<section") == 2 and "<td>0.02</td>" in text
    data = json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)[1])
    assert data == {"order": drawings("Does it?"), "speed": []}
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_numbers_are_told_apart_from_what_is_missing():
    assert part().to_json() == {"says": "Does it?", "does_not_say": "Does it?", "null": "Does it?", "p": 0.02}
    assert Part("a", "b", missing="too few").to_json() == {"left_out": "too few"}


def test_hostile_text_is_escaped(tmp_path):
    text = write_analysis(page(HOSTILE), tmp_path / "a.html").read_text()
    assert HOSTILE not in text and "<img" not in text and text.count("</script>") == 2


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be written"):
        write_analysis(page(), tmp_path / "file" / "a.html")
