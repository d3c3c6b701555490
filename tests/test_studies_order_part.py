import numpy as np
import pytest
from small_replay import STATES, named

from worldmodel.analysis.replay_order import replay_order
from worldmodel.studies.order_part import UNTRAINED, order_part, states_part


def orders(dreams=1, control=False):
    states = named(dreams)
    streams = {"life, left out": states.left_out, "movies": states.movies, "dreams": states.dreams}
    if control:
        streams[UNTRAINED] = (np.random.default_rng(0).permutation(states.dreams[0]), states.dreams[1])
    return {name: replay_order(*stream, states.order, [1, 2], shuffles=200) for name, stream in streams.items()}


@pytest.mark.parametrize(("dreams", "told"), [(1, "Dreams run forward"), (-1, "Dreams run in reverse")])
def test_the_direction_of_dreams_is_told(dreams, told):
    found = orders(dreams, control=True)
    part = order_part("order", "?", found, {4: found["dreams"], 16: "no order"})
    assert part.says.startswith(told) and "4 say the same and 16 have no order to follow" in part.says
    assert "untrained network" in part.says and [row[0] for row in part.rows][-2:] == [
        "dreams, 4 states",
        "dreams, 16 states",
    ]
    assert part.found["streams"]["dreams"]["p"] <= 0.05 and part.null.startswith("Labels") and "200 times" in part.null
    assert all(len(line["values"]) == 2 for figure in part.figures for line in figure["lines"])


def test_dreams_in_any_order_are_not_called_ordered():
    found = orders(control=True)
    part = order_part("order", "?", {**found, "dreams": found[UNTRAINED]}, {8: orders()["dreams"]})
    assert "cannot be told" in part.says and "8 do not" in part.says


def test_states_are_told_with_their_transitions():
    part = states_part("states", "?", named(), None)
    life, dreams = (np.array(figure["cells"]) for figure in part.figures)
    assert life.shape == dreams.shape == (STATES, STATES) and np.diag(life, 1) == pytest.approx(
        np.full(7, 0.91), abs=0.05
    )
    assert f"{STATES} pairs" in part.says and part.found["states"] == STATES
    assert states_part("states", "?", named(), {"kind": "portraits"}).figures[0] == {"kind": "portraits"}
