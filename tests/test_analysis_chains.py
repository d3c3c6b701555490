import pytest

from worldmodel.analysis.chains import steps_of, transition_matrix
from worldmodel.errors import AnalysisError


def test_steps_and_matrix_by_hand():
    chains = [[2, 0], [1, 4, 3]]
    assert steps_of(chains).tolist() == [[2, 0], [1, 4], [4, 3]]
    matrix = transition_matrix(chains, 5)
    assert matrix[2, 0] == matrix[1, 4] == matrix[4, 3] == 1 and matrix.sum() == 3


@pytest.mark.parametrize(
    ("chains", "problem"),
    [
        ([], "there is none"),
        ([[0, 1], [2]], "less than two states"),
        ([[0, 1], [1, 2]], "twice"),
        ([[0, 8]], "0 to 7"),
        ([[-1, 0]], "0 to 7"),
        ([[0, 0.5]], "whole numbers"),
    ],
)
def test_chains_that_mean_nothing_are_refused(chains, problem):
    with pytest.raises(AnalysisError, match=problem):
        transition_matrix(chains, 8)
