import numpy as np
from PIL import Image

from worldmodel.analysis.replay_order import ReplayOrder
from worldmodel.viewing.analysis_plots import draw_orders, draw_places


def found() -> ReplayOrder:
    values = np.array([0.5, 0.1, -0.1])
    return ReplayOrder(np.array([1, 2, 3]), values, -values, 2 * values, 0 * values, 0.2, 0.01, 0.002, 300, 30)


def size(path):
    with Image.open(path) as picture:
        return picture.size


def test_orders_and_places_are_drawn(tmp_path):
    assert size(draw_orders({"movies": found(), "dreams": found()}, tmp_path / "new" / "order.png")) == (840, 504)
    even = np.random.default_rng(0).random((6, 3))
    even[2] = np.nan
    line = draw_places(even, np.arange(6), np.arange(6), "paddle", tmp_path / "line.png")
    plane = draw_places(np.zeros((4, 5, 0)), np.eye(4, 5), np.zeros((4, 5)), "ball", tmp_path / "plane.png")
    assert size(line) == (980, 840) and size(plane) == (980, 630)


def test_no_unit_of_place_is_no_error(tmp_path):
    assert draw_places(np.zeros((6, 0)), np.arange(6), np.arange(6), "paddle", tmp_path / "line.png").exists()
