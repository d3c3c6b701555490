"""What the replay of a run is like: its order, direction, reach and speed, and its places; as page, PNG and JSON."""

from __future__ import annotations

import json
import shlex
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch

from worldmodel.analysis.experienced_transitions import along_likeliest
from worldmodel.analysis.replay_order import ReplayOrder, replay_order
from worldmodel.environments import protocol_in_words
from worldmodel.errors import AnalysisError, StorageError
from worldmodel.experience import LatentState
from worldmodel.running.placing import Placed, play_placed
from worldmodel.running.players import separate_randomness
from worldmodel.running.replays import Stream
from worldmodel.studies.analysis_words import attempt
from worldmodel.studies.direction_part import direction_part
from worldmodel.studies.dreaming import Dreamer, lay_down
from worldmodel.studies.gathering import Gathered, States, gather, make_states, untrained, usable_lags
from worldmodel.studies.order_part import UNTRAINED, order_part, states_part
from worldmodel.studies.place_part import place_part
from worldmodel.studies.reach_part import coverage_part, speed_part
from worldmodel.studies.together_part import together_part
from worldmodel.viewing.analysis_page import AnalysisPage, Part, write_analysis
from worldmodel.viewing.analysis_plots import draw_orders
from worldmodel.viewing.pictures import as_pictures, as_sprite

FOLDER, PAGE, NUMBERS = "analysis", "analysis.html", "analysis.json"
GAMES, GAME_STEPS = 8, 300
NO_PLACE = "nothing tells where anything is in this world"


def analyse_run(
    run: str | Path,
    checkpoint: str = "last",
    states: int = 20,
    near: int = 10,
    seed: int = 0,
    output: Path | None = None,
) -> tuple[list[Path], dict[str, Any]]:
    """Writes page, figures and JSON into `output`, by default analysis/ of the run; files, and what the JSON holds.

    states: clusters of latents. near: steps from a reward that count as near it.
    What a run has too little of is left out, and the page says why. Raises FileError where there is no such run,
    checkpoint or experience, StorageError where nothing can be written.
    """
    dreamer = lay_down(run, checkpoint)
    folder = output or dreamer.directory.path / FOLDER
    with separate_randomness(seed):
        gathered = gather(dreamer, seed)
        fresh = untrained(dreamer, seed)
        control = gather(fresh, seed, reached=0)  # what knows nothing of ends dreams to the horizon
        acts, epsilon = dreamer.settings.trainer.learner == "agent", dreamer.settings.agent.epsilon_end
        world = dreamer.directory.environment()
        placed = play_placed(dreamer.agent, fresh.agent, world, GAMES, GAME_STEPS, epsilon, acts, seed)
        parts, drawn = replay_parts(dreamer, gathered, control, states, near, seed, folder)
    recurrent = dreamer.agent.world_model.recurrent_units
    for part, files in place_parts(placed, gathered.dreams.stream, recurrent, folder):
        parts.append(part)
        drawn += files
    parts.append(together_part("together", "What holds when all of this is asked at once?", parts))
    command = shlex.join(
        ["python", "-m", "worldmodel", "analyse", str(run), f"--states={states}", f"--near={near}", f"--seed={seed}"]
    )
    facts = _facts(dreamer, gathered, placed, states)
    page = AnalysisPage(f"What replay is like: {dreamer.agent.spec.environment}", facts, parts, command)
    files = [write_analysis(page, folder / PAGE), *drawn]
    found = {"facts": dict(facts), "command": command, "parts": {part.key: part.to_json() for part in parts}}
    numbers = folder / NUMBERS
    try:
        numbers.write_text(json.dumps(found, indent=1), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{numbers}: cannot be written: {error.strerror}; choose another folder") from error
    return [*files, numbers], found


def replay_parts(
    dreamer: Dreamer, gathered: Gathered, control: Gathered, number: int, near: int, seed: int, folder: Path
) -> tuple[list[Part], list[Path]]:
    """The parts about what was replayed, and the PNG files that were written."""
    drawn: list[Path] = []
    named: dict[str, States] = {}

    def states() -> States:
        if not named:
            named["run"] = make_states(gathered, number, seed)
        return named["run"]

    def order(key: str, question: str) -> Part:
        orders = all_orders(states(), gathered, control, number, seed)
        others = {other: another_number(gathered, other, seed) for other in (max(4, number // 2), 2 * number)}
        drawn.append(draw_orders(orders, folder / "order.png"))
        return order_part(key, question, orders, others)

    def turning(key: str, question: str) -> Part:
        dreams = gathered.dreams
        fresh = _tried(control, number, seed)
        return direction_part(key, question, states(), dreams.until, dreams.since, near, fresh)

    def shown(key: str, question: str) -> Part:
        return states_part(key, question, states(), portraits(dreamer, gathered, states()))

    def reach(key: str, question: str) -> Part:
        latents = (gathered.life.latents, gathered.left_out.latents, gathered.dreams.stream.latents)
        return coverage_part(key, question, states(), latents)

    def speed(key: str, question: str) -> Part:
        return speed_part(key, question, states())

    parts = [
        attempt("states", "What is replayed?", shown),
        attempt("order", "Does replay follow the order of life?", order),
        attempt("direction", "Which way does replay run, before reward and after it?", turning),
        attempt("coverage", "Do dreams go where life did not?", reach),
        attempt("speed", "Is replay faster than life?", speed),
    ]
    return parts, drawn


def all_orders(states: States, gathered: Gathered, control: Gathered, number: int, seed: int) -> dict[str, ReplayOrder]:
    """Sequenceness of left-out life, movies, dreams, and, where they can be asked, dreams of an untrained network."""
    lags = usable_lags(states)
    streams = {"life, left out": states.left_out, "movies": states.movies, "dreams": states.dreams}
    orders = {name: replay_order(*stream, states.order, lags, seed) for name, stream in streams.items()}
    if (fresh := _tried(control, number, seed)) is not None:
        with suppress(AnalysisError):  # a control that cannot be had is left out
            orders[UNTRAINED] = replay_order(*fresh.dreams, fresh.order, lags, seed)
    return orders


def another_number(gathered: Gathered, number: int, seed: int) -> ReplayOrder | str:
    """Sequenceness of dreams with another number of states, or why there is none."""
    try:
        states = make_states(gathered, number, seed)
        return replay_order(*states.dreams, states.order, usable_lags(states), seed)
    except AnalysisError as error:
        return str(error)


@torch.no_grad()
def portraits(dreamer: Dreamer, gathered: Gathered, states: States) -> dict[str, Any] | None:
    """A drawing of what the world model sees in the moment of life nearest to each state; None for vectors."""
    if not dreamer.agent.spec.pixels:
        return None
    model, life = dreamer.agent.world_model, gathered.life.latents
    order = along_likeliest(states.counts)
    nearest = [int(((life - states.clusters.centres[state]) ** 2).sum(1).argmin()) for state in order]
    features = torch.from_numpy(life[nearest]).to(dreamer.agent.device)
    shown = as_pictures(model.decode(LatentState(features, model.recurrent_units)).cpu().numpy())
    moments = np.bincount(states.life[0], minlength=len(order))[order]
    return {
        "kind": "portraits",
        "title": "What the world model sees in each state",
        "sprite": as_sprite(shown),
        "height": shown.shape[1],
        "width": shown.shape[2],
        "moments": moments.tolist(),
        "note": "Decoded from the moment of life nearest to the middle of each; below it, how many moments it has.",
    }


def place_parts(placed: Placed | None, dreams: Stream, recurrent: int, folder: Path) -> list[tuple[Part, list[Path]]]:
    """A part, with its PNG, for each thing whose place is known, or one that says why there is none."""
    question = "Is there a code of place, and do dreams run through it?"
    if placed is None or not placed.places:
        why = NO_PLACE if placed is None else "no game came back the same when it was played again"
        return [(Part("place", question, missing=why), [])]
    found = []
    for number, (name, places) in enumerate(placed.places.items()):
        asked = f"Is there a code of where the {name} is, and do dreams run through it?"
        picture = folder / f"place-{name}.png"
        answer = lambda key, question, places=places, picture=picture: place_part(  # noqa: E731
            key, question, placed, places, dreams, recurrent, picture
        )
        part = attempt(f"place-{number}", asked, answer)
        found.append((part, [] if part.missing else [picture]))
    return found


def _tried(gathered: Gathered, number: int, seed: int) -> States | None:
    try:
        return make_states(gathered, number, seed)
    except AnalysisError:
        return None


def _facts(dreamer: Dreamer, gathered: Gathered, placed: Placed | None, states: int) -> list[tuple[str, str]]:
    agent, settings = dreamer.settings.agent, dreamer.settings
    dreams = gathered.dreams
    acts = settings.trainer.learner == "agent"
    policy = f"epsilon {agent.dream_epsilon:g}" if acts else "random actions, since nobody acts"
    facts = [
        ("World", protocol_in_words(dreamer.agent.spec)),
        ("Run", str(dreamer.directory.path)),
        ("Checkpoint", f"{dreamer.checkpoint.name}, after {dreamer.reached.gradient_steps:,} gradient steps"),
        ("Movies", f"{_count(gathered.movies)}, from {gathered.source}"),
        (
            "Dreams",
            f"{_count(dreams.stream)}, begun in those movies by the run's settings: horizon {agent.horizon}, begun "
            f"“{agent.dream_starts}”, {policy}",
        ),
        ("Life", f"{_count(gathered.life)} as reference, {_count(gathered.left_out)} left out"),
        ("States", f"{states} clusters of latents (k-means on the reference)"),
    ]
    if placed is not None:
        games = len(set(placed.game.tolist()))
        played = f"epsilon {agent.epsilon_end:g}" if acts else "at random"
        facts.append(("Places", f"{len(placed.latents):,} moments of {games} games played for this, {played}"))
    return facts


def _count(stream: Stream) -> str:
    return f"{int(stream.event.max()) + 1:,} ({len(stream.latents):,} moments)"
