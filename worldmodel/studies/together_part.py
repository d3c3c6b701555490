"""The last question of an analysis: what holds when all of its tests are taken together."""

from __future__ import annotations

from scipy.stats import false_discovery_control

from worldmodel.studies.analysis_words import LEVEL, plain
from worldmodel.viewing.analysis_page import Part


def together_part(key: str, question: str, parts: list[Part]) -> Part:
    """Every test of the parts before, with p corrected for all of them (Benjamini & Hochberg 1995)."""
    tests = {asked: p for part in parts for asked, p in part.tests.items()}
    if not tests:
        return Part(key, question, missing="there is no test on this page")
    corrected = dict(zip(tests, false_discovery_control(list(tests.values())).tolist(), strict=True))
    held = [asked for asked, p in corrected.items() if p <= LEVEL]
    lost = [asked for asked, p in tests.items() if p <= LEVEL < corrected[asked]]
    return Part(
        key,
        question,
        says=f"{len(held)} of {len(tests)} tests hold after correction. {_lost(lost)}",
        limits="Each sentence above goes by its own p. What depends on one run and one checkpoint is not corrected by "
        "this: other seeds are the test of that.",
        null="Benjamini & Hochberg 1995: of what holds here at most one in twenty is expected to be chance.",
        columns=("is it so that", "p", "p corrected"),
        rows=[(asked, f"{p:.2g}", f"{corrected[asked]:.2g}") for asked, p in tests.items()],
        found={"p": plain(tests), "corrected": plain(corrected)},
    )


def _lost(lost: list[str]) -> str:
    if not lost:
        return "None is lost by it."
    return f"Lost by it: {'; '.join(lost)}."
