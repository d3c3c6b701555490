"""An episodic memory: what was seen once is found again, and so is what stands in the place that follows it.

A recurrent network learns to say what came next when something was shown. It does not learn, of things seen a single
time, in which order they belong. That takes two look-ups in the moments of the episode: *where* was this, and *what*
stands in the place that follows. The hippocampus of the analogy: relations between moments are fixed by what was
learned slowly, the moments themselves are written once.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worldmodel.experience import Table
from worldmodel.model.latents import Choose
from worldmodel.model.layers import mlp

SHARPNESS = (10.0, 8.0)
"""Inverse temperatures of the two look-ups at first; cosines of unrelated keys are near zero."""
TRUST = 6.0
"""How much a class that is surely recalled counts in the logits at first: of 16, it has a probability of 0.96."""
WRITING = 2.0
"""Logit of the gate at first: nearly everything is written."""


class EpisodicPrior(nn.Module):
    """A prior that reads, besides the recurrent state, a content-addressed table of the episode's moments.

    Every moment j writes what was seen, `z_j` drawn from `q_j`, and what was remembered when it came, `h_j`, through a
    gate `g_j = sigmoid(G [h_j, z_j])`, so that no phase needs to be told. What is expected in `h_{t+1}`, after `z_t`,
    takes two look-ups among the moments that are at most `capacity` rows old::

        where   w_j ~ g_j exp(a cos(W z_t, W q_j)),          j <  t      place = sum_j w_j V h_j
        what    v_j ~ g_j exp(b cos(Q [h_{t+1}, place], K h_j)), j <= t  recalled = sum_j v_j q_j
        logits = head([h_{t+1}, recalled]) + log(recalled + exp(-s))

    Each look-up may find nothing: beside the moments stands an empty one of weight 1; then the head alone says what is
    expected. What is recalled is `q_j` and not the one draw of it: a dream that copied the draw would be more like that
    moment than any other look at the same thing is, and would find only that moment, not the others in which it was
    seen. For the same reason it is found by `q_j`: of two draws of one look many variables differ.

    Query and key of the first look-up share W, since like is to be found by like. A movie is one call, as for the
    recurrence; acting and dreaming carry the table. A movie that begins in mid-episode begins with an empty table.
    """

    def __init__(
        self, recurrent_units: int, stochastic: int, units: int, memory_units: int, capacity: int, variables: int
    ) -> None:
        super().__init__()
        self.capacity = capacity
        self.sizes = [memory_units, memory_units, units, 1, stochastic]
        self.content_key = nn.Linear(stochastic, memory_units, bias=False)
        self.place_key = nn.Linear(recurrent_units, memory_units, bias=False)
        self.place = nn.Linear(recurrent_units, units, bias=False)
        self.gate = nn.Linear(recurrent_units + stochastic, 1)
        self.place_query = nn.Sequential(mlp(recurrent_units + units, units, 1), nn.Linear(units, memory_units))
        self.head = nn.Sequential(mlp(recurrent_units + stochastic, units, 1), nn.Linear(units, stochastic))
        self.log_sharpness = nn.Parameter(torch.tensor(SHARPNESS).log())
        self.trust = nn.Parameter(torch.tensor(TRUST))
        nn.init.constant_(self.gate.bias, WRITING)
        nn.init.normal_(self.content_key.weight, std=variables**-0.5)

    def unroll(self, recurrent: Tensor, stochastic: Tensor, seen: Tensor, mask: Tensor) -> tuple[Tensor, Table]:
        """Logits `[B, T, S*K]` for every row of movies, each from the rows before it, and the table after each.

        recurrent `[B, T, D]`; stochastic `[B, T, S*K]`, drawn from seen `[B, T, S, K]`, log-probabilities; mask
        `[B, T]`, rows that were recorded.
        """
        entries = self._entries(recurrent, stochastic, seen)
        age = torch.arange(mask.shape[1], device=mask.device)
        age = age[:, None] - age  # [T, T], rows since each moment; the newest moment that counts is one row old
        known = (age > 0) & (age <= self.capacity) & mask[:, None]
        cue = F.pad(self._content(stochastic)[:, :-1], (0, 0, 1, 0))
        return self._recall(recurrent, cue, entries, known & (age > 1), known), self._tables(entries, mask)

    def draw(self, recurrent: Tensor, stochastic: Tensor, table: Table | None, choose: Choose) -> tuple[Tensor, Tensor]:
        """What is seen in recurrent state `[N, D]`, drawn, and the log-probabilities of it, both `[N, S*K]`.

        stochastic `[N, S*K]`: what was drawn in the moment before, with the table of it.
        """
        if table is None:
            raise ValueError("this state carries no table of its episode, so nothing can be expected from it")
        cue, known = self._content(stochastic)[:, None], table.written[:, None]
        earlier = known.clone()
        earlier[..., -1] = False
        return choose(self._recall(recurrent[:, None], cue, table.entries, earlier, known).squeeze(1))

    def empty(self, count: int) -> Table:
        """The table `[N]` of an episode that has not begun."""
        device = self.log_sharpness.device
        written = torch.zeros(count, self.capacity, dtype=torch.bool, device=device)
        return Table(torch.zeros(count, self.capacity, sum(self.sizes), device=device), written)

    def remember(self, recurrent: Tensor, stochastic: Tensor, seen: Tensor, table: Table | None) -> Table | None:
        """The table `[N]` with one more moment in it, the oldest left out."""
        if table is None:
            return None
        entry = self._entries(recurrent, stochastic, seen).detach()[:, None].to(table.entries.dtype)
        return Table(
            torch.cat([table.entries[:, 1:], entry], 1),
            F.pad(table.written[:, 1:], (0, 1), value=True),
        )

    def _content(self, looks: Tensor) -> Tensor:
        """What `[..., S*K]`, drawn or in probabilities, is found by, `[..., M]`."""
        return F.normalize(self.content_key(looks.detach()), dim=-1)

    def _entries(self, recurrent: Tensor, stochastic: Tensor, seen: Tensor) -> Tensor:
        """What each moment writes, `[..., E]`: two keys, its place, its gate, and probabilities of what was seen."""
        drawn = stochastic.detach()  # memory learns to find what is seen, not to be shown what is easily found
        gate = F.logsigmoid(self.gate(torch.cat([recurrent, drawn], -1)).float())
        looks = seen.detach().exp().flatten(-2)
        keys = self._content(looks), F.normalize(self.place_key(recurrent), dim=-1)
        return torch.cat([*keys, self.place(recurrent), gate, looks], -1)

    def _tables(self, entries: Tensor, mask: Tensor) -> Table:
        """The table after every row, `[B, T]`: views of the movies' entries `[B, T, E]`, nothing is copied."""
        lead = self.capacity - 1
        windows = F.pad(entries.detach(), (0, 0, lead, 0)).unfold(1, self.capacity, 1)
        return Table(windows.transpose(-1, -2), F.pad(mask, (lead, 0)).unfold(1, self.capacity, 1))

    def _recall(self, recurrent: Tensor, cue: Tensor, entries: Tensor, earlier: Tensor, known: Tensor) -> Tensor:
        """The two look-ups, for Q questions to C moments.

        recurrent `[B, Q, D]`; cue `[B, Q, M]`, the content keys of what was seen last; entries `[B, C, E]`;
        earlier, known `[B, Q, C]`, the moments each look-up may find. Returns logits `[B, Q, S*K]`.
        """
        content_key, place_key, place, gate, seen = entries.split(self.sizes, -1)
        where, what = self.log_sharpness.exp()
        found = _look_up(where * cue, content_key, gate, earlier, place)
        query = F.normalize(self.place_query(torch.cat([recurrent, found], -1)), dim=-1)
        recalled = _look_up(what * query, place_key, gate, known, seen)
        inferred = self.head(torch.cat([recurrent, recalled], -1))
        return inferred + torch.log(recalled.float() + torch.exp(-self.trust))


def _look_up(query: Tensor, keys: Tensor, gate: Tensor, allowed: Tensor, values: Tensor) -> Tensor:
    """What queries `[B, Q, M]` find under keys `[B, C, M]`: values `[B, C, X]` weighted to `[B, Q, X]`.

    gate: `[B, C, 1]`, log-weights of the moments. The empty moment has logit 0 and value 0.
    """
    logits = (query @ keys.mT + gate.mT).float().masked_fill(~allowed, -torch.inf)
    weights = torch.softmax(F.pad(logits, (1, 0)), -1)[..., 1:]
    return weights.to(values.dtype) @ values
