"""What the page is told, and that nothing a run says can become markup or script in it."""

import base64
import dataclasses
import io
import json
import re

import numpy as np
import pytest
from PIL import Image
from small_game import small_game, small_page

from worldmodel.experience import Spec
from worldmodel.viewing.play_page import TRAIL, number, tell

HOSTILE = '</script><script>document.title="taken"</script><img src=x onerror=alert(1)>'


@pytest.fixture
def game():
    game = small_game()
    game.begin(game.games[0], 4)
    return game


def picture(told):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(told["picture"].split(",")[1]))))


def test_where_a_dream_is(game):
    for action in (1, 0, 1):
        game.step(action)
    told = json.loads(json.dumps(tell(game), allow_nan=False))
    assert (told["mode"], told["depth"], told["moment"], told["action"], told["ended"]) == ("dream", 3, 4, 1, False)
    assert told["values"] == [number(value) for value in game.here.values] and told["greedy"] == game.greedy
    assert told["sum"] == pytest.approx(sum(each.reward for each in game.path[1:]), abs=1e-4)
    assert told["trail"]["reward"][0] is None and len(told["trail"]["continues"]) == 4 and told["missing"] == ""
    assert np.abs(picture(told).astype(float) - game.dream.observations()[0]).max() <= 0.5


def test_where_a_real_game_is(game):
    game.step(1)
    game.switch()
    told = tell(game)
    assert (told["mode"], told["reward"], told["sum"]) == ("real", 1, 1)
    assert np.array_equal(picture(told), game.here.seen)


def test_vectors_are_told_as_numbers():
    game = small_game(pixels=False)
    game.begin(game.games[0], 4)
    game.switch()
    game.step(0)
    told = tell(game)
    assert "picture" not in told and told["vector"] == [1, 5] and told["trail"]["vector"] == [[1, 4], [1, 5]]


def test_a_long_way_is_cut(game):
    for _ in range(TRAIL + 5):
        game.step(0)
    told = tell(game)
    assert told["depth"] == TRAIL + 5 and len(told["trail"]["reward"]) == TRAIL
    assert None not in told["trail"]["reward"]


def test_numbers_that_are_not_finite_are_left_out(game):
    game.path[-1] = dataclasses.replace(game.here, continues=float("nan"), values=np.array([np.inf, 1.23456]))
    told = json.loads(json.dumps(tell(game), allow_nan=False))
    assert told["continues"] is None and told["values"] == [None, 1.2346]


def test_hostile_text_stays_text(game):
    spec = Spec(HOSTILE, (16, 16, 3), "uint8", (HOSTILE, "RIGHT"), {})
    page = small_page(game, title=HOSTILE, facts=[(HOSTILE, HOSTILE)], spec=spec, horizons={HOSTILE: 3})
    text = page.as_html("abc")
    assert "<img" not in text and text.count("</script>") == 2
    data = json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)[1])
    assert data["actions"] == [HOSTILE, "RIGHT"] and data["horizons"] == {HOSTILE: 3}
    assert text.count('nonce="abc"') == 2 and not re.search(r'\s(on\w+|style)="', text)


def test_where_nobody_learned_to_act_it_says_so(game):
    assert "learned a world model alone" in small_page(game, acts=False).as_html("abc")
    assert re.search(r'id="nobody"[^>]* hidden', small_page(game).as_html("abc"))
