import json

import torch
from counter_env import register_counter
from torch.utils.flop_counter import FlopCounterMode

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
    inside = sum(seconds for name, seconds in parts.items() if name not in ("total", "of it, encode forward"))
    assert all(seconds > 0 for seconds in parts.values()) and inside < 2 * parts["total"]
    assert 0 < timings.floor < parts["total"]
    assert timings.acting_steps_per_second > 0 and timings.environment_steps_per_second > 0
    assert "8 rollouts of 15 steps" in timings.work and "threads" in timings.machine
    assert json.loads(json.dumps(timings.to_json()))["precision"] == "32-true"
    assert "backward" in timings.in_words() and "multiply-adds" in timings.in_words()


def test_multiply_adds_are_counted_forward_and_backward():
    """One linear layer of 30 to 20 over 50 rows: forward, the gradient of its weights, and that of its inputs."""
    layer, rows = torch.nn.Linear(30, 20, bias=False), torch.randn(50, 30, requires_grad=True)
    with FlopCounterMode(display=False) as counted:
        layer(rows).sum().backward()
    assert counted.get_total_flops() / 2 == 3 * 30 * 20 * 50
