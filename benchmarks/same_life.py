"""What each replay teaches of one and the same life: fresh Q-networks on the memory and world model of a finished run.

    python benchmarks/same_life.py RUN 3000 0.5 0 [settings]

takes the memory and the world model of RUN as they are, and lets a fresh Q-network learn from them for 3000 gradient
steps with an imagination share of 0.5 and the seed 0; other settings of RUN can be changed by further arguments, as
those of train.py. Nothing is lived meanwhile and the world model learns nothing more, so that shares differ in their
replay and in nothing else: not in what was lived, as in training, where better values lead to other lives. Prints the
mean score of 100 greedy games with its 95 % interval at every sixth of the steps, and the seconds that learning took
until then; and in the end, over the moments of 100 further games, what the actions taken were expected to bring, what
they brought (both discounted), and how far the best and the worst action were apart.
"""

from __future__ import annotations

import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent.parent))

from worldmodel.configuration import read_settings
from worldmodel.environments import Worlds, make_worlds
from worldmodel.learning import Agent
from worldmodel.memory import ReplayData, load_buffer
from worldmodel.running.calibration import Calibration
from worldmodel.running.evaluating import EVALUATION_SEED
from worldmodel.running.loading import load_agent
from worldmodel.running.machine import machine_in_words, prepare_machine
from worldmodel.running.players import AgentPlayer, play, separate_randomness
from worldmodel.running.resting import learn_values, without_values
from worldmodel.running.run_directory import RunDirectory
from worldmodel.running.settings import Settings
from worldmodel.running.statistics import summarise

GAMES, WORLDS, LOOKS = 100, 25, 6


@torch.no_grad()
def expectations(agent: Agent, worlds: Worlds) -> tuple[float, float, float]:
    """Q of the actions taken, the discounted return that came, and best minus worst Q: means over `GAMES` games."""
    player, calibration = AgentPlayer(agent), Calibration(worlds.count, agent.settings.discount)
    player.begin(worlds.count)
    step, spreads, seed = worlds.reset(range(worlds.count)), [], worlds.count
    while len(calibration.episodes) < GAMES:
        actions = player.act(step)
        assert player.state is not None
        values = agent.target_network.values(player.state.latent)
        spreads.append(float((values.amax(-1) - values.amin(-1)).mean()))
        step = worlds.step(actions)
        calibration.record(player.expected(), step)
        if step.ended.any():
            step, seed = worlds.restart(step.ended, range(seed, seed + worlds.count)), seed + worlds.count
    count, _, expected, came, *_ = np.sum(calibration.episodes, 0)
    return float(expected / count), float(came / count), float(np.mean(spreads))


def main(run: str, steps: str, share: str, seed: str, *arguments: str) -> None:
    """Learns, plays and prints."""
    directory = RunDirectory.open(run)
    settings = read_settings(Settings, ["--config", str(directory.config), *arguments])
    prepare_machine(settings.trainer.threads, settings.trainer.keep_memory)
    torch.manual_seed(int(seed))
    mixed = replace(settings.agent, imagination_share=float(share), imagination_warmup=0, imagination_ramp=0)
    agent = without_values(load_agent(run).world_model, mixed)
    data = ReplayData(settings.data, load_buffer(settings.data, run), settings.data.capacity, int(seed))
    optimizer = torch.optim.Adam(agent.q_network.parameters(), lr=settings.agent.learning_rate)
    print(f"{run}, share {share}, seed {seed}; {machine_in_words()}", flush=True)
    took = 0.0
    with closing(make_worlds(settings.environment, WORLDS, evaluation=True)) as worlds:
        for _ in range(LOOKS):
            began = time.perf_counter()
            for _ in range(int(steps) // LOOKS):
                learn_values(agent, data.sample(), optimizer)
            took += time.perf_counter() - began
            with separate_randomness(EVALUATION_SEED):
                score = summarise(play(worlds, AgentPlayer(agent), GAMES, EVALUATION_SEED), agent.spec.environment)
            print(
                f"{agent.gradient_steps:6d} gradient steps, {took:5.0f} s: {score.mean:6.2f} "
                f"({score.low:.2f} to {score.high:.2f})",
                flush=True,
            )
        with separate_randomness(EVALUATION_SEED):
            expected, came, spread = expectations(agent, worlds)
        print(f"expected {expected:.2f}, came {came:.2f}; best and worst action {spread:.2f} apart")


if __name__ == "__main__":
    main(*sys.argv[1:])
