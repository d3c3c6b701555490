import shutil
from types import SimpleNamespace

import torch

from worldmodel.experience import Spec
from worldmodel.memory.chunks import ROW
from worldmodel.running.room_on_disk import room_on_disk

LEARNER = torch.nn.Linear(99, 10)  # 1,000 weights
SPEC = Spec("Cart-v1", (4,), "float32", ("0", "1"), {})
NEEDED = 4 * 12 * 1000 + 50 * (16 + ROW.itemsize)


def test_what_is_needed_is_weights_and_rows(tmp_path, monkeypatch):
    for free, warned in ((NEEDED, False), (NEEDED - 1, True)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: SimpleNamespace(free=free))
        said = room_on_disk(tmp_path, LEARNER, SPEC, 50)
        assert (said is not None) == warned
    assert "may write 50.8 kB" in said and str(tmp_path) in said


def test_pictures_count_compressed(tmp_path, monkeypatch):
    pictures = Spec("ALE/Pong-v5", (64, 64, 3), "uint8", ("NOOP",), {})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10**6))
    assert room_on_disk(tmp_path, LEARNER, pictures, 3000) is None
    assert room_on_disk(tmp_path, LEARNER, pictures, 10_000)
