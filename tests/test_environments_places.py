import numpy as np

from worldmodel.environments.places import Axis, Places


def test_a_thing_is_there_where_every_coordinate_is_known():
    ball = Places("ball", (Axis("x", 4), Axis("y", 3)), np.array([[0, 2], [-1, -1], [3, 0]]))
    assert ball.there.tolist() == [True, False, True] and ball.bins == (4, 3)
