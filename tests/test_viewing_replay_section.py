"""The section of a page about one recorded episode: numbers as counted, and words where there is nothing to show."""

import numpy as np
import torch
from small_agent import tiny_agent
from test_memory_life import PIXELS, VECTOR, FakeWorlds
from test_running_replayed import ledger

from worldmodel.memory.buffer import ReplayBuffer
from worldmodel.memory.ledger import ENTRY, IMAGINED, MOVIE
from worldmodel.viewing.replay_section import NO_LEDGER, NOTHING_STORED, make_section, section_data

ENTRIES = ledger(
    (4, MOVIE, 1, 0, 4, 0.5),
    (5, IMAGINED, 1, 2, 6, np.nan),
    (6, MOVIE, 1, 2, 8, 0.125),
    (7, MOVIE, 0, 2, 8, 0.125),
)


def section(entries=ENTRIES, spec=PIXELS, acts=True):
    worlds = FakeWorlds(ReplayBuffer(spec, 2000, 1, chunk_steps=8), 0, longest=30, shortest=30).live(100)
    torch.manual_seed(0)
    return make_section(tiny_agent(spec), worlds.buffer, entries, "prioritised", 6, acts)


def test_what_is_told_is_what_was_counted():
    found = section()
    assert (found.clips, found.dreams, found.steps, found.order) == (2, 1, (4, 7), "prioritised")
    told = section_data(found)
    assert (told["first"], told["rows"], told["steps"]) == (0, 30, [4, 7])
    assert told["movies"][:5] == [1, 1, 2, 2, 1] and sum(told["dreams"]) == told["dreams"][2] == 1
    assert told["priority"][:3] == [0.5, 0.5, 0.125] and told["priority"][10] is None
    assert told["drawn_movies"] == [[4, 6], [0, 2], [4, 8]] and told["drawn_dreams"] == [[5], [2], [6]]
    assert told["paid"] == list(range(1, 30)) and len(told["frame_rows"]) == 12 and told["frame_rows"][-1] == 28
    assert (told["width"], told["height"]) == (4, 4) and told["frames"].startswith("data:image/png;base64,")
    first, last, movies, dreams, step, priority = told["table"][1]
    assert (first, last, movies, dreams, step, priority) == (2, 3, 2, 1, 6, 0.125)
    assert told["table"][-1][1:] == [29, 0, 0, None, None] and len(told["table"]) == 24


def test_strips_show_the_same_steps_side_by_side():
    moments = section_data(section())["moments"]
    assert [moment["row"] for moment in moments] == [2, 24] and moments[0]["ahead"] == [0, 1, 2, 3, 4, 5, 6]
    movie, same, own = moments[0]["strips"]
    assert [strip["imagined"] for strip in (movie, same, own)] == [False, True, True]
    assert movie["action"] == same["action"] and movie["action"][0] is None and movie["shown"] == 7
    late = section_data(section(ledger((1, MOVIE, 1, 28, 2, 1))))["moments"][-1]
    assert [strip["shown"] for strip in late["strips"]] == [2, 2, 7] and late["title"] == "Most often in movies"


def test_vectors_are_bars_and_without_an_agent_nothing_is_chosen():
    told = section_data(section(spec=VECTOR, acts=False))
    assert told["width"] == 64 and [len(moment["strips"]) for moment in told["moments"]] == [2, 2]


def test_where_there_is_nothing_to_show_it_says_why():
    assert section(None) == NO_LEDGER
    assert section(np.zeros(0, ENTRY)) == section(ledger((1, MOVIE, 999, 0, 4, 1))) == NOTHING_STORED
