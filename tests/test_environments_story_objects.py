import numpy as np

from worldmodel.environments.story_objects import LARGEST, draw_codes, draw_sprites, seen_code, seen_sprite


def generator(seed=0):
    return np.random.default_rng(seed)


def test_codes_are_standard_normal():
    codes = draw_codes(500, generator())
    assert codes.shape == (500, 32)
    assert abs(codes.mean()) < 0.05 and abs(codes.std() - 1) < 0.05


def test_sprites_are_symmetrical_and_all_different():
    sprites = draw_sprites(200, generator())
    assert sprites.shape == (200, 16, 16) and sprites.min() == 0 and sprites.max() <= 1
    np.testing.assert_array_equal(sprites, sprites[:, :, ::-1])
    np.testing.assert_array_equal(sprites[:, ::2, ::2], sprites[:, 1::2, 1::2])
    assert len(np.unique(sprites.reshape(200, -1), axis=0)) == 200


def test_noise_is_added_at_every_look():
    code, sprite = draw_codes(1, generator())[0], np.full((16, 16), 0.5)
    np.testing.assert_array_equal(seen_code(code, 0.0, generator()), code.astype(np.float32))
    assert np.all(seen_sprite(sprite, 0.0, generator()) == 128)
    same = generator(1)
    looks = np.array([seen_code(code, 0.1, same) for _ in range(400)])
    assert abs((looks - code).std() - 0.1) < 0.01
    pixels = np.array([seen_sprite(sprite, 0.1, same) for _ in range(20)])
    assert pixels.dtype == np.uint8 and abs(pixels.std() - 25.5) < 1.5


def test_what_is_seen_keeps_its_bounds():
    assert seen_code(np.array([99.0, -99.0]), 0.0, generator()).tolist() == [LARGEST, -LARGEST]
    assert seen_sprite(np.array([[2.0, -1.0]]), 0.0, generator()).tolist() == [[255, 0]]
