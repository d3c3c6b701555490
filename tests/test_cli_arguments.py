import argparse

import pytest

from worldmodel.cli.arguments import natural, positive, positives


def test_whole_numbers_within_their_bounds():
    assert natural("0") == 0 and positive("7") == 7
    for kind, text in ((natural, "-1"), (positive, "0")):
        with pytest.raises(argparse.ArgumentTypeError, match="must be at least"):
            kind(text)
    with pytest.raises(ValueError):
        positive("many")


def test_several_whole_numbers_with_commas_between():
    assert positives("8,32") == (8, 32) and positives("1") == (1,)
    for wrong in ("", "8,", "8,0"):
        with pytest.raises((ValueError, argparse.ArgumentTypeError)):
            positives(wrong)
