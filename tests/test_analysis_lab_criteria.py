"""The criteria of the lab: they hold for planted effects, fail one by one where an effect is taken away, and say so
where subjects are too few."""

from dataclasses import replace

import numpy as np
import pytest

from worldmodel.analysis.lab_criteria import Measured, group_test, judge

EFFECTS = {
    ("rest 1, imagined", "true"): 0.8,
    ("rest 1, imagined", "visual"): 0.0,
    ("rest 1, imagined", "rewarded"): 0.8,
    ("rest 1, imagined", "neutral"): 0.8,
    ("rest 1, movie", "true"): 0.0,
    ("rest 1, movie", "visual"): 0.9,
    ("rest 2, planned", "rewarded"): -0.7,
    ("rest 2, planned", "neutral"): 0.0,
}


def planted(subjects=21, **changes) -> Measured:
    """Effects at lag 1, noise of 0.05 at all of four lags; `changes` names streams by number of their entry above."""
    g = np.random.default_rng(0)
    effects = {}
    for number, (key, size) in enumerate(EFFECTS.items()):
        effects[key] = 0.02 * g.standard_normal((subjects, 4))
        effects[key][:, 0] += changes.get(f"e{number}", size)
    weights = 0.02 * g.standard_normal((subjects, 4, 8, 8))
    for state in (0, 1, 2, 4, 5, 6):
        weights[:, 0, state, state + 1] += 0.8
    query = {share: np.full(subjects, right) for share, right in ((0.0, 0.5), (0.5, 1.0), (1.0, 1.0))}
    structure = {name: 0.8 + 0.1 * g.standard_normal(subjects) for name in ("position", "sequence")}
    transfer = np.array([0.2, 0, 0, 0]) + 0.05 * g.standard_normal((subjects, 4))
    return Measured(effects, weights, 50 + g.standard_normal(subjects), query, structure, transfer)


def verdicts(measured: Measured) -> dict[str, str]:
    return {each.name: each.verdict for each in judge(measured)}


def test_planted_effects_hold():
    assert verdicts(planted()) == {f"C{number}": "holds" for number in range(1, 9)}


@pytest.mark.parametrize(
    ("change", "fails"),
    [
        ({"e0": 0.0}, {"C1", "C2"}),
        ({"e0": -0.8}, {"C1", "C2"}),
        ({"e1": 0.3}, {"C2"}),
        ({"e4": 0.5}, {"C3"}),
        ({"e5": 0.0}, {"C3"}),
        ({"e6": 0.3}, {"C4"}),
        ({"e7": -0.7}, {"C4"}),
    ],
)
def test_each_criterion_fails_without_its_effect(change, fails):
    found = verdicts(planted(**change))
    assert {name for name, verdict in found.items() if verdict == "does not hold"} == fails


def test_runs_and_decisions_can_fail():
    measured = planted()
    assert verdicts(replace(measured, runs=-measured.runs))["C5"] == "does not hold"
    for query in ({0.0: 0.7, 1.0: 1.0}, {0.0: 0.5, 1.0: 0.85}):
        right = {share: np.full(21, mean) for share, mean in query.items()}
        assert verdicts(replace(measured, query=right))["C6"] == "does not hold"


def test_codes_of_structure_can_fail():
    measured = planted()
    none = 0.1 * np.random.default_rng(1).standard_normal(21)
    assert verdicts(replace(measured, structure={**measured.structure, "sequence": none}))["C7"] == "does not hold"
    assert verdicts(replace(measured, transfer=measured.transfer - [0.2, 0, 0, 0]))["C8"] == "does not hold"
    assert verdicts(replace(measured, transfer=-measured.transfer))["C8"] == "holds"


def test_few_subjects_are_not_enough_for_tests():
    found = verdicts(planted(subjects=3))
    assert all(found[f"C{number}"] == "not enough seeds" for number in range(1, 6))


def test_where_too_little_was_planned_nothing_is_said_of_it():
    measured = planted()
    measured.effects["rest 2, planned", "rewarded"][4] = np.nan
    found = {each.name: each for each in judge(measured)}["C4"]
    assert found.verdict == "cannot be told" and "by 1 of 21 subjects; mean of the others: rewarded -0." in found.found
    measured.effects["rest 2, planned", "rewarded"][:] = np.nan
    found = {each.name: each for each in judge(measured)}["C4"]
    assert found.found == "too few moments were planned by 21 of 21 subjects"


def test_lags_that_a_subject_lacks_are_left_out():
    effects = planted().effects["rest 1, imagined", "true"].copy()
    effects[3, 2:] = np.nan
    mean, p = group_test(effects, "greater")
    assert mean == pytest.approx(effects[:, 0].mean()) and p < 0.001
