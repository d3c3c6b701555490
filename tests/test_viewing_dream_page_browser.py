"""The page of dreams in a real browser: play, scrub, step, and change the dream, by mouse and keyboard."""

from dataclasses import replace

import chromium
import pytest
from test_running_replayed import ledger
from test_viewing_dream_page import HOSTILE, page, scene
from test_viewing_replay_section import section

from worldmodel.memory.ledger import MOVIE
from worldmodel.viewing.dream_page import write_page

pytestmark = chromium.needed
browser, opened = chromium.browser, chromium.opened


@pytest.fixture
def shown(opened, tmp_path):
    """Opens the page of what it is given."""
    return lambda content, **options: opened(write_page(content, tmp_path / "dream.html"), **options)


def readout(tab) -> str:
    return tab.inner_text("#readout")


def test_steps_by_keyboard_by_button_and_by_scrubber(shown):
    tab = shown(page())
    assert readout(tab) == "Looking, 0 before the dream"
    tab.keyboard.press("ArrowRight")
    assert readout(tab).startswith("Dream step 1 of 3 · after RIGHT (Q 1) · reward 0.3333 expected, 1 real")
    tab.click("#forth")
    assert readout(tab).startswith("Dream step 2 of 3")
    tab.keyboard.press("ArrowLeft")
    assert readout(tab).startswith("Dream step 1 of 3")
    tab.fill("#scrub", "4")
    assert readout(tab).startswith("Dream step 3 of 3") and tab.get_attribute("#scrub", "aria-valuetext")
    tab.keyboard.press("Home")
    assert readout(tab) == "Looking, 1 before the dream"
    assert "dreaming" not in (tab.get_attribute("#imagined", "class") or "")


def test_it_plays_round_and_stops(shown):
    tab = shown(page())
    tab.keyboard.press("Space")
    tab.wait_for_function("document.getElementById('readout').textContent.startsWith('Dream step 3')")
    tab.wait_for_function("document.getElementById('readout').textContent.startsWith('Looking, 1')")
    tab.click("#play")
    told = readout(tab)
    tab.wait_for_timeout(400)
    assert readout(tab) == told and tab.get_attribute("#play", "aria-label") == "Play"


def test_the_dream_can_be_changed(shown):
    tab = shown(page(scene("one"), scene("two", real_rows=0), scene("three", real_rows=2)))
    tab.click("text=two")
    assert tab.is_hidden("#figure-real") and tab.is_visible("#no-return")
    tab.keyboard.press("ArrowDown")
    assert tab.get_attribute("button:has-text('three')", "aria-pressed") == "true" and tab.is_visible("#figure-real")
    tab.keyboard.press("ArrowDown")
    assert tab.get_attribute("button:has-text('one')", "aria-pressed") == "true"
    tab.keyboard.press("ArrowUp")
    tab.fill("#scrub", "4")
    assert tab.get_attribute("#real", "aria-label").endswith("the episode had ended")


def test_what_is_drawn_is_the_moment(shown):
    """Pixels of the canvas are those of the observation."""
    one = scene()
    tab = shown(page(one))
    for _ in range(2):
        tab.keyboard.press("ArrowRight")
    script = "[...document.getElementById('{}').getContext('2d').getImageData(3, 5, 1, 1).data].slice(0, 3)"
    assert tab.evaluate(script.format("imagined")) == one.imagined[2, 5, 3].tolist()
    assert tab.evaluate(script.format("real")) == one.real[2, 5, 3].tolist()
    assert tab.locator("#fan canvas").count() == 2 and tab.locator("#charts svg").count() == 4
    assert tab.locator("#table tr").count() == 1 + 4


def test_what_was_replayed_is_drawn_and_moments_are_chosen(shown):
    tab = shown(page(replayed=section()))
    assert tab.locator("#timelines svg").count() == 3 and tab.locator("#lived canvas").count() == 12
    assert "ran in: up to 2. Dreams that began at a moment: up to 1" in tab.get_attribute(
        "#timelines svg >> nth=0", "aria-label"
    )
    clips = tab.get_attribute("#timelines svg >> nth=1 >> path >> nth=0", "d")
    assert clips.count("M") == 2 and tab.get_attribute("path.rewards", "d").count("M") == 29
    chosen = tab.locator("#moments button[aria-pressed=true]")
    assert (
        chosen.inner_text() == "Most dreamt from · Most often in movies · moment 2"
        and tab.locator("#strips figure").count() == 3
    )
    labels = tab.locator("#strips canvas").evaluate_all("all => all.map(each => each.getAttribute('aria-label'))")
    assert len(labels) == 3 * 7 and "The movie: what was lived, 0 steps on" in labels
    tab.focus("#moments button >> nth=1")
    tab.keyboard.press("Enter")
    assert chosen.inner_text().endswith("moment 24") and readout(tab) == "Looking, 0 before the dream"
    solid = "[...document.querySelectorAll('.moment[stroke-dasharray=none]')].map(each => each.dataset.moment)"
    assert tab.evaluate(solid) == ["1", "1", "1"]
    assert tab.locator("#replayed-table tr").count() == 1 + 24
    tab.set_viewport_size({"width": 380, "height": 700})
    tab.wait_for_function("document.querySelector('#timelines svg').viewBox.baseVal.width < 380")


def test_where_the_recording_ends_a_strip_says_so_and_without_priority_there_is_no_picture_of_it(shown):
    tab = shown(page(replayed=section(ledger((1, MOVIE, 1, 28, 2, float("nan"))))))
    tab.click("#moments button >> nth=-1")
    assert tab.locator("#strips .over").count() == 2 * 5 and tab.locator("#timelines svg").count() == 2
    pixel = "[...document.querySelector('#strips canvas').getContext('2d').getImageData(0, 0, 1, 1).data].slice(0, 3)"
    assert tab.evaluate(pixel) == [0, 1, 0]  # lane, episode and its number beyond 256, as recorded


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_without_scrolling_sideways(shown, scheme):
    tab = shown(page(replayed=section()), viewport={"width": 360, "height": 740}, color_scheme=scheme)
    assert tab.evaluate("document.documentElement.scrollWidth") == 360
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(23, 22, 20)") == (scheme == "dark")


def test_hostile_text_runs_nothing(shown):
    hostile = replace(section(), order=HOSTILE)
    hostile.moments[0].titles[0] = HOSTILE
    actions = (HOSTILE, "RIGHT", HOSTILE, HOSTILE, HOSTILE)
    parts = {"title": HOSTILE, "facts": [(HOSTILE, HOSTILE)], "actions": actions, "replayed": hostile}
    tab = shown(page(scene(HOSTILE), **parts))
    assert HOSTILE in tab.inner_text("#moments") and HOSTILE in tab.inner_text("#strips")
    assert tab.title() == HOSTILE and tab.locator("img").count() == 0 and HOSTILE in tab.inner_text("#choices")
