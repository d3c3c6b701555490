from worldmodel.analysis.lab_criteria import Verdict
from worldmodel.viewing.lab_page import Control, LabPage, write_lab


def test_the_page_says_all_of_it_and_nothing_is_taken_for_markup(tmp_path):
    verdict = Verdict("C1", "dreams <b>run</b> forward", "D +0.8", "holds")
    page = LabPage(21, 0, "data:,", [verdict], [Control("untrained", 6, "+0.01", "0.4")], "python -m x", fast=False)
    text = write_lab(page, tmp_path / "lab.html").read_text()
    for words in ("21 subjects", "counted: 0", "holds", "untrained", "by construction", "python -m x"):
        assert words in text
    assert "<b>run" not in text and "too few subjects for any claim" not in text
    fast = LabPage(3, 0, "data:,", [verdict], [], "x", fast=True)
    assert "too few subjects for any claim" in write_lab(fast, tmp_path / "fast.html").read_text()
