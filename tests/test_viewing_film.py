from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from worldmodel.viewing.dream import Dream
from worldmodel.viewing.film import (
    BORDER,
    CAPTION,
    DREAMING,
    LABEL,
    LOOKING,
    difference,
    to_rgb,
    write_film,
    write_strip,
)

Picture = np.ndarray


def dream_of(truth: np.ndarray, error: float = 0.0, context: int = 2) -> Dream:
    """The truth seen without, and imagined with an error."""
    seen = truth.astype(np.float32)
    return Dream(truth, seen, np.clip(seen + error, 0, 255), context)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def frames_of(path: Path) -> list[Picture]:
    with Image.open(path) as film:
        frames = []
        for index in range(film.n_frames):  # type: ignore[attr-defined]
            film.seek(index)
            frames.append(np.asarray(film.convert("RGB")).astype(int))
        return frames


def panel(page: Picture, row: int, column: int, size: int) -> Picture:
    """The picture in a row and column of a page of square pictures, without its border."""
    side = size + 2 * BORDER
    top, left = CAPTION + row * side + BORDER, LABEL + column * side + BORDER
    return page[top : top + size, left : left + size]


def near(found: Picture, expected: object, tolerance: int = 12) -> bool:
    return bool((np.abs(found - np.asarray(expected)) <= tolerance).all())


def test_a_film_is_green_while_it_looks_and_red_while_it_dreams(tmp_path: Path) -> None:
    frames = frames_of(write_film(dream_of(noise(3, 5, 8, 8, 3), 9.0), tmp_path / "film.gif"))
    assert len(frames) == 5
    side = 8 * 16 + 2 * BORDER
    for t, frame in enumerate(frames):
        assert frame.shape == (CAPTION + 4 * side, LABEL + 3 * side, 3)
        colour = LOOKING if t < 2 else DREAMING
        # the outermost pixels of the pictures, on all four sides
        assert near(frame[CAPTION:, LABEL], colour) and near(frame[CAPTION:, -1], colour)
        assert near(frame[CAPTION, LABEL:], colour) and near(frame[-1, LABEL:], colour)
        # names and caption are written on white
        assert near(frame[0], 255) and near(frame[:, 0], 255)
        assert (frame[:CAPTION] < 200).any() and (frame[CAPTION:, :LABEL] < 100).any()


def test_rows_are_truth_reconstruction_imagination_and_difference(tmp_path: Path) -> None:
    truth = np.zeros((1, 3, 64, 64, 3), np.uint8)
    dream = Dream(truth + 40, np.full(truth.shape, 90.0), np.full(truth.shape, 231.25), 1)
    frames = frames_of(write_film(dream, tmp_path / "film.gif"))
    assert near(panel(frames[2], 0, 0, 128), 40)
    assert near(panel(frames[2], 1, 0, 128), 90)
    assert near(panel(frames[2], 2, 0, 128), 231)
    # three quarters of the range are white
    assert near(panel(frames[2], 3, 0, 128), 255)


def test_clips_stand_side_by_side_and_small_worlds_are_enlarged(tmp_path: Path) -> None:
    truth = np.zeros((2, 2, 10, 10, 1), np.uint8)
    truth[1, :, 0, 0] = 200
    frames = frames_of(write_film(dream_of(truth, context=1), tmp_path / "film.gif"))
    assert near(panel(frames[0], 0, 0, 120), 0, 3)
    second = panel(frames[0], 0, 1, 120)
    assert near(second[:12, :12], 200, 3) and near(second[12:], 0, 3) and near(second[:, 12:], 0, 3)


def test_an_atari_film_is_small(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    truth = np.full((4, 35, 64, 64, 3), (144, 72, 17), np.uint8)
    for clip in range(4):
        for t in range(35):
            truth[clip, t, 10 + t : 14 + t, 5 + clip : 8 + clip] = (92, 186, 92)
    # as decoders have it: everywhere, and slow
    blurred = truth + generator.normal(0, 4, (4, 7, 64, 64, 3)).repeat(5, 1)
    path = write_film(Dream(truth, blurred, np.clip(blurred[:, ::-1], 0, 255), 5), tmp_path / "film.gif")
    assert path.stat().st_size < 2_000_000
    shown = panel(frames_of(path)[0], 0, 0, 128)
    assert near(shown[20:28, 10:16], (92, 186, 92)) and near(shown[40:], (144, 72, 17))


def test_a_strip_shows_one_clip_over_time(tmp_path: Path) -> None:
    truth = np.zeros((2, 25, 64, 64, 3), np.uint8)
    truth[0] += np.arange(25, dtype=np.uint8)[:, None, None, None] * 10
    truth[1] = 255
    with Image.open(write_strip(dream_of(truth, context=5), tmp_path / "strip.png", columns=7)) as image:
        strip = np.asarray(image).astype(int)
    side = 128 + 2 * BORDER
    assert strip.shape == (CAPTION + 4 * side, LABEL + 7 * side, 3)
    # moments 0, 4, 8, ... 24, of which two are looked at
    assert [int(panel(strip, 0, i, 128).mean()) for i in range(7)] == [0, 40, 80, 120, 160, 200, 240]
    borders = [tuple(strip[CAPTION, LABEL + i * side]) for i in range(7)]
    assert borders == [LOOKING] * 2 + [DREAMING] * 5
    assert near(panel(strip, 3, 6, 128), 0, 0)


def test_a_short_dream_has_a_column_per_moment(tmp_path: Path) -> None:
    with Image.open(write_strip(dream_of(noise(1, 3, 64, 64, 3)), tmp_path / "strip.png")) as image:
        assert image.width == LABEL + 3 * (128 + 2 * BORDER)


def test_colours_of_colours_and_greys() -> None:
    rgb = noise(2, 4, 4, 3)
    assert (to_rgb(rgb.astype(np.float32)) == rgb).all()
    assert to_rgb(np.array([[[12.6]]])).tolist() == [[[13, 13, 13]]]


def test_layers_have_colours_of_their_own_and_the_strongest_is_seen() -> None:
    layers = 255 * np.eye(4)[None]
    colours = to_rgb(layers)[0]
    assert len({tuple(colour) for colour in colours.tolist()}) == 4 and colours.max(-1).min() > 150
    assert (to_rgb(np.zeros((1, 1, 4))) == 0).all()
    half = to_rgb(layers / 2)[0].astype(int)
    assert (np.abs(half - colours / 2) <= 1).all()
    mixed = np.array([[[100.0, 0, 0, 255.0]]])
    assert (to_rgb(mixed)[0, 0] == colours[3]).all()


@pytest.mark.parametrize(
    ("error", "heat"),
    [(0, (0, 0, 0)), (255 / 8, (128, 0, 0)), (255 / 4, (255, 0, 0)), (255 / 2, (255, 255, 0)), (255, (255, 255, 255))],
)
def test_heat_of_differences(error: float, heat: tuple[int, int, int]) -> None:
    truth, imagined = np.array([[[50.0, 0.0]]]), np.array([[[50.0, error]]])
    assert difference(truth, imagined).tolist() == difference(imagined, truth).tolist() == [[list(heat)]]
