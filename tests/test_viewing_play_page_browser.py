"""The page in a real browser, with what a run of a second learned: play, keys, step, rewind, switch, temperature."""

import chromium
import pytest
from small_game import served, small_game, small_page
from test_viewing_play_page import HOSTILE

from worldmodel.experience import Spec
from worldmodel.studies.playing import lay_out

pytestmark = chromium.needed
browser = chromium.browser


@pytest.fixture
def shown(browser):
    """Opens the page of a game; fails where its script did, its policy was broken, or it asked for anything else."""
    complaints, tabs, servers = [], [], []

    def show(game, page, expect="body[data-ready]", port=None, **options):
        if port is None:
            servers.append(server := served(game, page))
            port = server.__enter__()
        tabs.append(tab := browser.new_page(**options))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        home = f"http://127.0.0.1:{port}/"
        tab.on("request", lambda asked: asked.url.startswith((home, "data:")) or complaints.append(asked.url))
        tab.goto(f"{home}secret/")
        tab.wait_for_selector(expect)
        return tab

    show.port = lambda tab: int(tab.url.split(":")[2].split("/")[0])
    yield show
    for tab in tabs:
        tab.close()
    for server in servers:
        server.__exit__(None, None, None)
    assert complaints == []


@pytest.fixture
def learned(returning_run):
    """The game and the page of a run, at row 10 of a game."""
    with lay_out(returning_run) as (game, page):
        game.begin(game.games[0], 10)
        yield game, page


def until(tab, condition):
    """Waits; asked from outside, because the policy of the page lets nothing evaluate text in it."""
    for _ in range(400):
        if tab.evaluate(condition):
            return
        tab.wait_for_timeout(25)
    raise AssertionError(f"never: {condition}; {tab.evaluate('JSON.stringify({...here, picture: null})')}")


def at_depth(tab, depth):
    tab.wait_for_selector(f"#frame[data-drawn='{depth}']")


def pixel(tab):
    script = "[...document.getElementById('frame').getContext('2d').getImageData(3, 5, 1, 1).data].slice(0, 3)"
    return tab.evaluate(script)


def where(tab):
    return tab.inner_text("#where")


def test_steps_by_keyboard_and_button_and_back_again(shown, learned):
    tab = shown(*learned)
    game = learned[0]
    assert where(tab) == "Dream, 0 steps deep" and tab.is_disabled("#back")
    tab.keyboard.press("ArrowRight")  # the last of two actions without names
    at_depth(tab, 1)
    assert game.here.action == 1 and "taken" in tab.get_attribute("#actions button >> nth=1", "class")
    imagined = pixel(tab)
    tab.keyboard.press("1")
    at_depth(tab, 2)
    assert game.here.action == 0
    tab.click("#forth")
    at_depth(tab, 3)
    tab.click("#actions button >> nth=1")
    at_depth(tab, 4)
    assert [each.action for each in game.path[1:]] == [1, 0, 0, 1] and where(tab) == "Dream, 4 steps deep"
    for depth in (3, 2):
        tab.keyboard.press("Backspace")
        at_depth(tab, depth)
    tab.click("#back")
    at_depth(tab, 1)
    assert pixel(tab) == imagined and tab.inner_text("#depth") == "1"
    assert imagined == game.dream.observations()[0][5, 3].round().astype(int).tolist()


def test_it_plays_with_held_keys_and_pauses(shown, learned):
    tab = shown(*learned)
    tab.fill("#speed", "30")
    tab.focus("#stage")  # while the slider has the focus, arrows are the slider's
    tab.keyboard.press("p")
    until(tab, "here.depth >= 3")
    assert tab.get_attribute("#play", "aria-label") == "Pause"
    tab.keyboard.down("ArrowRight")
    until(tab, "here.depth >= 8 && here.action === 1")
    tab.keyboard.up("ArrowRight")
    tab.keyboard.down("a")
    until(tab, "here.action === 0")
    tab.keyboard.up("a")
    tab.click("#play")
    depth = tab.evaluate("here.depth")
    tab.wait_for_timeout(300)
    assert tab.evaluate("here.depth") in (depth, depth + 1) and tab.get_attribute("#play", "aria-label") == "Play"


def test_the_real_game_lives_the_same_actions(shown, learned):
    tab = shown(*learned)
    game = learned[0]
    for key in ("ArrowRight", "ArrowLeft", "ArrowRight"):
        tab.keyboard.press(key)
        until(tab, "!waiting")
    assert tab.is_disabled("#from-here") and "dreaming" in tab.get_attribute("#stage", "class")
    tab.click("#real")
    tab.wait_for_selector("#real[aria-pressed=true]")
    at_depth(tab, 3)
    until(tab, "document.getElementById('frame').getAttribute('aria-label').startsWith('Real')")
    assert pixel(tab) == [1, 13, 1] and where(tab) == "Real game, 3 steps from the moment"
    assert "same moment, same actions, really played" in tab.inner_text("#said")
    assert tab.inner_text("#reward") == "1" and tab.inner_text("#sum") == "3"
    tab.keyboard.press("ArrowLeft")
    at_depth(tab, 4)
    assert pixel(tab) == [1, 14, 0]
    tab.keyboard.press("Backspace")
    at_depth(tab, 3)
    tab.keyboard.press("ArrowRight")
    at_depth(tab, 4)
    assert pixel(tab) == [1, 14, 1]
    tab.keyboard.press("m")
    tab.wait_for_selector("#dream[aria-pressed=true]")
    assert where(tab) == "Dream, 4 steps deep" and [each.action for each in game.path[1:]] == [1, 0, 1, 1]
    tab.keyboard.press("m")
    tab.wait_for_selector("#real[aria-pressed=true]")
    tab.click("#from-here")
    until(tab, "here.depth === 0 && here.moment === 14")
    assert "dreams from here" in tab.inner_text("#said")
    tab.keyboard.press("n")
    until(tab, "document.getElementById('said').textContent.startsWith('Another moment')")


def test_a_real_game_ends_and_can_be_taken_back(shown, learned):
    tab = shown(*learned)
    game = learned[0]
    game.begin(game.games[0], 37)
    tab.click("#real")
    tab.fill("#speed", "30")
    tab.click("#play")
    until(tab, "here.ended")
    assert tab.inner_text("#how") == "The game is over." and tab.get_attribute("#play", "aria-label") == "Play"
    tab.click("#forth")
    until(tab, "document.getElementById('said').textContent.startsWith('Not done: the game is over')")
    tab.click("#back")
    until(tab, "!here.ended && here.depth === 2")


def test_temperature_by_keyboard_and_slider(shown, learned):
    tab = shown(*learned)
    game = learned[0]
    tab.fill("#temperature", "0")
    until(tab, "here.temperature === 0")
    assert tab.inner_text("#temperature-said") == "0.0, the likeliest" and game.temperature == 0
    tab.focus("#temperature")
    tab.keyboard.press("ArrowRight")
    until(tab, "here.temperature === 0.1")
    assert tab.evaluate("here.depth") == 0  # the arrow was the slider's


def test_the_agent_plays_until_a_key_takes_over(shown, learned):
    tab = shown(*learned)
    game = learned[0]
    tab.click("#agent")
    assert tab.get_attribute("#agent", "aria-pressed") == "true"
    tab.fill("#speed", "30")
    tab.focus("#stage")  # while the slider has the focus, arrows are the slider's
    tab.keyboard.press("p")
    until(tab, "here.depth >= 5")
    tab.keyboard.press("p")
    until(tab, "!waiting")
    greedy = [int(there.values.argmax()) for there in game.path[:-1]]
    assert [each.action for each in game.path[1:]] == greedy
    assert tab.locator("#actions .best").count() == 1
    assert "the agent's choice" in tab.get_attribute("#actions .best", "aria-label")
    tab.keyboard.press("ArrowLeft")
    until(tab, "!waiting && here.action === 0")
    assert tab.get_attribute("#you", "aria-pressed") == "true"


def test_a_second_visitor_is_told_and_goes_on_when_the_first_leaves(shown, learned):
    first = shown(*learned)
    second = shown(*learned, expect="#away:not([hidden])", port=shown.port(first))
    assert second.inner_text("#away").startswith("Somebody is playing here already.")
    assert second.evaluate("document.getElementById('table').inert")
    first.close()
    second.wait_for_selector("body[data-ready]")
    assert second.is_hidden("#away")


def test_where_there_is_no_real_game_it_says_why(shown):
    game = small_game(world=False)
    tab = shown(game, small_page(game, acts=False, horizons={"reward": 1, "observation": 5}))
    assert tab.is_disabled("#real") and tab.inner_text("#missing") == "No real game here: there is no world."
    assert tab.is_disabled("#agent") and tab.is_visible("#nobody")
    assert tab.inner_text("#depths").startswith("Within the validity horizon")
    for _ in range(2):
        tab.keyboard.press(".")
        until(tab, "!waiting")
    assert tab.inner_text("#depths").startswith("Beyond the validity horizon: reward (1 steps). ")
    tab.keyboard.press("m")
    tab.keyboard.press("g")
    assert tab.get_attribute("#dream", "aria-pressed") == tab.get_attribute("#you", "aria-pressed") == "true"


def test_vectors_are_drawn_as_bars_and_lines(shown):
    game = small_game(pixels=False)
    game.begin(game.games[0], 4)
    tab = shown(game, small_page(game))
    tab.click("#real")
    tab.wait_for_selector("#real[aria-pressed=true]")
    tab.keyboard.press("ArrowRight")
    until(tab, "here.depth === 1")
    assert tab.is_hidden("#frame") and tab.locator("#vector .entry").count() == 2
    assert tab.inner_text("#vector .entry >> nth=1").split()[-1] == "5"
    assert tab.locator("#vector svg polyline").count() == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_without_scrolling_sideways(shown, learned, scheme):
    tab = shown(*learned, viewport={"width": 360, "height": 740}, color_scheme=scheme)
    assert tab.evaluate("document.documentElement.scrollWidth") == 360
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(23, 22, 20)") == (scheme == "dark")


def test_hostile_text_runs_nothing(shown):
    game = small_game()
    spec = Spec(HOSTILE, (16, 16, 3), "uint8", (HOSTILE, "RIGHT"), {})
    tab = shown(game, small_page(game, title=HOSTILE, facts=[(HOSTILE, HOSTILE)], spec=spec, horizons={HOSTILE: 0}))
    tab.keyboard.press("ArrowRight")
    at_depth(tab, 1)
    assert tab.title() == HOSTILE and tab.locator("img").count() == 0
    assert HOSTILE in tab.inner_text("#actions") and HOSTILE in tab.inner_text("#depths")
