import numpy as np
import pytest

from worldmodel.analysis.alternatives import towards


@pytest.mark.parametrize(("alternative", "wanted"), [("two-sided", [2, 3]), ("greater", [-2, 3]), ("less", [2, -3])])
def test_more_speaks_for_the_alternative(alternative, wanted):
    assert towards(np.array([-2, 3]), alternative).tolist() == wanted
