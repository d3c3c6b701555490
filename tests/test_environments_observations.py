import numpy as np
import pytest
from gymnasium import spaces

from worldmodel.environments.observations import observations_of
from worldmodel.errors import EnvironmentFailure


def shown(space, image_size=None, grayscale=False):
    return observations_of(space, "X-v0", image_size, grayscale)


def image(*shape):
    return spaces.Box(0, 255, shape, np.uint8)


def test_vectors_are_flattened_to_float32_and_copied():
    vectors = shown(spaces.Box(-1, 1, (2, 3), np.float64))
    raw = np.arange(6.0).reshape(1, 2, 3)
    out = vectors(raw)
    assert vectors.shape == (6,) and out.dtype == vectors.dtype == "float32"
    raw[:] = -1
    assert out.tolist() == [[0, 1, 2, 3, 4, 5]]


def test_the_bytes_of_a_console_are_a_vector():
    assert shown(image(128)).shape == (128,)


def test_float32_is_copied_too():
    raw = np.zeros((1, 2), np.float32)
    assert not np.shares_memory(shown(spaces.Box(0, 1, (2,), np.float32))(raw), raw)


def test_new_pixels_are_the_mean_of_the_area_they_cover():
    raw = np.array([[[0, 2, 10, 10], [4, 6, 10, 10], [1, 1, 8, 0], [1, 1, 0, 8]]], np.uint8)
    pixels = shown(image(4, 4), image_size=2)
    assert pixels.shape == (2, 2, 1)
    assert pixels(raw)[0, ..., 0].tolist() == [[3, 10], [1, 4]]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_channels_are_resized_one_by_one(channels):
    raw = np.random.default_rng(0).integers(0, 256, (2, 4, 6, channels), np.uint8)
    means = raw.reshape(2, 2, 2, 2, 3, channels).mean((2, 4))
    out = shown(image(4, 6, channels), image_size=2)(raw)
    assert out.shape == (2, 2, 2, channels) and out.dtype == np.uint8
    assert np.abs(out - means).max() <= 1


def test_images_of_the_right_size_are_copied_as_they_are():
    raw = np.random.default_rng(0).integers(0, 256, (2, 10, 10, 5), np.uint8)
    for image_size in (None, 10):
        out = shown(image(10, 10, 5), image_size, grayscale=True)(raw)
        np.testing.assert_array_equal(out, raw)
        assert not np.shares_memory(out, raw)


def test_grayscale_weighs_the_colors_as_the_eye_does():
    raw = np.zeros((1, 8, 8, 3), np.uint8)
    raw[..., 1] = 200  # green counts 0.587
    pixels = shown(image(8, 8, 3), image_size=4, grayscale=True)
    assert pixels.shape == (4, 4, 1)
    assert (pixels(raw) == 117).all()


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (spaces.Discrete(4), "kind Discrete are not supported; flatten them with gymnasium.wrappers.FlattenObs"),
        (spaces.Dict({"a": image(2)}), "kind Dict are not supported; flatten"),
        (spaces.Tuple([image(2)]), "kind Tuple are not supported; flatten"),
        (spaces.Box(0, 1, (8, 8, 3), np.float32), "give images as uint8"),
        (image(4, 8, 8, 3), "give images as uint8"),
        (image(3, 64, 64), "channels first"),
    ],
)
def test_refusals(space, message):
    with pytest.raises(EnvironmentFailure, match="'X-v0'") as caught:
        shown(space)
    assert message in str(caught.value)
