"""The questions of reach and speed: whether dreams go where life did not, and whether they go faster."""

from __future__ import annotations

import numpy as np

from worldmodel.analysis.beyond_life import beyond_life
from worldmodel.analysis.coverage import coverage, novelty, transitions
from worldmodel.analysis.time_compression import compare_speed
from worldmodel.studies.analysis_words import percent, plain
from worldmodel.studies.gathering import States
from worldmodel.viewing.analysis_page import Part


def coverage_part(key: str, question: str, states: States, latents: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Part:
    """What dreams visit that life did not; `latents` are those of life, of left-out life, and of dreams."""
    beyond = beyond_life(*latents)
    steps = min(len(states.left_out[0]), len(states.dreams[0]))
    covered = {}
    new = {}
    lived = transitions(*states.life)
    for name, (each, event) in (("life, left out", states.left_out), ("dreams", states.dreams)):
        covered[name] = coverage(states.life[0], each[:steps])
        new[name] = novelty(lived, transitions(each[:steps], event[:steps]))
    return Part(
        key,
        question,
        says=f"{percent(beyond.share)} of dreamt moments lie farther from life than 95 % of left-out life does, so "
        f"that 5 % is what life itself has. {percent(new['dreams'].share)} of dreamt steps between states were never "
        f"lived, beside {percent(new['life, left out'].share)} of as many steps of left-out life.",
        limits="Beyond life may be imagination or error: how deep dreams can be trusted stands on the page of dreams "
        "(validity). A new step between clusters is new only as far as clusters tell moments apart.",
        null=f"Half of the life looked at was left out of the reference; both are compared on {steps:,} moments.",
        columns=("stream", "states in both", "only in life", "only there", "steps never lived", "kinds of steps"),
        rows=[
            (
                name,
                percent(covered[name].both),
                percent(covered[name].only_life),
                percent(covered[name].only_dreams),
                percent(new[name].share, 1),
                f"{new[name].kinds:,}",
            )
            for name in covered
        ],
        found={"beyond_life": plain(beyond), "states": plain(covered), "steps": plain(new), "moments": steps},
    )


def speed_part(key: str, question: str, states: States) -> Part:
    """How fast states change in dreams beside life."""
    found = compare_speed(*states.dreams, *states.left_out)
    verdict = "as fast as" if found.low <= 1 <= found.high else "faster than" if found.low > 1 else "slower than"
    return Part(
        key,
        question,
        says=f"Per call of the model dreams pass from state to state {verdict} life does per step of the world: "
        f"compression {found.compression:.2f} (95 % interval {found.low:.2f} to {found.high:.2f}); "
        f"{found.replayed:.2f} changes a call, {found.lived:.2f} a step.",
        limits="A dream advances one step of the world per call, so that, counted in steps, its compression is always "
        "1; only changes of state can differ, for instance because dreams follow today's policy and life explored. It "
        "cannot be compared with the twentyfold compression in animals, "
        "which is of seconds.",
        null=f"1 is no difference. The interval is over {found.events:,} dreams ({found.steps:,} calls).",
        found=plain(found),
    )
