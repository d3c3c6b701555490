"""Kinds of numbers that commands take."""

from __future__ import annotations

import argparse


def natural(text: str) -> int:
    """A whole number of at least 0, for argparse."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must be at least 0 (got {number})")
    return number


def positive(text: str) -> int:
    """A whole number of at least 1, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1 (got {number})")
    return number


def positives(text: str) -> tuple[int, ...]:
    """Whole numbers of at least 1 with commas between, for argparse."""
    return tuple(positive(each) for each in text.split(","))
