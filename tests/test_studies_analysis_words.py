from dataclasses import dataclass

import numpy as np

from worldmodel.errors import AnalysisError, NumericalError
from worldmodel.studies.analysis_words import attempt, in_words, percent, plain
from worldmodel.viewing.analysis_page import Part


@dataclass(frozen=True)
class Inner:
    values: np.ndarray


def test_numbers_become_plain():
    found = plain({1: Inner(np.array([0.5, np.nan])), "n": np.int64(3), "inf": float("inf"), "all": (True, "x", None)})
    assert found == {"1": {"values": [0.5, None]}, "n": 3, "inf": None, "all": [True, "x", None]}


def test_numbers_in_words():
    assert in_words(0.0004) == "p < 0.001" and in_words(0.0234) == "p = 0.023"
    assert percent(0.256) == "26 %" and percent(0.0123, 1) == "1.2 %"


def test_what_data_cannot_answer_is_one_line():
    def few(key, question):
        raise AnalysisError("too\nfew")

    def broken(key, question):
        raise NumericalError("latents[3]: is nan")

    assert attempt("a", "Is it?", few) == Part("a", "Is it?", missing="too few")
    assert attempt("a", "Is it?", broken).missing == "latents[3]: is nan"
    assert attempt("a", "Is it?", Part) == Part("a", "Is it?")
