"""Observations as pictures: images as they are, vectors as bars, and a sprite that gives them back."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from worldmodel.viewing.pictures import BARS, DOWN, UP, as_differences, as_pictures, as_sprite


def test_images_stay_as_they_are():
    frames = np.random.default_rng(0).integers(256, size=(3, 4, 5, 3), dtype=np.uint8)
    assert np.array_equal(as_pictures(frames), frames)
    assert as_differences(frames, frames).max() == 0


def test_vectors_are_bars_from_the_middle():
    """Entries 1 and -1/2 at scale 2: half of the upper, and a quarter of the lower half."""
    picture = as_pictures(np.array([[1.0, -0.5]]), np.array([2.0, 2.0]))[0]
    middle, left, right = BARS // 2, BARS // 4, 3 * BARS // 4
    assert picture.shape == (BARS, BARS, 3) and picture[middle, left].tolist() == [128] * 3
    up = (picture[:, left] == UP).all(-1).sum()
    down = (picture[:, right] == DOWN).all(-1).sum()
    assert up == pytest.approx(BARS / 4, abs=1) and down == pytest.approx(BARS / 8, abs=1.5)
    assert not (picture[:, left] == DOWN).all(-1).any()


def test_differences_of_vectors_have_the_sign_of_what_was_imagined_too_much():
    found = as_differences(np.array([[0.0]]), np.array([[1.0]]), np.array([1.0]))
    assert np.array_equal(found, as_pictures(np.array([[1.0]]), np.array([1.0])))


def test_entries_that_are_always_zero_have_no_bar():
    assert np.isin(as_pictures(np.zeros((1, 2)), np.zeros(2)), (128, 255)).all()


def test_a_sprite_holds_every_picture():
    frames = np.random.default_rng(0).integers(256, size=(3, 4, 5, 3), dtype=np.uint8)
    kind, content = as_sprite(frames).split(",")
    assert kind == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(content))) as sprite:
        found = np.asarray(sprite)
    assert np.array_equal(np.stack(np.split(found, 3, 1)), frames)
