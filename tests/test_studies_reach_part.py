from dataclasses import replace

import pytest
from small_replay import gathered, named

from worldmodel.errors import AnalysisError
from worldmodel.studies.reach_part import coverage_part, speed_part


def latents(shift=0.0):
    found = gathered()
    return found.life.latents, found.left_out.latents, found.dreams.stream.latents + shift


def test_dreams_like_life_go_nowhere_new_and_others_do():
    same, other = (coverage_part("coverage", "?", named(), latents(shift)) for shift in (0.0, 9.0))
    assert same.found["beyond_life"]["share"] < 0.12 and other.found["beyond_life"]["share"] == 1
    assert same.found["states"]["dreams"]["both"] == 1 and same.found["moments"] == 480
    assert same.rows[1][0] == "dreams" and other.says.startswith("100 % of dreamt moments")


def test_reverse_dreams_make_steps_that_were_never_lived():
    forward, reverse = (coverage_part("coverage", "?", named(way), latents()) for way in (1, -1))
    new = [each.found["steps"]["dreams"]["share"] for each in (forward, reverse)]
    assert new[0] <= new[1]


def test_speed_is_told_with_its_interval():
    part = speed_part("speed", "?", named())
    assert "as fast as" in part.says and part.found["low"] <= 1 <= part.found["high"] and part.found["events"] == 60
    states = named()
    still = replace(states, dreams=(states.dreams[0] // 8, states.dreams[1]))
    assert "slower than" in speed_part("speed", "?", still).says
    fast = replace(states, left_out=(states.left_out[0] // 4, states.left_out[1]))
    assert "faster than" in speed_part("speed", "?", fast).says


def test_a_life_that_stands_still_has_no_speed():
    states = named()
    with pytest.raises(AnalysisError, match="no speed to compare"):
        speed_part("speed", "?", replace(states, left_out=(0 * states.left_out[0], states.left_out[1])))
