"""How long a checkpoint of a large network with much recorded life takes, beside what writing its weights alone takes.

python benchmarks/checkpoint_time.py [--config configs/size/12m.yaml] [--steps 100000]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from safetensors.torch import save_file

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from worldmodel.configuration import read_settings  # noqa: E402
from worldmodel.experience import Spec, Step  # noqa: E402
from worldmodel.learning import Agent  # noqa: E402
from worldmodel.memory import ReplayBuffer, ReplayData  # noqa: E402
from worldmodel.running.checkpoints import save_checkpoint  # noqa: E402
from worldmodel.running.settings import Settings  # noqa: E402
from worldmodel.running.tensor_trees import split_tensors  # noqa: E402

SPEC = Spec("ALE/Pong-v5", (64, 64, 3), "uint8", tuple("ABCDEF"), {})
LANES, REPEATS = 8, 5


def fill(buffer: ReplayBuffer, steps: int) -> None:
    """Records pictures with a moving square, whose episodes last 500 steps."""
    pictures = np.zeros((LANES, *SPEC.observation_shape), np.uint8)
    nowhere = np.zeros(LANES, bool)
    for t in range(steps // LANES):
        first = np.full(LANES, t % 500 == 0)
        picture = pictures.copy()
        picture[:, t % 60 : t % 60 + 4, t % 50 : t % 50 + 4] = t % 256
        buffer.record(Step(picture, np.zeros(LANES, np.float32), nowhere, nowhere, first, nowhere))
        buffer.answer(np.full(LANES, t % 6))


def seconds(work: Callable[[], object]) -> float:
    """Median of some repeats, after one that is not counted."""
    found = []
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return round(statistics.median(found[1:]), 3)


def write_weights(tensors: dict[str, torch.Tensor], path: Path) -> None:
    """The same tensors as one file, synchronised."""
    save_file(tensors, path)
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def main() -> None:
    """Prints both times, and how much was written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default=str(ROOT / "configs" / "size" / "12m.yaml"))
    parser.add_argument("--steps", type=int, default=100_000)
    options = parser.parse_args()
    settings = read_settings(Settings, ["--config", options.config])
    agent = Agent(SPEC, settings.world_model, settings.agent)
    optimizer = agent.configure_optimizers()
    for weight in agent.parameters():
        weight.grad = torch.zeros_like(weight)
    optimizer.step()
    with TemporaryDirectory(dir=ROOT) as folder:
        life = Path(folder) / "experience"
        buffer = ReplayBuffer(SPEC, options.steps + 8192, LANES, folder=life)
        data = ReplayData(settings.data, buffer, 1, 0)
        fill(buffer, options.steps)
        path = Path(folder) / "last"

        def tree() -> dict[str, object]:
            weights = {"state_dict": agent.state_dict(), "optimizer_states": [optimizer.state_dict()]}
            return {**weights, "ReplayData": data.state_dict()}

        def save() -> None:
            buffer.flush()
            save_checkpoint(tree(), path, previous=path.with_name("previous"))
            buffer.forget_evicted(keep=set())

        weights = {name: each for name, each in split_tensors(tree())[1].items() if not name.startswith("ReplayData")}
        whole = seconds(save)
        alone = seconds(lambda: write_weights(weights, Path(folder) / "weights"))
        megabytes = sum(file.stat().st_size for file in path.iterdir()) / 1e6
    report = {"checkpoint": whole, "weights_alone": alone, "beyond": round(whole - alone, 3), "MB": round(megabytes, 1)}
    print(json.dumps({"rows": len(buffer), **report}))


if __name__ == "__main__":
    main()
