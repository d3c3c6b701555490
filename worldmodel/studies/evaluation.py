"""What a run learned, measured: whole games that it has never played, and all that is needed to quote the score."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worldmodel.analysis.published import HUMAN_BY
from worldmodel.environments import Worlds, make_worlds, protocol_in_words
from worldmodel.errors import FileError
from worldmodel.experience import Spec
from worldmodel.running.loading import load_agent
from worldmodel.running.machine import choose_device, machine_in_words, prepare_machine
from worldmodel.running.players import AgentPlayer, Player, RandomPlayer, play, separate_randomness
from worldmodel.running.reached import Reached, reached_by
from worldmodel.running.run_directory import RunDirectory
from worldmodel.running.settings import Settings
from worldmodel.running.statistics import Score, summarise

MOST_WORLDS = 32
"""Games played side by side."""
AGENT, RANDOM = "agent (EMA network)", "random"


@dataclass(frozen=True)
class EvaluationReport:
    """A score with everything it depends on.

    run: the run directory.
    player: who played, `AGENT` or `RANDOM`.
    epsilon: probability of a random action; None where every action was.
    checkpoint: what was loaded, and `trained`, how long it had been trained; None where chance played.
    spec: the worlds as they were played in, which is not quite how they were trained in (lost lives).
    scores: of every game, unclipped, in the order of their seeds.
    """

    run: Path
    player: str
    epsilon: float | None
    checkpoint: Path | None
    trained: Reached | None
    spec: Spec
    seed: int
    score: Score
    scores: list[float]
    machine: str

    def to_json(self) -> dict[str, Any]:
        """Plain types, None for what is not known or not a number."""
        score = {name: value if _known(value) else None for name, value in self.score.to_json().items()}
        return {
            "run": str(self.run),
            "checkpoint": str(self.checkpoint) if self.checkpoint else None,
            "environment_steps": self.trained.environment_steps if self.trained else None,
            "gradient_steps": self.trained.gradient_steps if self.trained else None,
            "environment": self.spec.environment,
            "protocol": self.spec.protocol,
            "protocol_in_words": protocol_in_words(self.spec),
            "player": self.player,
            "epsilon": self.epsilon,
            "seed": self.seed,
            **score,
            "scores": self.scores,
            "machine": self.machine,
        }

    def in_words(self) -> str:
        """A few lines for a person."""
        score = self.score
        error = f"{score.standard_error:,.2f}" if _known(score.standard_error) else "unknown"
        lines = {
            "player": self.player if self.epsilon is None else f"{self.player}, epsilon {self.epsilon:g}",
            "games": f"{score.games} of {self.spec.environment}, seed {self.seed}",
            "mean score": f"{score.mean:,.2f}, standard error {error}",
            "95 % interval": f"{score.low:,.2f} to {score.high:,.2f} (bootstrap)",
        }
        if score.human_normalised is not None:
            lines["human-normalised"] = f"{score.human_normalised:.3f} (0 random, 1 human: {HUMAN_BY})"
        if self.checkpoint and self.trained:
            steps = self.trained.environment_steps
            lived = "an unknown number of" if steps is None else f"{steps:,}"
            lines["trained for"] = f"{lived} environment steps, {self.trained.gradient_steps:,} gradient steps"
            lines["checkpoint"] = str(self.checkpoint)
        lines |= {"protocol": protocol_in_words(self.spec), "machine": self.machine}
        return "\n".join(f"{name:17} {text}" for name, text in lines.items())


def evaluate_run(
    run: str | Path, checkpoint: str = "last", episodes: int = 100, seed: int = 0, random: bool = False
) -> EvaluationReport:
    """Plays `episodes` fresh games with what a run learned, by its evaluations' epsilon, or at random.

    `run` is a run directory, of which `checkpoint` ("last" or "best") is taken, or a checkpoint. `seed` decides the
    games, whatever is played beside them; nothing outside is moved by the draws.

    Raises FileError where there is no such run or checkpoint, or where they do not fit each other or the environment.
    """
    directory = RunDirectory.open(run)
    settings, trained_in = directory.settings(), directory.spec()
    prepare_machine(settings.trainer.threads, settings.trainer.keep_memory)
    player: Player = RandomPlayer(len(trained_in.actions), seed)
    epsilon = settings.trainer.evaluation_epsilon
    path, trained = None, None
    if not random:
        _must_act(settings, directory)
        player = AgentPlayer(load_agent(run, checkpoint, choose_device(settings.trainer.accelerator)), epsilon)
        path = directory.checkpoint(run, checkpoint)
        trained = reached_by(path)
    environment, count = directory.environment(), min(episodes, MOST_WORLDS)
    worlds = make_worlds(environment, count, evaluation=True, restarts=environment.restarts)
    with closing(worlds), separate_randomness(seed):
        _must_fit(worlds, trained_in, directory)
        scores = play(worlds, player, episodes, seed)
    return EvaluationReport(
        run=directory.path,
        player=RANDOM if random else AGENT,
        epsilon=None if random else epsilon,
        checkpoint=path,
        trained=trained,
        spec=worlds.spec,
        seed=seed,
        score=summarise(scores, worlds.spec.environment),
        scores=scores,
        machine=machine_in_words(),
    )


def _must_act(settings: Settings, run: RunDirectory) -> None:
    """Refuses a run that learned a world model alone."""
    if settings.trainer.learner == "world_model":
        raise FileError(
            f"{run.path}: learned a world model alone, so there is nobody to evaluate; "
            "film its dreams (worldmodel dream), or add --random"
        )


def _must_fit(worlds: Worlds, trained_in: Spec, run: RunDirectory) -> None:
    """Refuses worlds in which what was learned means nothing."""
    for what in ("environment", "observation_shape", "observation_dtype", "actions"):
        found, expected = getattr(worlds.spec, what), getattr(trained_in, what)
        if found != expected:
            raise FileError(
                f"{run.config}: describes a world whose {what.replace('_', ' ')} is {found}, but the run was trained "
                f"with {expected}; use the config.yaml it was made with"
            )


def _known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
