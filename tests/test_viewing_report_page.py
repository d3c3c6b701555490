"""The report card: which curves there are, and that text from a run stays text."""

import chromium
import numpy as np
from test_viewing_dream_page import HOSTILE, data_in

from worldmodel.analysis.validity import validity
from worldmodel.viewing.report_page import ReportCard, curves, write_report

browser = chromium.browser

ROWS = [
    {"environment_step": 10, "gradient_step": 1, "seconds": 1.0, "acting/return": 1.0},
    {"environment_step": 20, "gradient_step": 2, "evaluation/mean": 5.0, "evaluation/low": 4.0, "evaluation/high": 6.0},
    {"environment_step": 30, "gradient_step": 3, "acting/return": "NaN"},
]


def card(**changes) -> ReportCard:
    parts = {
        "title": "A world: report of a run",
        "score": {"games": "20", "mean": "5.00", "low": "4.00", "high": "6.00", "human_normalised": ""},
        "facts": [("Run", "runs/a")],
        "rows": ROWS,
        "film": None,
        "validity": {"reward": validity(np.zeros((9, 3)), {"mean reward": np.ones((9, 3))})},
        "commands": ["python train.py"],
        "untested": ["This is one seed."],
    }
    return ReportCard(**{**parts, **changes})


def test_curves_are_those_for_which_there_are_numbers():
    (score,) = curves(ROWS)
    evaluated, acting = score["lines"]
    assert (score["title"], score["last"], score["unit"]) == ("Score", 30, "environment steps")
    assert evaluated == {"name": "evaluation", "x": [20], "values": [5.0], "low": [4.0], "high": [6.0]}
    assert (acting["x"], acting["values"]) == ([10], [1.0])
    assert curves([]) == []


def test_where_nobody_acts_curves_run_over_gradient_steps():
    (found,) = curves([{"environment_step": None, "gradient_step": 7, "world_model/observation_loss": 0.3}])
    assert (found["last"], found["unit"], found["lines"][0]["x"]) == (7, "gradient steps", [7])


def test_long_curves_are_thinned():
    rows = [{"environment_step": i, "acting/return": float(i)} for i in range(3000)]
    assert 100 < len(curves(rows)[0]["lines"][0]["x"]) < 400


def test_hostile_text_stays_text(tmp_path):
    hostile = card(title=HOSTILE, facts=[(HOSTILE, HOSTILE)], commands=[HOSTILE], untested=[HOSTILE])
    text = write_report(hostile, tmp_path / "report.html").read_text()
    assert "<img" not in text and text.count("</script>") == 2 and "<td>3 steps</td>" in text
    assert data_in(text)["curves"][0]["title"] == "Score"


@chromium.needed
def test_it_opens_in_a_browser(tmp_path, browser):
    path = write_report(card(), tmp_path / "report.html")
    tab = browser.new_page(viewport={"width": 360, "height": 740})
    complaints = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(path.as_uri())
    tab.wait_for_selector("body[data-ready]")
    assert tab.locator("#curves svg").count() == 1 and tab.locator("#validity svg").count() == 1
    assert tab.evaluate("document.documentElement.scrollWidth") == 360 and complaints == []
    tab.close()
