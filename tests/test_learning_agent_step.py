from pathlib import Path

import pytest
import torch
from small_agent import LEAF_SPEC, PIXELS, VECTOR, Movies, fit, random_movie, tiny_agent, tiny_trainer

from worldmodel.errors import NumericalError
from worldmodel.experience import Movie
from worldmodel.learning import Agent
from worldmodel.running.checkpoints import DirectoryCheckpointIO

pytestmark = pytest.mark.filterwarnings(LEAF_SPEC)


def movie(seed: int = 0, spec=VECTOR) -> Movie:
    return random_movie([8, 6, 5], 8, spec, first=[1], terminated=[1], truncated=[2], context=2, seed=seed)


def movies(count: int, spec=VECTOR) -> list[Movie]:
    return [movie(seed, spec) for seed in range(count)]


def weights(module: torch.nn.Module) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in module.parameters()]


def same(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def wake(agent: Agent) -> Agent:
    """An agent that has opinions: its last layers start at zero otherwise."""
    for network in (agent.q_network, agent.target_network):
        torch.nn.init.normal_(network.heads.weight)
    torch.nn.init.normal_(agent.world_model.reward_head[-1].weight)
    return agent


def test_each_group_is_clipped_by_itself():
    agent = tiny_agent()
    agent.diagnose_every = 1000
    optimizer = agent.configure_optimizers()
    for parameter in agent.world_model.parameters():
        parameter.grad = torch.full_like(parameter, 1e3)
    for parameter in agent.q_network.parameters():
        parameter.grad = torch.full_like(parameter, 1e-3)
    agent.configure_gradient_clipping(optimizer)
    norms = [torch.cat([p.grad.flatten() for p in group["params"]]).norm().item() for group in optimizer.param_groups]
    assert norms[0] == pytest.approx(agent.settings.world_model_clip, rel=1e-4)
    assert all((p.grad == 1e-3).all() for p in agent.q_network.parameters())
    for parameter in agent.q_network.parameters():
        parameter.grad = torch.full_like(parameter, 1e3)
    agent.configure_gradient_clipping(optimizer)
    assert torch.cat([p.grad.flatten() for p in agent.q_network.parameters()]).norm() == pytest.approx(10.0, rel=1e-4)


@pytest.mark.parametrize(("network", "name"), [("world_model", "world_model"), ("q_network", "q")])
def test_a_gradient_that_is_not_finite_stops_the_run(network, name):
    agent = tiny_agent()
    agent.diagnose_every = 1000
    parameter = next(getattr(agent, network).parameters())
    parameter.grad = torch.full_like(parameter, float("nan"))
    with pytest.raises(NumericalError, match=f"gradient step 0: the gradient of {name} is not finite"):
        agent.configure_gradient_clipping(agent.configure_optimizers())


def test_the_optimizer_has_a_group_for_each_network_and_none_for_the_slow_copy():
    agent = tiny_agent(learning_rate=0.5)
    agent.world_model.settings.learning_rate = 0.25
    groups = agent.configure_optimizers().param_groups
    assert [group["lr"] for group in groups] == [0.25, 0.5]
    counts = [sum(p.numel() for p in group["params"]) for group in groups]
    assert counts == [sum(p.numel() for p in m.parameters()) for m in (agent.world_model, agent.q_network)]
    assert not any(p.requires_grad for p in agent.target_network.parameters())


def test_the_slow_copy_follows_at_its_rate():
    agent = wake(tiny_agent(target_rate=0.25))
    slow, fast = weights(agent.target_network), weights(agent.q_network)
    agent.follow()
    for before, goal, now in zip(slow, fast, weights(agent.target_network), strict=True):
        assert torch.allclose(now, 0.75 * before + 0.25 * goal, atol=1e-6)
    assert same(fast, weights(agent.q_network))


def test_the_slow_copy_follows_after_every_step_of_the_optimizer():
    agent = tiny_agent(target_rate=1.0)
    before = weights(agent.q_network)
    fit(agent, movies(2))
    assert same(weights(agent.target_network), weights(agent.q_network)) and not same(weights(agent.q_network), before)


def test_gradient_steps_are_counted_once_each_also_where_gradients_are_accumulated():
    agent = tiny_agent()
    trainer = fit(agent, movies(3))
    assert agent.gradient_steps == trainer.global_step == 3
    agent = tiny_agent()
    trainer = tiny_trainer(2, accumulate_grad_batches=2)
    trainer.fit(agent, datamodule=Movies(movies(4)))
    assert agent.gradient_steps == trainer.global_step == 2


def test_what_is_logged():
    agent = wake(tiny_agent(imagination_share=0.5))
    logged = fit(agent, movies(2)).logged_metrics
    assert all(value.isfinite() for value in logged.values())
    assert logged["replay/imagination_share"] == 0.5
    assert logged["replay/fill"] == pytest.approx(19 / 24)
    assert logged["replay/movie_age"] == 1
    assert logged["replay/movie_transitions"] == agent.learned["movie"] == 2 * 12
    assert logged["replay/imagined_transitions"] == agent.learned["imagined"] == 2 * 12
    assert logged["q/imagined_traced"] == 0.75
    assert {"world_model/gradient_norm", "q/gradient_norm", "q/movie_loss", "q/imagined_error"} <= logged.keys()


def test_diagnostics_are_made_when_they_are_wanted():
    agent = tiny_agent()
    agent.diagnose_every, made = 2, []
    agent.diagnostics = lambda *_: made.append(agent.gradient_steps) or {}
    fit(agent, movies(5))
    assert made == [1, 3]  # the second step and the fourth: those whose row is written


@pytest.mark.filterwarnings("ignore:You're resuming from a checkpoint that ended before the epoch ended")
def test_counters_and_weights_survive_a_checkpoint(tmp_path: Path):
    agent, plugins = tiny_agent(), [DirectoryCheckpointIO()]
    fit(agent, movies(3), plugins=plugins).save_checkpoint(tmp_path / "last")
    learned = dict(agent.learned)
    other = tiny_agent(seed=1)
    seen = []
    other.on_train_start = lambda: seen.append((other.gradient_steps, dict(other.learned), weights(other)))
    trainer = tiny_trainer(5, plugins=plugins)
    trainer.fit(other, datamodule=Movies(movies(5)), ckpt_path=tmp_path / "last")
    assert seen[0][:2] == (3, learned) and same(seen[0][2], weights(agent))
    assert other.gradient_steps == trainer.global_step == 5
    assert other.learned["movie"] == 5 * 12


@pytest.mark.parametrize("spec", [VECTOR, PIXELS], ids=["vector", "pixels"])
def test_it_trains_in_low_precision_too(spec):
    agent = tiny_agent(spec)
    fit(agent, movies(2, spec), precision="bf16-mixed")
    assert all(p.isfinite().all() and p.dtype == torch.float32 for p in agent.parameters())


def test_the_same_seed_is_the_same_agent():
    found = []
    for _ in range(2):
        agent = tiny_agent(seed=3)
        torch.manual_seed(3)
        fit(agent, movies(3))
        found.append(weights(agent))
    assert same(found[0], found[1])
