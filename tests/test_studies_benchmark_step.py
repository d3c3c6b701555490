import json

from counter_env import register_counter

from worldmodel.studies.benchmark_step import time_step


def test_every_part_is_timed():
    register_counter()
    sizes = {"recurrent_units": 16, "variables": 4, "classes": 4, "units": 16, "bins": 11}
    arguments = [f"--world_model.{name}={value}" for name, value in sizes.items()]
    arguments += ["--environment.id=Counter-v0", "--environment.count=2", "--data.sequence_length=8"]
    arguments += ["--data.batch_size=4", "--trainer.threads=1", "--agent.units=16", "--agent.rollouts=8"]
    timings = time_step(arguments, repeats=2)
    parts = timings.parts
    assert {"sample", "imagine", "backward", "optimizer", "total"} <= parts.keys()
    inside = sum(seconds for name, seconds in parts.items() if name != "total")
    assert all(seconds > 0 for seconds in parts.values()) and inside < 2 * parts["total"]
    assert timings.acting_steps_per_second > 0 and timings.environment_steps_per_second > 0
    assert "8 rollouts of 15 steps" in timings.work and "threads" in timings.machine
    assert json.loads(json.dumps(timings.to_json()))["precision"] == "32-true"
    assert "backward" in timings.in_words()
