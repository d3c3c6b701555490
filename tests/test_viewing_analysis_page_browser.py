"""The page of an analysis in a real browser: all is drawn, in light and dark, on a phone, and nothing else runs."""

import chromium
import pytest
from test_viewing_analysis_page import HOSTILE, page

from worldmodel.viewing.analysis_page import write_analysis

pytestmark = chromium.needed
browser, opened = chromium.browser, chromium.opened


@pytest.fixture
def shown(opened, tmp_path):
    """Opens the page of what it is given."""
    return lambda content, **options: opened(write_analysis(content, tmp_path / "analysis.html"), **options)


PIXEL = "[...document.querySelector('canvas[aria-label]').getContext('2d').getImageData({}, {}, 1, 1).data]"


def test_everything_is_drawn(shown):
    tab = shown(page())
    assert tab.locator("#order-drawn > .card").count() == 6 and tab.locator("#order-drawn svg").count() == 3
    assert tab.locator("#order-drawn polyline").count() == 4 and tab.locator(".portraits canvas").count() == 2
    assert tab.get_attribute(".bar [role=img]", "aria-label") == "Does it?: Does it? 75 %, rest 25 %"
    assert tab.inner_text(".portraits figure >> nth=1") == "4,000"


def test_cells_are_as_deep_as_their_numbers_and_turn_with_the_page(shown):
    tab = shown(page(), color_scheme="light")
    low, high, unknown = (tab.evaluate(PIXEL.format(x, y)) for x, y in ((10, 10), (400, 10), (10, 400)))
    assert high == [44, 95, 158, 255] and low[0] > 230 and unknown == [0, 0, 0, 0]
    tab.emulate_media(color_scheme="dark")
    tab.wait_for_function(f"JSON.stringify({PIXEL.format(400, 10)}) === '[138,184,240,255]'")
    assert tab.evaluate(PIXEL.format(10, 10))[0] < 60


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_without_scrolling_sideways(shown, scheme):
    tab = shown(page(), viewport={"width": 360, "height": 740}, color_scheme=scheme)
    assert tab.evaluate("document.documentElement.scrollWidth") == 360
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(23, 22, 20)") == (scheme == "dark")


def test_hostile_text_runs_nothing(shown):
    tab = shown(page(HOSTILE))
    assert tab.title() == HOSTILE and tab.locator("img").count() == 0 and HOSTILE in tab.inner_text("#order-drawn")
