"""What cannot be used is refused in one line."""

import numpy as np
import pytest

from worldmodel.analysis.requirements import finite, require, whole
from worldmodel.errors import AnalysisError, NumericalError


def test_what_can_be_used_becomes_float64_or_int64():
    assert finite(np.ones((2, 3), np.float32), "latents", 2).dtype == np.float64
    assert whole(np.array([1.0, 2.0]), "labels").tolist() == [1, 2]
    assert whole([True, False], "labels").dtype == np.int64
    require(True, "never said")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_bad_number_is_named_with_its_place(bad):
    values = np.zeros((4, 2))
    values[2, 1] = values[3, 0] = bad
    with pytest.raises(NumericalError, match=rf"latents\[2, 1\]: is {bad}, and 2 of 8 are not finite") as caught:
        finite(values, "latents", 2)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("values", [np.zeros(3), np.zeros((0, 3)), np.zeros((2, 3, 4))])
def test_another_shape_is_refused(values):
    with pytest.raises(AnalysisError, match="latents"):
        finite(values, "latents", 2)


@pytest.mark.parametrize("values", [[0.5], [np.nan], [[1]], ["A"]])
def test_labels_are_whole_numbers(values):
    with pytest.raises(AnalysisError, match="labels"):
        whole(np.array(values), "labels")
