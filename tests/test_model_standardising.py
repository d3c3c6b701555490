"""What is usual: running mean and scale by hand, and the two kinds of observation."""

import pytest
import torch

from worldmodel.experience import Spec
from worldmodel.model.standardising import MEMORY, Standardise

VECTOR = Spec("a", (2,), "float32", ("x",), {})
PIXELS = Spec("b", (4, 4, 1), "uint8", ("x",), {})


def pixels(*values) -> torch.Tensor:
    """One image of a single brightness for each value."""
    return torch.tensor(values, dtype=torch.uint8)[:, None, None, None].expand(-1, 4, 4, 1)


def test_before_anything_was_seen_pixels_are_zero_to_one_and_vectors_as_they_are():
    assert torch.equal(Standardise(PIXELS)(pixels(0, 255)).amax((1, 2, 3)), torch.tensor([0.0, 1.0]))
    assert torch.allclose(Standardise(VECTOR)(torch.tensor([[torch.e - 1, 0.0]])), torch.tensor([[1.0, 0.0]]))


def test_mean_and_scale_by_hand():
    usual = Standardise(PIXELS)
    usual.update(pixels(10, 10, 30, 50))
    assert torch.allclose(usual.mean, torch.tensor(25.0)) and torch.allclose(usual.variance, torch.tensor(275.0))
    assert usual(pixels(25))[0, 0, 0, 0] == 0
    assert usual(pixels(50))[0, 0, 0, 0].item() == pytest.approx(25 / 275**0.5)


@pytest.mark.parametrize("spec", [VECTOR, PIXELS], ids=["vector", "pixels"])
def test_batch_by_batch_is_all_at_once(spec):
    g = torch.Generator().manual_seed(0)
    rows = torch.randint(256, (60, *spec.observation_shape), generator=g)
    rows = rows.byte() if spec.pixels else rows.float()
    whole, parts = Standardise(spec), Standardise(spec)
    whole.update(rows)
    for part in rows.split([10, 5, 45]):
        parts.update(part)
    assert parts.seen == whole.seen == 60
    assert torch.allclose(parts.mean, whole.mean, rtol=1e-5)
    assert torch.allclose(parts.variance, whole.variance, rtol=1e-5)


def test_each_channel_has_its_own_scale_but_a_tenth_of_the_whole_image_at_least():
    """Channel 0 is 0 or 200 everywhere, 1 lights one pixel of 16 at 200, 2 one at 8, and 3 is as 0."""
    usual = Standardise(Spec("c", (4, 4, 4), "uint8", ("x",), {}))
    images = torch.zeros(2, 4, 4, 4, dtype=torch.uint8)
    images[1, :, :, 0], images[1, 0, 0, 1], images[1, 0, 0, 2], images[1, :, :, 3] = 200, 200, 8, 200
    usual.update(images)
    first, second = 100**2, 100**2 / 16
    third = 0.1**2 * (2 * first + second + 4**2 / 16) / 4
    expected = [100 / first**0.5, 100 / second**0.5, 4 / third**0.5]
    assert usual(images)[1, 0, 0, :3].tolist() == pytest.approx(expected, rel=1e-5)


def test_each_pixel_may_have_its_own_scale_but_a_tenth_of_the_whole_image_at_least():
    """The upper half of the picture is 0 or 200, one pixel of the lower half 0 or 100, another one 0 or 8."""
    usual, images = Standardise(PIXELS, each_pixel=True), pixels(0, 200).clone()
    images[:, 2:] = 0
    images[1, 3, 0], images[1, 3, 1] = 100, 8
    usual.update(images)
    least = 0.1 * ((8 * 100**2 + 50**2 + 4**2) / 16) ** 0.5
    seen = usual(images)[1, ..., 0]
    assert seen[0, 0].item() == pytest.approx(1) and seen[3, 0].item() == pytest.approx(1)
    assert seen[3, 1].item() == pytest.approx(4 / least) and seen[3, 3] == 0


def test_otherwise_pixels_of_a_channel_share_a_scale():
    usual, half = Standardise(PIXELS), pixels(0, 200).clone()
    half[:, 2:] = 100  # the lower half never changes
    usual.update(half)
    scale = (0.5 * 100**2) ** 0.5
    assert usual(half)[1, 0, 0, 0].item() == pytest.approx(100 / scale) and usual(half)[1, 3, 0, 0] == 0


def test_each_entry_of_a_vector_has_its_own_scale():
    usual = Standardise(VECTOR)
    usual.update(torch.tensor([[1e6, -0.01], [-1e6, 0.01]]))
    assert torch.allclose(usual(torch.tensor([[1e6, -0.01]])), torch.tensor([[1.0, -1.0]]), rtol=1e-3)


@pytest.mark.parametrize("spec", [VECTOR, PIXELS], ids=["vector", "pixels"])
def test_restoring_is_the_inverse(spec):
    usual, g = Standardise(spec), torch.Generator().manual_seed(0)
    rows = torch.randint(256, (9, *spec.observation_shape), generator=g).float()
    usual.update(rows)
    assert torch.allclose(usual.restore(usual(rows)), rows, rtol=1e-3, atol=1e-3)


def test_restored_pixels_stay_within_their_range():
    usual = Standardise(PIXELS)
    usual.update(pixels(0, 255))
    assert usual.restore(torch.tensor([-9.0, 9.0])[:, None, None, None]).amax((1, 2, 3)).tolist() == [0, 255]


@pytest.mark.parametrize("spec", [VECTOR, PIXELS], ids=["vector", "pixels"])
def test_what_never_changes_stays_finite(spec):
    usual, rows = Standardise(spec), torch.ones(3, *spec.observation_shape)
    usual.update(rows)
    assert torch.equal(usual(rows), torch.zeros_like(rows)) and usual(rows + 1).isfinite().all()


def test_old_rows_are_forgotten_in_the_end():
    usual = Standardise(VECTOR)
    usual.update(torch.zeros(2, 2))
    usual.seen.fill_(100 * MEMORY)
    usual.update(torch.ones(2, 2))
    assert usual.mean.tolist() == pytest.approx([torch.log(torch.tensor(2.0)).item() * 2 / (MEMORY + 2)] * 2)


def test_whole_and_decimal_pixels_are_read_alike_and_left_alone():
    usual, image = Standardise(PIXELS), pixels(7, 9)
    decimal = image.float()
    usual.update(image)
    assert torch.equal(usual(image), usual(decimal)) and torch.equal(decimal, image.float())
