"""The scripts that ask a run of MinAtar: each still runs from its first line to its last, and says numbers."""

from __future__ import annotations

import importlib
import io
import math
import re
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from rich.console import Console
from small_agent import random_movie

from worldmodel.configuration import read_settings
from worldmodel.running.settings import Settings
from worldmodel.running.training import assemble

ROOT = Path(__file__).parent.parent
SMALL = [
    *("--config", str(ROOT / "configs" / "minatar.yaml"), "--config", str(ROOT / "configs" / "minatar_local.yaml")),
    *("--trainer.max_steps", "3000", "--trainer.replay_ratio", "0.005"),
    *("--world_model.recurrent_units", "16", "--world_model.depth", "8", "--world_model.units", "16"),
    *("--trainer.evaluation_episodes", "1", "--trainer.wandb", "off", "--trainer.film", "false"),
]
pytestmark = pytest.mark.slow


def a_run_of(game, folder):
    where = ["--environment.id", f"MinAtar/{game}", "--trainer.run", str(folder / game)]
    assemble(read_settings(Settings, [*SMALL, *where]), Console(file=io.StringIO())).go()
    return str(folder / game)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return a_run_of("SpaceInvaders", tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def breakout(tmp_path_factory):
    return a_run_of("Breakout", tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def freeway(tmp_path_factory):
    return a_run_of("Freeway", tmp_path_factory.mktemp("runs"))


@pytest.fixture
def script(monkeypatch):
    """Imports a script, with fewer steps and games than it takes to find anything out."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))

    def load(name, **fewer):
        module = importlib.import_module(name)
        for constant, value in fewer.items():
            monkeypatch.setattr(module, constant, value)
        return module

    yield load
    for name in [name for name, module in sys.modules.items() if _is_a_script(module)]:
        del sys.modules[name]


def _is_a_script(module):
    return Path(getattr(module, "__file__", None) or "").parent == ROOT / "benchmarks"


def numbers(text, pattern):
    return [float(each) for each in re.findall(pattern, text)]


def test_an_area_is_unknown_where_nothing_or_everything_happened(script):
    area = script("ranking").area
    # of the four pairs of one that happened and one that did not, three are in order
    assert area([True, False, True, False], [0.4, 0.3, 0.2, 0.1]) == 0.75
    assert all(math.isnan(area(happened, [0.1, 0.2])) for happened in ([True, True], [False, False]))
    assert math.isnan(area([], []))


@pytest.mark.parametrize(
    ("name", "fewer", "arguments", "says"),
    [
        ("probes", {"BATCHES": 3, "STEPS": 3}, (), r"12 to 24 left \(\d+ hits\): (\S+),"),
        ("aiming", {"STEPS": 3, "EPSILON": 1}, ("8",), r"Q-network: .*12 to 24 left (\S+)"),
        ("shots", {}, ("4",), r"12 to 24 aliens left: .* world model (\S+),"),
        ("foretold", {"STEPS": 3, "BATCHES": 2}, (), r"12 to 24 left .* area under the curve (\S+)"),
    ],
)
def test_hits_are_rated(name, fewer, arguments, says, run, script, capsys):
    script(name, **fewer).main(run, *arguments)
    areas = numbers(capsys.readouterr().out, says)
    assert areas and all(0 <= area <= 1 or math.isnan(area) for area in areas)


def test_life_and_dreams_go_on_from_the_same_moments(run, script, capsys):
    script("life_and_dreams", HORIZON=3, SOON=2, LONGEST=40).main(run, "6", "0", "1")
    said = capsys.readouterr().out
    assert said.count("life:") == said.count("dreams at 0:") == said.count("dreams at 1:") > 0


@pytest.mark.parametrize("share", ["0", "0.5", "1"])
def test_a_fresh_q_network_learns_of_the_same_life(share, run, script, capsys):
    script("same_life", GAMES=3, WORLDS=3, LOOKS=2).main(run, "4", share, "0")
    said = capsys.readouterr().out
    assert numbers(said, r"(\d+) gradient steps") == [2, 4]
    assert all(score >= 0 for score in numbers(said, r"s: +(-?\d+\.\d+)"))


@pytest.mark.parametrize("which", ["moments", "life", "waveless", "states", "dreams"])
def test_a_q_network_learns_from_true_play_or_from_dreams_alone(which, run, script, capsys):
    script("true_play", MOMENTS=12, EPSILONS=(0.0, 1.0))
    script("true_dreams", GAMES=3, LOOK_EVERY=1).main(run, which, "2")
    assert numbers(capsys.readouterr().out, r"(\d+) gradient steps: +\d") == [1, 2]


@pytest.mark.parametrize("steps", ["0", "3"])
def test_looks_are_counted_by_how_often_they_were_met(steps, run, script, capsys):
    script("looks", BATCHES=2).main(run, steps, "--world_model.learning_rate", "1e-3")
    said = capsys.readouterr().out
    places, looks = numbers(said, r": (\d+) places"), numbers(said, r"times: (\d+) looks")
    assert places[0] % 25 == 0
    assert sum(looks) == numbers(said, r"places, (\d+) looks")[0]
    assert sum(numbers(said, r"looks, (\S+) of places")) == pytest.approx(1, abs=1e-3)
    assert all(0 <= wrong <= 1 for wrong in numbers(said, r"shown wrongly (\S+)"))


def test_places_are_cut_row_by_row(script):
    looks = script("looks")
    image = torch.zeros(1, 4, 4, 2, dtype=torch.bool)
    image[0, 1, 2, 0] = image[0, 1, 2, 1] = image[0, 0, 3, 1] = True
    places = looks.by_place(image, 2)
    assert [looks.in_words(place.tobytes(), 2) for place in places] == ["-|-|-|-", "-|1|0+1|-", "-|-|-|-", "-|-|-|-"]


def test_ends_of_waves_are_where_aliens_come_back(script):
    aliens = torch.tensor([[2, 1, 24, 24], [1, 24, 23, 0], [1, 24, 24, 24]])
    first = torch.zeros(3, 4, dtype=torch.bool)
    first[2, 1] = True  # another game begins
    observation = torch.zeros(3, 4, 24, 1, 2, dtype=torch.uint8)
    for clip, row in torch.cartesian_prod(torch.arange(3), torch.arange(4)).tolist():
        observation[clip, row, : aliens[clip, row], 0, 1] = 255
    movie = replace(random_movie([4] * 3, 4), observation=observation, first=first)
    assert script("new_waves", WARM_UP=1).ends_of_waves(movie).nonzero().tolist() == [[0, 2], [1, 1]]
    assert script("new_waves", WARM_UP=2).ends_of_waves(movie).nonzero().tolist() == [[0, 2]]


@pytest.mark.parametrize("steps", ["0", "3"])
def test_new_waves_are_looked_for_in_both_memories(steps, run, script, capsys):
    fewer = {"BATCHES": 2, "MOVIES": 4}
    script("new_waves", **fewer, ends_of_waves=lambda movie: movie.mask & ~movie.first).main(run, run, steps)
    said = capsys.readouterr().out
    assert numbers(said, r"memory: (\d+) ends") and len(numbers(said, r"a wave (\S+);")) == 2
    assert all(divergence > 0 for divergence in numbers(said, r"all (\S+)"))
    script("new_waves", **fewer, ends_of_waves=lambda movie: movie.mask & False).main(run, run, steps)
    assert numbers(capsys.readouterr().out, r"memory: (\d+) ends of waves; all") == [0, 0]


class OfTwoSteps:
    """A game that ends at its second step, which brings a reward."""

    action_names, done = ("NOOP", "LEFT"), 0

    def _cells(self):
        return torch.zeros(10, 10, 1, dtype=torch.uint8).numpy()

    def step(self, action):
        self.done += 1
        return self._cells(), float(self.done == 2), self.done == 2, False, {}


def test_true_play_counts_nothing_after_an_end_or_goes_on_in_another_game(script):
    true_play = script("true_play")
    settings = read_settings(Settings, ["--agent.rollouts", "2", "--agent.horizon", "3"]).agent
    begin, frames = lambda seed: true_play.Moment(OfTwoSteps()), true_play.Frames(1)
    policy = SimpleNamespace(choose=lambda state: torch.zeros(2, dtype=torch.long))

    def stretches(goes_on):
        play = true_play.TruePlay(settings, begin, true_play.as_it_is, frames, goes_on)
        return [
            (each.reward[0].tolist(), each.continues[0].tolist(), each.mask[0].tolist())
            for each in map(play, [policy] * 2)
        ]

    assert stretches(goes_on=False) == [([0, 1, 0], [1, 0, 0], [1, 1, 0])] * 2
    assert stretches(goes_on=True) == [([0, 1, 0], [1, 0, 1], [1, 1, 1]), ([1, 0, 1], [0, 1, 0], [1, 1, 1])]


def test_the_last_alien_of_a_waveless_game_falls_for_nothing(script):
    """It stands in the way of a bullet that was fired."""
    true_play = script("true_play")

    def shot(step):
        game = true_play.new_game("space_invaders", 0.0, seed=0)
        board = game._game
        board.alien_map[:] = 0
        board.alien_map[3, 5] = board.f_bullet_map[4, 5] = 1
        board.alien_move_timer = 5
        answers = [step(game, 0) for _ in range(2)]
        return answers, int(board.alien_map.sum())

    assert shot(true_play.as_it_is) == ([(1.0, False), (0.0, False)], 24)
    assert shot(true_play.waveless) == ([(0.0, False), (0.0, False)], 0)


def test_what_would_have_saved_a_game_is_looked_for(breakout, script, capsys):
    script("ends").main(breakout, "6")
    said = capsys.readouterr().out
    survived = numbers(said, r"saving: survives (\d\.\d+) in life")
    assert survived and all(0 <= share <= 1 for share in survived)


def test_a_game_of_breakout_is_saved_by_going_where_the_ball_comes_down(script):
    """It comes down from the upper left, a cell to the right and down at each step; the paddle is at 4."""
    ends = script("ends")
    game = ends.MinAtarGame("breakout", minimal_actions=False, sticky_actions=0.1)
    game.reset(seed=0)
    board = game._game
    board.ball_x, board.ball_y, board.ball_dir = 0, 3, 2
    # after five steps it is at column 5 of row 8, and must then be met at column 5 or 6
    assert not ends.survives(game, [0] * 8) and ends.survives(game, [3, 0, 0, 0, 0, 0, 0, 0])
    plan = ends.saving_plan(game, 8)
    assert ends.survives(game, plan) and plan.count(3) in (1, 2) and board.ball_x == 0


def one_that_always(crossings, monkeypatch, action):
    """Agents that are loaded value `action` above all others; what a tiny one prefers differs between machines."""
    load = crossings.load_agent

    def loaded(run):
        agent = load(run)
        heads = agent.target_network.heads.bias.data.view(-1, agent.target_network.bins)
        heads[1 + action, -1] += 20  # the first row is the value of the state
        return agent

    monkeypatch.setattr(crossings, "load_agent", loaded)


def test_ways_across_a_road_are_rated(freeway, script, monkeypatch, capsys):
    crossings = script("crossings", STEPS=200, SHARE=1.0)
    one_that_always(crossings, monkeypatch, crossings.UP)
    crossings.main(freeway, "2")
    said = capsys.readouterr().out
    assert numbers(said, r"(\d+) moments") and said.count("at the bottom") == 4
    assert all(0 <= area <= 1 or math.isnan(area) for area in numbers(said, r"area of dreams: up (\S+),"))


def test_a_chicken_that_stands_still_is_not_asked_about(freeway, script, monkeypatch):
    crossings = script("crossings", STEPS=20, SHARE=1.0)
    one_that_always(crossings, monkeypatch, crossings.NOTHING)
    with pytest.raises(SystemExit, match="no moment on the road"):
        crossings.main(freeway, "2")


@pytest.mark.parametrize(("row", "up", "stay"), [(5, False, True), (6, True, False), (8, False, False)])
def test_a_chicken_is_run_over_where_a_car_comes(row, up, stay, script):
    """One car, in row 5, is about to reach the chicken's column."""
    crossings = script("crossings")
    game = crossings.MinAtarGame("freeway", minimal_actions=False, sticky_actions=0.1)
    game.reset(seed=0)
    board = game._game
    board.cars = [[3 if line == 5 else 8, line, 0 if line == 5 else 5, 5] for line in range(1, 9)]
    board.pos, board.move_timer = row, 0
    plans = ([crossings.UP, 0, 0], [0, 0, 0])
    assert [crossings.run_over(game, plan) for plan in plans] == [up, stay]
    assert board.pos == row and board.cars[4][0] == 3


@pytest.mark.parametrize("steps", ["0", "2"])
def test_small_things_are_looked_for_channel_by_channel(steps, run, script, capsys):
    script("small_things").main(run, steps, *SMALL)
    said = capsys.readouterr().out
    assert all(f"{depth} steps ahead, shown of what is there" in said for depth in (0, 1, 4))


@pytest.mark.parametrize("steps", ["0", "2"])
def test_one_thing_is_looked_for_in_dreams(steps, run, script, capsys):
    script("kept_things", START=2, DEEP=(0, 3), BATCHES=2).main(run, "0", steps, *SMALL)
    said = capsys.readouterr().out
    lines = re.findall(r"(?:once|nowhere|at several places): (.*)", said)
    shares = torch.tensor([[float(share) for share in line.split()] for line in lines])
    assert "nats; steps into the dream: (0, 3)" in said
    assert torch.allclose(shares.sum(0), torch.ones(2), atol=0.02)


def test_a_lone_alien_goes_on_as_in_the_game(script):
    """By rules: every step one field its way, at the wall down a row; a moment is left out where it is shot."""
    lone_alien = script("lone_alien", STEPS=3)
    game = lone_alien.MinAtarGame("space_invaders", minimal_actions=False, sticky_actions=0.1)
    game.reset(seed=0)
    game._game.alien_map[:] = 0
    game._game.alien_map[2, 8] = 1
    game._game.alien_dir, game._game.alien_move_timer = 1, 0
    assert [tuple(place.argwhere()[0]) for place in torch.from_numpy(lone_alien.to_come(game))] == [
        (2, 9),
        (3, 9),
        (3, 8),
    ]
    game._game.f_bullet_map[3, 9] = 1
    assert lone_alien.to_come(game) is None


def test_a_lone_alien_is_looked_for_in_dreams(run, script, capsys, monkeypatch):
    lone_alien = script("lone_alien", OFTEN=1.0, STEPS=2, PRINTED=(1, 2), DREAMS=3)
    playing = lone_alien.side_by_side

    def with_one_left(*arguments):
        for played, seen, going_on, state in playing(*arguments):
            for game in played:
                game._game.alien_map[:] = 0
                game._game.alien_map[2, 4] = 1
            yield played, seen, going_on, state
            return

    monkeypatch.setattr(lone_alien, "side_by_side", with_one_left)
    lone_alien.main(run, "2")
    said = capsys.readouterr().out
    assert said.startswith("2 moments, in ")
    shares = re.findall(r"there (\S+), no alien (\S+) .* several (\S+), elsewhere (\S+)", said)
    assert len(shares) == 2
    assert all(sum(map(float, each)) == pytest.approx(1, abs=0.03) for each in shares)


def test_without_a_lone_alien_there_is_one_line(run, script):
    with pytest.raises(SystemExit, match="one alien alone was never left for 8 steps in 2 games; give more games"):
        script("lone_alien").main(run, "2")
