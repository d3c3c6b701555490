"""Episodic memory: two look-ups by hand, one call for a movie or a table step by step, and what is not to be found."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from small_agent import VECTOR, random_movie, tiny_agent, tiny_settings, tiny_world_model
from torch import nn

from worldmodel.experience import Spec
from worldmodel.learning import Agent
from worldmodel.model.episodic_memory import EpisodicPrior


def prior_by_hand() -> EpisodicPrior:
    """Things are one of 4, places one of 4; places follow each other as 0, 2, 1, 3, and look-ups are nearly certain."""
    prior = EpisodicPrior(recurrent_units=4, stochastic=4, units=4, memory_units=4, capacity=8, variables=1)
    follows = torch.zeros(4, 4)
    for here, there in ((0, 2), (2, 1), (1, 3)):
        follows[there, here] = 1
    for layer in (prior.content_key, prior.place_key, prior.place):
        layer.weight.data = torch.eye(4)
    prior.place_query = nn.Linear(8, 4, bias=False)
    prior.place_query.weight.data = torch.cat([torch.zeros(4, 4), follows], 1)
    prior.log_sharpness.data.fill_(5.0)
    nn.init.zeros_(prior.head[-1].weight)
    nn.init.zeros_(prior.head[-1].bias)
    prior.trust.data.fill_(20.0)
    return prior


def look(things: torch.Tensor, variables: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """What is drawn, `[..., S*K]`, and the log-probabilities `[..., S, K]` it is drawn from, when there is no doubt."""
    return things, things.unflatten(-1, (variables, -1)).log()


def test_what_stands_in_the_place_that_follows_by_hand():
    """Shown: thing 3 in place 0, 1 in 1, 0 in 2, 2 in 3. In the order of places that is 3, 0, 1, 2."""
    shown = torch.tensor([3, 1, 0, 2])
    places = torch.arange(4)
    for thing, next_thing in ((3, 0), (0, 1), (1, 2)):
        stochastic = F.one_hot(torch.cat([shown, torch.tensor([thing, thing])]), 4).float()[None]
        recurrent = torch.cat([F.one_hot(places, 4).float(), torch.zeros(2, 4)])[None]
        logits, _ = prior_by_hand().unroll(recurrent, *look(stochastic), torch.ones(1, 6, dtype=torch.bool))
        assert torch.allclose(logits[0, 5].softmax(-1), F.one_hot(torch.tensor(next_thing), 4).float(), atol=1e-3)


def test_what_was_seen_in_doubt_is_expected_in_the_same_doubt():
    """A thing was seen in place 2 that is 1 with 0.7 and 3 with 0.3; place 2 follows place 0, where thing 0 was."""
    drawn = F.one_hot(torch.tensor([0, 1, 0]), 4).float()[None]
    seen = torch.tensor([[1, 0, 0, 0], [0, 0.7, 0, 0.3], [1, 0, 0, 0]])[None, :, None].log()
    recurrent = torch.cat([F.one_hot(torch.tensor([0, 2]), 4).float(), torch.zeros(2, 4)])[None]
    drawn, seen = (torch.cat([each, each[:, -1:]], 1) for each in (drawn, seen))
    logits, _ = prior_by_hand().unroll(recurrent, drawn, seen, torch.ones(1, 4, dtype=torch.bool))
    assert torch.allclose(logits[0, 3].softmax(-1), torch.tensor([0, 0.7, 0, 0.3]), atol=1e-3)


def test_what_was_seen_in_doubt_is_found_by_what_it_may_have_been():
    """A thing was seen in place 0 that is 1 with 0.6 and 3 with 0.4, and 1 was drawn. Then 3 is looked for: place 2."""
    drawn = F.one_hot(torch.tensor([1, 2, 3, 3]), 4).float()[None]
    seen = torch.tensor([[0, 0.6, 0, 0.4], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1]])[None, :, None].log()
    recurrent = torch.cat([F.one_hot(torch.tensor([0, 2]), 4).float(), torch.zeros(2, 4)])[None]
    logits, _ = prior_by_hand().unroll(recurrent, drawn, seen, torch.ones(1, 4, dtype=torch.bool))
    assert torch.allclose(logits[0, 3].softmax(-1), torch.tensor([0, 0, 1.0, 0]), atol=1e-3)


def test_how_much_what_is_recalled_counts_beside_what_is_inferred():
    """Of a surely recalled class the logit is larger by the trust: here a probability of 8 in 8 + 1 + 1 + 1."""
    prior = prior_by_hand()
    prior.trust.data = torch.tensor(7.0).log()
    shown = F.one_hot(torch.tensor([3, 1, 0, 2, 3, 3]), 4).float()[None]
    recurrent = torch.cat([torch.eye(4), torch.zeros(2, 4)])[None]
    logits, _ = prior.unroll(recurrent, *look(shown), torch.ones(1, 6, dtype=torch.bool))
    assert torch.allclose(logits[0, 5].softmax(-1), torch.tensor([8.0, 1, 1, 1]) / 11, atol=1e-3)


def test_what_was_recalled_says_what_follows_from_it():
    """The head reads it: here, thing 1 comes where thing 0 was recalled."""
    prior = prior_by_hand()
    prior.head = nn.Linear(8, 4, bias=False)
    prior.head.weight.data = torch.zeros(4, 8)
    prior.head.weight.data[1, 4] = 50.0
    shown = F.one_hot(torch.tensor([3, 1, 0, 2, 3, 3]), 4).float()[None]
    recurrent = torch.cat([torch.eye(4), torch.zeros(2, 4)])[None]
    logits, _ = prior.unroll(recurrent, *look(shown), torch.ones(1, 6, dtype=torch.bool))
    assert torch.allclose(logits[0, 5].softmax(-1), torch.tensor([0, 1.0, 0, 0]), atol=1e-3)


def as_they_are(logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Nothing is drawn: the logits themselves."""
    return logits, logits


def test_nothing_is_found_before_anything_was_written():
    prior = prior_by_hand()
    shown, everything = torch.eye(4)[None, :1], torch.ones(1, 1, dtype=torch.bool)
    logits, table = prior.unroll(shown, *look(shown), everything)
    assert torch.allclose(logits.softmax(-1), torch.full((1, 1, 4), 0.25)) and table.written[0, 0].sum() == 1
    assert torch.allclose(
        prior.draw(torch.eye(4)[:2], torch.eye(4)[:2], prior.empty(2), as_they_are)[1].softmax(-1),
        torch.full((2, 4), 0.25),
    )


def test_what_is_not_written_is_not_found():
    prior = prior_by_hand()
    prior.gate.bias.data.fill_(-1e4)
    logits, _ = prior.unroll(torch.eye(4)[None], *look(torch.eye(4)[None]), torch.ones(1, 4, dtype=torch.bool))
    assert torch.allclose(logits.softmax(-1), torch.full((1, 4, 4), 0.25), atol=1e-6)


def test_a_table_without_an_episode_is_refused():
    with pytest.raises(ValueError, match="carries no table"):
        prior_by_hand().draw(torch.zeros(1, 4), torch.zeros(1, 4), None, as_they_are)


@pytest.mark.parametrize("memory", [3, 6, 20])
def test_looking_at_a_movie_is_expecting_step_by_step(memory, certain):
    """Whatever is the capacity, more or fewer than the movie's rows, and also where a movie begins in mid-episode."""
    model, movie = tiny_world_model(memory=memory, memory_units=5), random_movie([7, 7], 7, first=[0])
    observed = model.observe(movie)
    state = observed.latent[:, 0]
    for t in range(1, 7):
        _, prior = model.foresee(state, movie.action[:, t - 1])
        assert torch.allclose(prior, observed.prior[:, t], atol=1e-5)
        state = model.update(state, movie.action[:, t - 1], movie.observation[:, t], torch.zeros(2, dtype=torch.bool))
        assert torch.allclose(state.features, observed.latent[:, t].features, atol=1e-5)
        there = observed.latent[:, t].table
        assert torch.equal(state.table.written, there.written)
        assert torch.allclose(state.table.entries[there.written], there.entries[there.written], atol=1e-5)


def test_acting_begins_with_an_empty_table_and_forgets_it_with_the_episode(certain):
    model, movie = tiny_world_model(memory=4), random_movie([3, 3], 3)
    state, nothing = model.initial(2), torch.zeros(2, dtype=torch.long)
    for t, first in enumerate([[True, True], [False, False], [True, False]]):
        state = model.update(state, nothing, movie.observation[:, t], torch.tensor(first))
    assert state.table.written.sum(-1).tolist() == [1, 3]
    fresh = model.update(model.initial(2), nothing, movie.observation[:, 2], torch.tensor([True, True]))
    assert torch.allclose(model.foresee(state, nothing)[1][0], model.foresee(fresh, nothing)[1][0], atol=1e-5)


def random_things(rows: int) -> torch.Tensor:
    """Probabilities `[1, rows, 12]` of 3 variables of 4 classes each."""
    return torch.randn(1, rows, 3, 4).softmax(-1).flatten(-2)


def test_what_came_later_and_padding_change_nothing_that_was_expected():
    prior = EpisodicPrior(12, 12, 16, 5, 20, 3)
    recurrent, things = torch.randn(1, 6, 12), random_things(6)
    logits, _ = prior.unroll(recurrent, *look(things, 3), torch.ones(1, 6, dtype=torch.bool))
    changed = torch.cat([things[:, :3], random_things(3)], 1)
    padded, _ = prior.unroll(recurrent, *look(changed, 3), torch.tensor([[True] * 4 + [False] * 2]))
    assert torch.allclose(padded[:, :4], logits[:, :4]) and not torch.allclose(padded[:, 4], logits[:, 4])


def test_what_is_older_than_the_table_is_forgotten():
    prior = EpisodicPrior(12, 12, 16, 5, 2, 3)
    recurrent, things = torch.randn(1, 6, 12), random_things(6)
    everything = torch.ones(1, 6, dtype=torch.bool)
    logits, _ = prior.unroll(recurrent, *look(things, 3), everything)
    changed = torch.cat([random_things(2), things[:, 2:]], 1)
    again, _ = prior.unroll(recurrent, *look(changed, 3), everything)
    assert torch.allclose(again[:, 4:], logits[:, 4:]) and not torch.allclose(again[:, 3], logits[:, 3])


def test_dreams_read_what_their_movie_wrote_and_then_what_they_dreamt(certain):
    """A dream from row 3 goes on as a dream from a movie that ends there."""
    model, movie = tiny_world_model(memory=6), random_movie([6], 6)
    actions = torch.tensor([[1, 2, 0, 1]])
    whole = model.follow(model.observe(movie).latent[:, 3], actions)
    short = model.follow(model.observe(random_movie([4], 4)).latent[:, 3], actions)
    assert movie.observation[0, :4].equal(random_movie([6], 6).observation[0, :4])
    states = model.observe(movie).latent[:, 3]
    for step in range(4):
        states = model.predict(states, actions[:, step])
        assert torch.allclose(states.features, whole.features[:, step + 1])
    assert states.table.written.sum() == 6 and short.features.shape == whole.features.shape


def test_the_agent_learns_and_acts_with_it():
    agent = Agent(VECTOR, tiny_settings(memory=5), tiny_agent().settings)
    movie = random_movie([6, 4], 6, first=[0])
    observed = agent.world_model.observe(movie)
    losses = agent.world_model.losses(observed)
    total = agent.world_model.total_loss(losses, movie.mask)
    total.backward()
    prior = agent.world_model.prior_head
    assert all(p.grad is not None and p.grad.isfinite().all() for p in prior.parameters())
    replayed = agent.replay(observed)
    assert replayed["imagined"][2].latent.features.shape[-1] == agent.world_model.features
    _, state = agent.act(movie.observation[:, 0], torch.tensor([True, True]), agent.initial_state(2))
    assert state.latent.table.written.sum(-1).tolist() == [1, 1]


@pytest.mark.slow
def test_it_puts_things_that_it_never_saw_before_in_the_order_of_a_rule():
    """Four fresh things are shown as C, A, D, B; then the rule asks for A, B, C, D. A recurrence alone guesses."""
    assert learned_order(memory=16) > 0.8 and learned_order(memory=0) < 0.5


def learned_order(memory: int, steps: int = 600) -> float:
    """Share of right things among B, C and D, after `steps` gradient steps, for things that were never seen."""
    spec = Spec("story", (16,), "float32", ("go",), {})
    shown, told = [2, 0, 3, 1], [0, 1, 2, 3]
    model = tiny_world_model(
        spec, recurrent_units=64, variables=32, classes=8, units=64, memory=memory, observation_weight=300.0
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)

    def story(count):
        things = torch.randn(count, 4, 16)
        movie = random_movie([8] * count, 8, spec, first=range(count))
        return replace(movie, observation=things[:, shown + told], reward=torch.zeros(count, 8)), things

    for _ in range(steps):
        movie, _ = story(32)
        model.get_used_to(movie)
        loss = model.total_loss(model.losses(model.observe(movie)), movie.mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        movie, things = story(200)
        dream = model.follow(model.observe(movie).latent[:, 4], torch.zeros(200, 3, dtype=torch.long))
        nearest = torch.cdist(model.decode(dream[:, 1:]), things).argmin(-1)
    return (nearest == torch.tensor([1, 2, 3])).float().mean().item()
