"""What the parts of an analysis share: numbers in words and as plain types, and what is said where data are few."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np

from worldmodel.errors import AnalysisError, NumericalError
from worldmodel.viewing.analysis_page import Part

LEVEL = 0.05
"""Above this p nothing is claimed."""


def attempt(key: str, question: str, answer: Callable[[str, str], Part]) -> Part:
    """The part, or, where the data are too few or not finite, one line that says so."""
    try:
        return answer(key, question)
    except (AnalysisError, NumericalError) as error:
        return Part(key, question, missing=" ".join(str(error).split()))


def in_words(p: float) -> str:
    """A p to two digits, and never 0."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def percent(share: float, digits: int = 0) -> str:
    """A share as per cent."""
    return f"{100 * share:.{digits}f} %"


def plain(found: Any) -> Any:
    """Plain types, None in place of NaN."""
    if is_dataclass(found) and not isinstance(found, type):
        return plain(asdict(found))
    if isinstance(found, dict):
        return {str(name): plain(each) for name, each in found.items()}
    if isinstance(found, np.ndarray | list | tuple):
        return [plain(each) for each in found]
    if isinstance(found, float | np.floating):
        return round(float(found), 6) if np.isfinite(found) else None
    return int(found) if isinstance(found, np.integer) else found
