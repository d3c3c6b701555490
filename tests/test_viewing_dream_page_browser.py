"""The page of dreams in a real browser: play, scrub, step, and change the dream, by mouse and keyboard."""

import chromium
import pytest
from test_viewing_dream_page import HOSTILE, page, scene

from worldmodel.viewing.dream_page import write_page

pytestmark = chromium.needed
browser = chromium.browser


@pytest.fixture
def shown(browser, tmp_path):
    """Opens a page, and fails where its script did or where it asked for anything else."""
    complaints, tabs = [], []

    def show(content, **options):
        path = write_page(content, tmp_path / "dream.html")
        tabs.append(tab := browser.new_page(**options))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or complaints.append(asked.url))
        tab.goto(path.as_uri())
        tab.wait_for_selector("body[data-ready]")
        return tab

    yield show
    for tab in tabs:
        tab.close()
    assert complaints == []


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_without_scrolling_sideways(shown, scheme):
    tab = shown(page(), viewport={"width": 360, "height": 740}, color_scheme=scheme)
    assert tab.evaluate("document.documentElement.scrollWidth") == 360
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(23, 22, 20)") == (scheme == "dark")


def test_hostile_text_runs_nothing(shown):
    tab = shown(page(scene(HOSTILE), title=HOSTILE, facts=[(HOSTILE, HOSTILE)], actions=(HOSTILE, "RIGHT")))
    assert tab.title() == HOSTILE and tab.locator("img").count() == 0 and HOSTILE in tab.inner_text("#choices")
