import numpy as np
import pytest

from worldmodel.analysis.latent_clusters import cluster_latents
from worldmodel.errors import AnalysisError, NumericalError

PLACES = np.array([[0.0, 0, 10], [10, 0, 0], [0, 10, 0]])


def clouds(seed=0, sizes=(20, 40, 30)):
    labels = np.repeat(np.arange(3), sizes)
    return PLACES[labels] + np.random.default_rng(seed).standard_normal((len(labels), 3)), labels


def test_clouds_are_found_the_largest_first():
    latents, labels = clouds()
    found = cluster_latents(latents, 3)
    assert found.centres == pytest.approx(PLACES[[1, 2, 0]], abs=0.6)
    assert found.states(latents).tolist() == np.array([2, 0, 1])[labels].tolist()
    assert found.inertia == pytest.approx(3, abs=0.6)


def test_new_rows_go_to_the_nearest_centre():
    found = cluster_latents(clouds()[0], 3)
    rows = np.random.default_rng(1).uniform(0, 10, (50, 3))
    slowly = [int(np.argmin([np.linalg.norm(row - centre) for centre in found.centres])) for row in rows]
    assert found.states(rows.astype(np.float32)).tolist() == slowly


def test_the_same_seed_gives_the_same():
    latents = np.random.default_rng(0).standard_normal((200, 5))
    assert (cluster_latents(latents, 6, seed=4).centres == cluster_latents(latents, 6, seed=4).centres).all()


@pytest.mark.parametrize(
    ("latents", "clusters", "problem"),
    [
        (np.zeros((10, 2)), 2, "have 1 different rows, fewer than 2"),
        (np.eye(3), 4, "3 different rows"),
        (np.eye(3), 1, "tell nothing apart"),
        (np.zeros(3), 2, "2 axes"),
    ],
)
def test_what_cannot_be_grouped_is_refused(latents, clusters, problem):
    with pytest.raises(AnalysisError, match=problem):
        cluster_latents(latents, clusters)


def test_latents_must_be_finite_and_fit():
    with pytest.raises(NumericalError, match="latents"):
        cluster_latents(np.array([[0.0], [np.inf]]), 2)
    with pytest.raises(AnalysisError, match="have 2 features, and the clusters 3"):
        cluster_latents(clouds()[0], 3).states(np.zeros((1, 2)))
