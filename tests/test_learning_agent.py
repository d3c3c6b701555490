import dataclasses

import pytest
import torch
from small_agent import LEAF_SPEC, PIXELS, VECTOR, fit, random_movie, tiny_agent, tiny_settings

from worldmodel.experience import LatentState, Movie, Trajectory
from worldmodel.learning import ActingState, Agent, AgentSettings
from worldmodel.learning.chosen_returns import dream_returns, movie_returns
from worldmodel.learning.q_learning import QLearned, learn
from worldmodel.model.local_latents import LocalReading

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


def touched(module: torch.nn.Module) -> bool:
    return any(p.grad is not None and p.grad.abs().sum() > 0 for p in module.parameters())


# Awake


@pytest.mark.parametrize("spec", [VECTOR, PIXELS], ids=["vector", "pixels"])
def test_acting_forgets_exactly_where_an_episode_begins(spec):
    agent, shown = wake(tiny_agent(spec)), movie(spec=spec).observation[:, 0]
    torch.nn.init.normal_(agent.world_model.first_recurrent)
    nowhere = LatentState.join(torch.full((3, 12), float("inf")), torch.full((3, 12), 7.0))
    past = ActingState(nowhere, torch.tensor([2, 1, 0]), torch.full((3,), 9), torch.zeros(3))
    first = torch.tensor([True, False, True])
    found = []
    for state in (agent.initial_state(3), past):
        torch.manual_seed(0)
        action, after = agent.act(shown, first, state)
        found.append((action, after.latent.features))
        assert torch.equal(after.action, action) and action.dtype == torch.int64
    for world in (0, 2):
        assert torch.equal(found[0][1][world], found[1][1][world]) and found[0][0][world] == found[1][0][world]
    assert not torch.equal(found[0][1][1], found[1][1][1])


def test_acting_remembers_the_frame_and_the_action_before():
    agent, no = wake(tiny_agent()), torch.zeros(1, dtype=torch.bool)
    frames = movie().observation[:1, :2]
    _, state = agent.act(frames[:, 0], ~no, agent.initial_state(1))
    _, usual = agent.act(frames[:, 1], no, state)
    other = ActingState(state.latent, (state.action + 1) % 3, state.held, state.value)
    _, unusual = agent.act(frames[:, 1], no, other)
    assert not torch.equal(usual.latent.recurrent, unusual.latent.recurrent)
    expected = agent.world_model.predict(state.latent, state.action).recurrent
    assert torch.equal(usual.latent.recurrent, expected)


def test_no_layer_behaves_differently_in_training():
    """So that acting need not switch the mode of every module, which takes longer than the networks."""
    dropping = torch.nn.modules.dropout._DropoutNd
    batch_norm = torch.nn.modules.batchnorm._NormBase
    assert not any(isinstance(module, dropping | batch_norm) for module in tiny_agent(PIXELS).modules())


def test_the_slow_copy_acts():
    agent, shown = wake(tiny_agent()), torch.randn(64, 6)
    first = torch.ones(64, dtype=torch.bool)
    action, state = agent.act(shown, first, agent.initial_state(64))
    assert torch.equal(action, agent.target_network.values(state.latent).argmax(-1))
    assert not torch.equal(action, agent.q_network.values(state.latent).argmax(-1))
    randomly, _ = agent.act(shown, first, agent.initial_state(64), epsilon=1.0)
    assert (torch.bincount(randomly, minlength=3) > 8).all()


# The mixture


def replayed(agent: Agent, seed: int = 0) -> dict[str, tuple[float, QLearned, Trajectory]]:
    torch.manual_seed(seed)
    return agent.replay(agent.world_model.observe(movie()))


def test_the_q_network_reads_places_where_heads_do():
    settings = tiny_settings(local_units=2, variables=16, local_reading=3)
    agent = Agent(PIXELS, settings, AgentSettings(units=16, layers=1, horizon=4))
    assert isinstance(agent.q_network.trunk[0], LocalReading)
    assert agent.q_network.trunk[0] is not agent.world_model.reward_head[0]
    before = weights(agent.q_network.trunk[0])
    fit(agent, [movie(0, PIXELS), movie(1, PIXELS)])
    assert not same(before, weights(agent.q_network.trunk[0]))


def test_both_replays_are_weighted_by_the_share():
    agent = tiny_agent(imagination_share=0.25)
    agent.world_model.get_used_to = lambda _: None  # or the step would not look at what is looked at here
    parts = replayed(agent)
    assert {name: weight for name, (weight, _, _) in parts.items()} == {"movie": 0.75, "imagined": 0.25}
    torch.manual_seed(0)
    observed = agent.world_model.observe(movie())
    losses = agent.world_model.losses(observed)
    total = agent.world_model.total_loss(losses, movie().mask)
    expected = total + 0.75 * parts["movie"][1].loss + 0.25 * parts["imagined"][1].loss
    agent.diagnose_every = 1000
    torch.manual_seed(0)
    assert agent.training_step(movie(), 0)["loss"].item() == pytest.approx(expected.item(), rel=1e-4)


def test_share_zero_calls_no_imagination():
    agent = tiny_agent(imagination_share=0.0)
    agent.imagination_replay = None  # it would not survive being asked
    fit(agent, movies(3))
    assert agent.learned == {"movie": 3 * (7 - 2 + 5 + 4 - 2), "imagined": 0}


def test_share_one_learns_from_no_movie():
    """What was done and rewarded in a movie moves nothing; the dreams that start in it do."""
    agent = wake(tiny_agent(imagination_share=1.0))
    observed = agent.world_model.observe(movie())
    lie = dataclasses.replace(movie(), action=2 - movie().action, reward=movie().reward + 9)
    found = []
    for shown in (observed, dataclasses.replace(observed, movie=lie)):
        torch.manual_seed(1)
        parts = agent.replay(shown)
        assert parts.keys() == {"imagined"} and parts["imagined"][0] == 1
        agent.zero_grad()
        parts["imagined"][1].loss.backward()
        found.append([p.grad.clone() for p in agent.q_network.parameters()])
    assert same(found[0], found[1]) and touched(agent.q_network)
    assert not touched(agent.world_model)


def test_share_one_waits_out_the_warm_up():
    agent = tiny_agent(imagination_share=1.0, imagination_warmup=2)
    before, q_before = weights(agent.world_model), weights(agent.q_network)
    fit(agent, movies(2))
    assert agent.learned == {"movie": 0, "imagined": 0}
    assert same(weights(agent.q_network), q_before) and not same(weights(agent.world_model), before)
    agent = tiny_agent(imagination_share=1.0, imagination_warmup=2)
    fit(agent, movies(3))
    assert agent.learned["imagined"] > 0 and not same(weights(agent.q_network), q_before)


def test_the_share_changes_nothing_about_the_world_model():
    found = []
    for share in (0.0, 0.5, 1.0):
        agent = wake(tiny_agent(imagination_share=share))
        torch.manual_seed(0)
        observed = agent.world_model.observe(movie())
        losses = agent.world_model.losses(observed)
        q_losses = [weight * learned.loss for weight, learned, _ in agent.replay(observed).values()]
        (agent.world_model.total_loss(losses, movie().mask) + sum(q_losses)).backward()
        found.append([p.grad.clone() for p in agent.world_model.parameters()])
    assert same(found[0], found[1]) and same(found[0], found[2])


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_gradient_of_the_movie_loss_that_reaches_the_world_model(share):
    agent = wake(tiny_agent(imagination_share=0.0, movie_gradient=share))
    whole = wake(tiny_agent(imagination_share=0.0, movie_gradient=1.0))
    for one in (agent, whole):
        replayed(one)["movie"][1].loss.backward()
    assert touched(agent.world_model) is (share > 0)
    assert not touched(agent.target_network) and not touched(agent.world_model.decoder)
    if share > 0:
        pairs = zip(agent.world_model.parameters(), whole.world_model.parameters(), strict=True)
        reached = [(p.grad, q.grad) for p, q in pairs if q.grad is not None]
        assert reached and all(torch.allclose(p, share * q, rtol=1e-3, atol=1e-6) for p, q in reached)


@pytest.mark.parametrize("kind", ["cut", "uncut", "n_step"])
def test_one_rule_learns_from_both_replays(kind):
    agent = wake(tiny_agent(movie_returns=kind, n_steps=2))
    for name, (_, learned, trajectory) in replayed(agent).items():
        assert type(trajectory) is Trajectory
        chosen = {"movie": movie_returns(agent.settings), "imagined": dream_returns(agent.settings)}
        again = learn(trajectory, agent.q_network, agent.target_network, chosen.pop(name), agent.settings.discount)
        assert torch.equal(again.loss, learned.loss) and learned.loss > 0
        (swapped,) = chosen.values()
        other = learn(trajectory, agent.q_network, agent.target_network, swapped, agent.settings.discount)
        assert other.loss.isfinite() and torch.equal(other.realised, learned.realised) is (kind != "n_step")


def test_movies_are_cut_unless_told_otherwise():
    traced = {kind: replayed(wake(tiny_agent(movie_returns=kind)))["movie"][2].trace for kind in ("cut", "uncut")}
    assert 0 < traced["cut"].sum() < traced["uncut"].sum()


def test_dreams_follow_the_slow_copy():
    _, _, trajectory = replayed(wake(agent := tiny_agent(horizon=5)))["imagined"]
    followed = agent.target_network.values(trajectory.latent[:, 1:-1]).argmax(-1)
    assert torch.equal(trajectory.action[:, 1:], followed)
    _, _, random = replayed(wake(agent := tiny_agent(horizon=5, dream_epsilon=1.0)))["imagined"]
    assert not torch.equal(random.action[:, 1:], agent.target_network.values(random.latent[:, 1:-1]).argmax(-1))


# A mean of world models


def test_without_a_rate_there_is_one_world_model():
    agent = tiny_agent()
    assert agent.trained_model is agent.world_model
    assert not any(name.startswith("student") for name in agent.state_dict())


def test_gradient_steps_train_the_student_and_the_world_model_follows():
    agent = wake(tiny_agent(world_model_rate=0.25))
    agent.log_dict = lambda *_: None
    before, optimizer = weights(agent.world_model), agent.configure_optimizers()
    agent.training_step(movie(), 0)["loss"].backward()
    assert touched(agent.student) and not touched(agent.world_model) and touched(agent.q_network)
    optimizer.step()
    assert same(weights(agent.world_model), before)
    agent.follow_student()
    for was, now, student in zip(before, weights(agent.world_model), weights(agent.student), strict=True):
        assert torch.allclose(now, 0.75 * was + 0.25 * student, atol=1e-6)
    assert not same(weights(agent.student), before)
    assert torch.equal(agent.world_model.standardise.mean, agent.student.standardise.mean)


def test_both_replays_come_from_what_the_mean_sees_and_dreams():
    def after(spoiled: str) -> tuple[torch.Tensor, ...]:
        agent, found = wake(tiny_agent(world_model_rate=0.5)), {}
        for parameter in getattr(agent, spoiled).parameters() if spoiled else ():
            torch.nn.init.zeros_(parameter)
        replay = agent.replay
        agent.log_dict, agent.replay = lambda *_: None, lambda seen: found.update(replay(seen)) or found
        torch.manual_seed(1)
        loss = agent.training_step(movie(), 0)["row_loss"]
        return loss, *(found[kind][2].latent.features for kind in ("movie", "imagined"))

    plain, student, mean = after(""), after("student"), after("world_model")
    assert [torch.equal(one, other) for one, other in zip(plain, student, strict=True)] == [False, True, True]
    assert [torch.equal(one, other) for one, other in zip(plain, mean, strict=True)] == [True, False, False]


def test_a_step_of_the_trainer_moves_the_mean_once():
    agent = tiny_agent(world_model_rate=0.5)
    before = weights(agent.world_model)
    fit(agent, movies(1))
    for was, now, student in zip(before, weights(agent.world_model), weights(agent.student), strict=True):
        assert torch.allclose(now, 0.5 * was + 0.5 * student, atol=1e-6)
