import pytest
import torch

from worldmodel.errors import ConfigurationError
from worldmodel.experience import Spec
from worldmodel.model.vision import (
    ImageDecoder,
    ImageEncoder,
    VectorDecoder,
    VectorEncoder,
    build_decoder,
    build_encoder,
    stages,
)

SIZES = [(64, 3), (84, 1), (10, 4), (16, 3)]


def images(count, size, channels) -> torch.Tensor:
    return torch.randn(count, size, size, channels, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("size", "expected"),
    [(64, (4, 2)), (84, (4, 0)), (96, (4, 3)), (32, (4, 1)), (10, (2, 0)), (16, (2, 1)), (8, (2, 0)), (9, (1, 0))],
)
def test_stages(size, expected):
    assert stages(size) == expected


@pytest.mark.parametrize(
    ("size", "grid", "expected"), [(10, 10, (1, 0)), (10, 5, (2, 0)), (64, 8, (4, 1)), (64, 32, (2, 0)), (9, 9, (1, 0))]
)
def test_a_grid_that_is_asked_for_is_what_the_encoder_ends_with(size, grid, expected):
    assert stages(size, grid) == expected
    encoder, decoder = ImageEncoder((size, size, 3), 4, 4, grid), ImageDecoder(6, (size, size, 3), 4, 4, 8, grid=grid)
    assert encoder.grid == decoder.grid == grid
    assert encoder(images(2, size, 3)).shape == (2, encoder.outputs)
    assert decoder.observation(torch.randn(2, 6)).shape == (2, size, size, 3)


@pytest.mark.parametrize("grid", [3, 4, 20])
def test_a_grid_that_does_not_divide_the_image_by_a_power_of_two_is_refused(grid):
    with pytest.raises(ConfigurationError, match=f"world_model.grid is {grid}: the 10 pixels of a row must be 1, 2, 4"):
        stages(10, grid)


def test_where_every_pixel_is_a_place_it_tells_of_nothing_else():
    encoder, image = ImageEncoder((10, 10, 3), 4, 4, grid=10), images(1, 10, 3)
    changed = image.clone()
    changed[0, 4, 7] += 1
    differs = (encoder(image) != encoder(changed)).view(10, 10, -1).any(-1)
    assert differs.nonzero().tolist() == [[4, 7]]
    decoder, features = ImageDecoder(303, (10, 10, 3), 4, 4, 8, local=3, grid=10), torch.randn(1, 303)
    changed = features.clone()
    changed[0, -3 * 53 : -3 * 52] += 1
    with torch.no_grad():
        decoder.project[-1].weight.zero_()
    differs = (decoder.observation(features) != decoder.observation(changed))[0].any(-1)
    assert differs.nonzero().tolist() == [[4, 7]]


def test_sizes_that_patches_do_not_fit_are_refused():
    with pytest.raises(ConfigurationError, match="image_size is 50: from 32 on it must be a multiple of 4"):
        ImageEncoder((50, 50, 3), 4, 4)


@pytest.mark.parametrize(("size", "channels"), SIZES)
def test_shapes(size, channels):
    encoder, decoder = ImageEncoder((size, size, channels), 4, 4), ImageDecoder(6, (size, size, channels), 4, 4, 8)
    image, features = images(2, size, channels), torch.randn(2, 6)
    assert encoder(image).shape == (2, encoder.outputs)
    assert decoder.observation(features).shape == image.shape
    assert decoder.loss(features, image).shape == (2,)


@pytest.mark.parametrize(("size", "channels"), SIZES)
def test_the_decoder_mirrors_the_encoder(size, channels):
    encoder, decoder = ImageEncoder((size, size, channels), 4, 4), ImageDecoder(6, (size, size, channels), 4, 4, 8)
    assert decoder.project[-1].out_features == encoder.outputs
    down = [layer for layer in encoder.layers if isinstance(layer, torch.nn.Conv2d)]
    up = [layer for layer in decoder.layers if isinstance(layer, torch.nn.Conv2d | torch.nn.ConvTranspose2d)]
    assert [layer.in_channels for layer in up] == [layer.out_channels for layer in reversed(down)]


class Painter(ImageDecoder):
    """A decoder that paints one image, whatever it is asked; patches are cut out by hand."""

    def __init__(self, image: torch.Tensor) -> None:
        super().__init__(6, image.shape[1:], 4, 4, 8)
        p, grid = self.patch, image.shape[1] // self.patch
        cut = [image[:, i * p : (i + 1) * p, j * p : (j + 1) * p] for i in range(grid) for j in range(grid)]
        self.patches = torch.stack(cut, 1).reshape(len(image), grid, grid, -1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return self.patches


@pytest.mark.parametrize(("size", "channels"), SIZES)
def test_a_perfect_decoder_has_no_loss_and_shows_the_image(size, channels):
    image, features = images(2, size, channels), torch.zeros(2, 6)
    painter = Painter(image)
    assert torch.allclose(painter.loss(features, image), torch.zeros(2), atol=1e-9)
    assert torch.equal(painter.observation(features), image)


def test_the_loss_is_half_the_mean_squared_error():
    image = torch.full((1, 64, 64, 3), 0.4)
    painter = Painter(image)
    other = image.clone()
    other[0, 5, 9, 1] = 0.6
    assert painter.loss(torch.zeros(1, 6), other).item() == pytest.approx(0.5 * 0.2**2 / (64 * 64 * 3), rel=1e-4)


def test_forward_and_observation_of_a_real_decoder_agree_with_its_loss():
    torch.manual_seed(0)
    decoder, features, image = ImageDecoder(6, (64, 64, 3), 4, 4, 8), torch.randn(2, 6), images(2, 64, 3)
    error = decoder.observation(features) - image
    assert torch.allclose(decoder.loss(features, image), 0.5 * error.square().mean((1, 2, 3)), rtol=1e-4)


@pytest.mark.parametrize("kernel", [2, 4])
@pytest.mark.parametrize("size", [64, 16])
def test_a_signal_keeps_its_size(size, kernel):
    """Up to what SiLU, padded borders and the draw take or give; PyTorch's own weights leave a tenth."""
    torch.manual_seed(0)
    encoder, decoder = ImageEncoder((size, size, 3), 32, kernel), ImageDecoder(6, (size, size, 3), 32, kernel, 8)
    assert 0.3 < encoder(torch.randn(8, size, size, 3)).square().mean().sqrt() < 1.5
    deepest = torch.randn(8, decoder.project[-1].out_features // decoder.grid**2, decoder.grid, decoder.grid)
    assert 0.3 < decoder.layers(deepest).square().mean().sqrt() < 1.5


def test_rows_and_columns_are_not_mixed_up():
    """One dark pixel moves only the features of its own patch."""
    torch.manual_seed(0)
    encoder = ImageEncoder((84, 84, 1), 4, 4)
    image = torch.zeros(1, 84, 84, 1)
    dark = image.clone()
    dark[0, 4 * 3 + 1, 4 * 17 + 2] = -1
    moved = (encoder(dark) - encoder(image)).reshape(21, 21, 4).abs().sum(-1)
    assert moved.nonzero().tolist() == [[3, 17]]


def test_vectors():
    torch.manual_seed(0)
    encoder, decoder = VectorEncoder(3, 8), VectorDecoder(6, 3, 8)
    features = torch.randn(1, 6)
    assert encoder(torch.randn(1, 3)).shape == (1, encoder.outputs)
    shown = decoder.observation(features)
    assert shown.shape == (1, 3)
    assert torch.equal(decoder.loss(features, shown), torch.zeros(1))


def test_the_loss_of_vectors_by_hand():
    decoder = VectorDecoder(6, 2, 8)
    torch.nn.init.zeros_(decoder.layers[-1].weight)
    torch.nn.init.zeros_(decoder.layers[-1].bias)
    assert decoder.loss(torch.zeros(1, 6), torch.tensor([[1.0, -2.0]])).item() == pytest.approx(0.5 * (1 + 4) / 2)


def test_the_spec_decides():
    pixels, vector = Spec("a", (64, 64, 3), "uint8", ("x",), {}), Spec("b", (5,), "float32", ("x",), {})
    assert isinstance(build_encoder(pixels, 4, 4, 8), ImageEncoder)
    assert isinstance(build_encoder(vector, 4, 4, 8), VectorEncoder)
    assert isinstance(build_decoder(pixels, 6, 4, 4, 8), ImageDecoder)
    assert isinstance(build_decoder(vector, 6, 4, 4, 8), VectorDecoder)


def test_images_are_learned():
    """Two images are told apart by their features after a few steps."""
    torch.manual_seed(0)
    image = images(2, 16, 1)
    encoder, decoder = ImageEncoder((16, 16, 1), 4, 4), ImageDecoder(8, (16, 16, 1), 8, 4, 32)
    project = torch.nn.Linear(encoder.outputs, 8)
    optimizer = torch.optim.Adam([*encoder.parameters(), *project.parameters(), *decoder.parameters()], 3e-3)
    losses = []
    for _ in range(150):
        loss = decoder.loss(project(encoder(image)), image).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]
