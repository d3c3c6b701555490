import pytest
import torch

from worldmodel.running.settling import Settling


class Trainer:
    def __init__(self):
        weights = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
        groups = [{"params": [weights[0]], "lr": 0.1}, {"params": [weights[1]], "lr": 0.01}]
        self.optimizers, self.global_step = [torch.optim.Adam(groups)], 0


def sizes(trainer, settling, step):
    trainer.global_step = step
    settling.on_train_batch_start(trainer, None, None, 0)
    return [group["lr"] for group in trainer.optimizers[0].param_groups]


def test_steps_become_smaller_over_the_last_share_of_the_run():
    trainer, settling = Trainer(), Settling(0.5, total=100)
    for step, size in ((0, 1.0), (50, 1.0), (75, 0.5), (99, 0.02)):
        assert sizes(trainer, settling, step) == pytest.approx([0.1 * size, 0.01 * size])


def test_whoever_goes_on_knows_the_size_it_began_with():
    trainer, settling = Trainer(), Settling(1.0, total=10)
    sizes(trainer, settling, 9)
    resumed = Trainer()
    resumed.optimizers[0].load_state_dict(trainer.optimizers[0].state_dict())
    assert sizes(resumed, Settling(1.0, total=20), 10) == pytest.approx([0.05, 0.005])
