import numpy as np
from PIL import Image

from worldmodel.viewing.lab_plots import draw_learnability, draw_sequenceness


def test_the_figure_is_drawn_twice_and_lags_may_be_missing(tmp_path):
    effects = {}
    for rest in ("rest 1", "rest 2"):
        for stream in ("imagined", "movie"):
            for order in ("true", "visual"):
                values = np.random.default_rng(0).standard_normal((5, 4))
                values[0, 3] = np.nan
                effects[f"{rest}, {stream}", order] = values
    draw_sequenceness(effects, 0.3, tmp_path / "figure")
    with Image.open(tmp_path / "figure.png") as picture:
        assert picture.width > 1000
    assert (tmp_path / "figure.svg").stat().st_size > 10_000


def test_the_learning_curve_is_drawn_twice_and_a_subject_may_be_missing(tmp_path):
    query = [np.array([0.5, 0.6]), np.array([1.0, 0.9])]
    draw_learnability([8, 512], query, [np.array([0.0, np.nan]), np.array([0.5, 0.6])], tmp_path / "curve")
    with Image.open(tmp_path / "curve.png") as picture:
        assert picture.width > 800
    assert (tmp_path / "curve.svg").stat().st_size > 5_000
