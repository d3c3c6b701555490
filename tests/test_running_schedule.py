import pytest

from worldmodel.running.schedule import Interleaved, Phases, make_schedule
from worldmodel.running.settings import TrainerSettings


def due(schedule, count) -> list[int]:
    return [schedule.environment_steps_due(step) for step in range(count)]


def test_several_environment_steps_per_gradient_step():
    assert due(Interleaved(prefill=100, replay_ratio=0.25), 4) == [100, 104, 108, 112]


def test_several_gradient_steps_per_environment_step():
    assert due(Interleaved(prefill=10, replay_ratio=2.0), 6) == [10, 10, 11, 11, 12, 12]


def test_an_odd_ratio_is_kept_on_average():
    steps = due(Interleaved(prefill=0, replay_ratio=0.4), 6)
    assert steps == [0, 2, 5, 7, 10, 12]


@pytest.mark.parametrize(("ratio", "gradient_steps"), [(0.25, 225), (0.5, 450), (1.0, 900), (2.0, 1800)])
def test_gradient_steps_of_a_run_by_hand(ratio, gradient_steps):
    assert Interleaved(prefill=100, replay_ratio=ratio).gradient_steps_for(1000) == gradient_steps


@pytest.mark.parametrize("ratio", [0.1, 0.25, 0.29, 1 / 3, 0.7, 1.0, 3.0])
@pytest.mark.parametrize("environment_steps", [101, 103, 200, 1000])
def test_a_run_never_lives_longer_than_asked_and_stops_less_than_two_turns_before(ratio, environment_steps):
    schedule = Interleaved(prefill=100, replay_ratio=ratio)
    total = schedule.gradient_steps_for(environment_steps)
    if total > 1:
        lived = schedule.environment_steps_due(total)
        assert environment_steps - 2 * max(1, 1 / ratio) < lived <= environment_steps


def test_every_run_learns():
    assert Interleaved(prefill=100, replay_ratio=0.25).gradient_steps_for(100) == 1
    assert Phases(prefill=100, awake=50, asleep=7).gradient_steps_for(100) == 7


def test_phases_are_a_staircase():
    assert due(Phases(prefill=100, awake=50, asleep=3), 8) == [100, 100, 100, 150, 150, 150, 200, 200]


def test_every_waking_phase_is_slept_over():
    """100 steps of prefill and two phases of 50: three nights of 3; the last gradient step knows all 200 steps."""
    schedule = Phases(prefill=100, awake=50, asleep=3)
    assert schedule.gradient_steps_for(200) == 9
    assert schedule.environment_steps_due(9 - 1) == 200
    assert schedule.gradient_steps_for(201) == schedule.gradient_steps_for(250) == 12


def test_the_settings_choose():
    alternating = TrainerSettings(prefill=7, replay_ratio=0.5)
    assert make_schedule(alternating) == Interleaved(7, 0.5)
    assert make_schedule(TrainerSettings(prefill=7, awake_steps=20, asleep_steps=5)) == Phases(7, 20, 5)
