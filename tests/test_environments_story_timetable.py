from worldmodel.environments.story_timetable import FORK, Row, cue, localise, present, query, rest_before, story, walk

PAPER = ((7, 1, 6, 2), (3, 4, 0, 5))
FIXATION = Row("fixation")


def test_each_phase_is_shown_in_a_row():
    first = [Row("present", 7, 0), Row("present", 1, 1), Row("present", 6, 2), Row("present", 2, 3), FIXATION, FIXATION]
    second = [Row("present", s, 4 + slot) for slot, s in enumerate((3, 4, 0, 5))] + [FIXATION, FIXATION]
    assert present(PAPER, 1) == first + second
    assert present(PAPER, 2) == first + first + second + second


def test_an_object_shown_again_keeps_its_slot():
    rows = present(((1, 2, 4, 5), (0, 1, 3, 4)), 1)  # [vase water, barrel oil], [dog vase, robot barrel]
    assert [row.slot for row in rows if row.phase == "present"] == [0, 1, 2, 3, 4, 0, 5, 2]


def test_the_end_of_one_sequence_pays():
    paid, unpaid = Row("outcome", -1, -1, 1.0), Row("outcome", -1, -1, 0.0)
    assert cue([1, 0], 4, rewarded=1) == [Row("cue", 7), paid, Row("cue", 3), unpaid]
    assert cue([1, 0], 4, rewarded=0) == [Row("cue", 7), unpaid, Row("cue", 3), paid]
    assert cue([], 4, rewarded=-1) == []


def test_a_walk_follows_the_true_order_to_the_end():
    assert walk(5, 4, rewarded=1) == [
        Row("walk", 5),
        Row("walk", 6),
        Row("walk", 7),
        Row("outcome", reward=1.0),
    ]
    assert walk(3, 4, rewarded=1) == [Row("walk", 3), Row("outcome")]
    assert [row.reward for row in walk(0, 3, rewarded=-1)] == [0.0] * 4


def test_a_whole_story():
    told = story(PAPER, 2, [0, 1], 4, 0)
    assert told == [*present(PAPER, 2), *cue([0, 1], 4, 0), FORK]
    assert len(told) == 2 * 2 * (4 + 2) + 2 * 2 + 1
    assert query(told, 5) == [*told, Row("walk", 5)]


def test_rest_and_single_objects():
    assert rest_before() == [FIXATION, FIXATION, FORK]
    assert localise([3, 3, 0]) == [r for s in (3, 3, 0) for r in (Row("localise", s), FIXATION)]
