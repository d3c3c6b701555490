import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from test_memory_life import PIXELS, VECTOR, FakeWorlds, check_movie

from worldmodel.errors import FileError
from worldmodel.experience import Movie, Spec
from worldmodel.memory.buffer import ReplayBuffer
from worldmodel.memory.data import DataSettings, ReplayData, load_buffer, make_buffer, make_order, memory_in_words
from worldmodel.memory.orders import Lesson, Recent, Uniform
from worldmodel.memory.prioritised import Curious, Prioritised
from worldmodel.memory.reverse import Reverse

SETTINGS = DataSettings(batch_size=4, sequence_length=8, context=2, capacity=200, chunk_steps=8)

# lightning 2.6 with torch 2.13
pytestmark = pytest.mark.filterwarnings("ignore:.isinstance.treespec, LeafSpec.. is deprecated:FutureWarning")


def lived(rounds=30, settings=SETTINGS, folder=None):
    return FakeWorlds(make_buffer(settings, PIXELS, 2, folder), 0, longest=20).live(rounds)


def data_of(worlds, steps=6, seed=0, settings=SETTINGS):
    return ReplayData(settings, worlds.buffer, steps, seed)


class Student(LightningModule):
    """Learns nothing and writes down what it was given."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.batches = []

    def training_step(self, batch, batch_idx):
        self.batches.append(batch)
        return self.weight * batch.reward.mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


class Acting(Callback):
    """Lives on after every batch, and notes how long the life was when the batch had been drawn."""

    def __init__(self, worlds):
        self.worlds = worlds
        self.rows = []

    def on_train_batch_end(self, trainer, student, outputs, batch, batch_idx):
        check_movie(batch, self.worlds, 8, 2)  # the ages are right only if nothing was lived since it was drawn
        self.worlds.live(5)
        self.rows.append(len(self.worlds.buffer))


def fit(data, steps, callbacks=()):
    student = Student()
    trainer = Trainer(
        accelerator="cpu",
        max_steps=steps,
        max_epochs=-1,
        logger=False,
        callbacks=list(callbacks),
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(student, datamodule=data)
    return student, trainer


def equal(one, other):
    return all(torch.equal(getattr(one, name), getattr(other, name)) for name in Movie.__dataclass_fields__)


def test_each_batch_is_drawn_after_everything_that_was_lived_before_it():
    worlds = lived(20)
    acting = Acting(worlds)
    data = data_of(worlds)
    student, trainer = fit(data, 6, [acting])
    assert trainer.global_step == len(student.batches) == 6
    # no batch was drawn ahead: a twin that samples and lives by hand sees the same six, and is then as far
    twin = data_of(again := lived(20))
    for batch in student.batches:
        assert equal(twin.sample(), batch)
        again.live(5)
    assert twin.rng.bit_generator.state == data.rng.bit_generator.state


def test_the_stream_has_a_length_and_draws_only_when_asked():
    data = data_of(lived())
    before = copy.deepcopy(data.rng.bit_generator.state)
    stream = data.train_dataloader()
    assert len(stream) == 6
    batches = iter(stream)
    assert data.rng.bit_generator.state == before
    next(batches)
    assert data.rng.bit_generator.state != before
    assert len(list(stream)) == 6


def test_its_generator_is_its_own():
    worlds = lived()
    one, other = data_of(worlds), data_of(worlds)
    first = one.sample()
    np.random.random(10)
    torch.rand(10)
    assert equal(first, other.sample())
    assert not equal(first, data_of(worlds, seed=1).sample())


def taught(data):
    """A batch, from which something is learned at once."""
    movie = data.sample()
    found = np.where(movie.mask, movie.reward, np.nan)
    data.learn(Lesson(found, found))
    return movie


@pytest.mark.parametrize("order", ["uniform", "recent", "prioritised", "curious", "reverse"])
def test_it_goes_on_exactly_where_it_was_saved(order, tmp_path):
    settings = replace(SETTINGS, order=order)
    data = data_of(lived(folder=tmp_path), settings=settings)
    taught(data)
    state = copy.deepcopy(data.state_dict())
    expected = [taught(data) for _ in range(3)]
    resumed = ReplayData(settings, make_buffer(settings, PIXELS, 2, tmp_path), 6, seed=99)
    resumed.load_state_dict(state)
    assert all(equal(taught(resumed), batch) for batch in expected)


def test_a_checkpoint_of_before_orders_remembered_anything_is_gone_on_with():
    data = data_of(lived(), settings=replace(SETTINGS, order="prioritised"))  # nor was there a ledger
    state = {name: value for name, value in data.state_dict().items() if name in ("buffer", "generator")}
    data.load_state_dict(state)
    assert taught(data).mask.any()


def test_too_little_life_is_a_file_error_at_the_first_batch():
    with pytest.raises(FileError, match="only 2 rows recorded, a batch needs 8"):
        fit(data_of(lived(0)), 1)


def test_movies_move_to_the_device_as_movies():
    batch = data_of(lived()).transfer_batch_to_device(data_of(lived()).sample(), torch.device("meta"), 0)
    assert isinstance(batch, Movie)
    assert batch.observation.device.type == "meta"


def test_orders_are_made_from_settings():
    assert isinstance(make_order(SETTINGS), Uniform)
    assert make_order(DataSettings(order="recent", newest_half=0.125)).power == pytest.approx(3)
    assert isinstance(make_order(DataSettings(order="recent")), Recent)
    prioritised = make_order(DataSettings(order="prioritised", priority_alpha=0.5, priority_beta=0.25))
    assert isinstance(prioritised, Prioritised) and (prioritised.alpha, prioritised.beta) == (0.5, 0.25)
    curious = make_order(DataSettings(order="curious", curious_alpha=0.5, curious_decay=0.25, curious_novelty=3))
    assert isinstance(curious, Curious) and (curious.alpha, curious.decay, curious.novelty) == (0.5, 0.25, 3)
    reverse = make_order(DataSettings(order="reverse", context=7))
    assert isinstance(reverse, Reverse) and reverse.context == 7


def test_a_life_is_learned_from_without_a_world(tmp_path):
    worlds = lived(folder=tmp_path / "experience")
    worlds.buffer.flush()
    settings = DataSettings(batch_size=4, sequence_length=8, context=2, capacity=40, experience=str(tmp_path))
    buffer = load_buffer(settings, settings.experience)
    assert 40 - 8 < len(buffer) <= 40
    data = ReplayData(settings, buffer, 3, seed=0)
    student, _ = fit(data, 3)
    assert len(student.batches) == 3
    again = ReplayData(settings, load_buffer(settings, str(tmp_path)), 3, seed=1)
    again.load_state_dict(copy.deepcopy(data.state_dict()))
    assert equal(again.sample(), data.sample())


def test_memory_in_words():
    atari = Spec("ALE/Pong-v5", (64, 64, 3), "uint8", ("a",), {})
    assert memory_in_words(atari, 100_000, False) == "memory: 12,327 bytes per step, 1.23 GB at 100,000 steps"
    assert memory_in_words(atari, 10**6, True) == (
        "memory: 12,327 bytes per step, 12.3 GB at 1,000,000 steps before compression, about 243 MB after it for Atari"
    )
    assert memory_in_words(VECTOR, 1000, True) == "memory: 59 bytes per step, 59 kB at 1,000 steps"


def test_memory_in_words_says_what_a_full_buffer_takes():
    buffer = ReplayBuffer(PIXELS, 80, 1, chunk_steps=8)
    FakeWorlds(buffer, 0).live(79 + 8)
    assert buffer.nbytes == (48 + 39) * 80
    assert memory_in_words(PIXELS, 80, False) == "memory: 87 bytes per step, 6.96 kB at 80 steps"


def test_every_default_lies_within_its_bounds():
    for name, field in DataSettings.__dataclass_fields__.items():
        if "bounds" in field.metadata:
            assert field.metadata["bounds"].problem(getattr(DataSettings(), name)) is None
