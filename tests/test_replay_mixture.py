import pytest

from worldmodel.replay import Mixture


@pytest.mark.parametrize("step", [0, 1, 10, 1000])
def test_share_zero_never_imagines(step):
    mixture = Mixture(0.0, warmup=10, ramp=5)
    assert (mixture.movie(step), mixture.imagination(step)) == (1.0, 0.0)


@pytest.mark.parametrize("step", [0, 9, 10, 12, 1000])
def test_share_one_never_learns_from_movies(step):
    assert Mixture(1.0, warmup=10, ramp=5).movie(step) == 0.0


def test_the_end_is_exact():
    for share in (0.0, 0.3, 0.5, 0.7, 1.0):
        mixture = Mixture(share, warmup=10, ramp=3)
        assert mixture.imagination(13) == share and mixture.imagination(10**6) == share
        assert mixture.movie(13) == (0.0 if share == 1 else 1.0 - share)


def test_warm_up_and_ramp_by_hand():
    mixture = Mixture(0.8, warmup=3, ramp=3)
    shares = [mixture.imagination(step) for step in range(8)]
    assert shares == pytest.approx([0, 0, 0, 0.2, 0.4, 0.6, 0.8, 0.8])
    assert shares[:3] == [0, 0, 0]
    assert [mixture.movie(step) for step in range(8)] == pytest.approx([1, 1, 1, 0.8, 0.6, 0.4, 0.2, 0.2])


def test_without_warm_up_and_ramp_it_holds_from_the_first_step():
    assert (Mixture(0.25).imagination(0), Mixture(0.25).movie(0)) == (0.25, 0.75)


def test_below_one_both_weights_are_the_whole():
    mixture = Mixture(0.6, warmup=7, ramp=11)
    assert all(mixture.movie(step) + mixture.imagination(step) == pytest.approx(1) for step in range(40))


def test_share_one_grows_with_the_ramp():
    mixture = Mixture(1.0, warmup=2, ramp=1)
    assert [mixture.imagination(step) for step in range(5)] == [0, 0, 0.5, 1, 1]
