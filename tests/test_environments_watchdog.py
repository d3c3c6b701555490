"""Hanging worlds are noticed, slow learning and stopped processes are not."""

import ctypes
import gc
import os
import signal
import sys
import threading
import time

import numpy as np
import pytest
from child import in_child
from counter_env import Counter, register_counter

from worldmodel.environments import EnvironmentSettings, make_worlds
from worldmodel.environments.atari import AtariWorlds
from worldmodel.environments.watchdog import RESET_PATIENCE, TICKS, Watchdog, end_process

register_counter()


@pytest.fixture
def dog():
    """One that looks only when told to, and writes down what it would say."""
    said = []
    watchdog = Watchdog("Mine-v0", 10.0, said.append)
    watchdog._awake = True
    watchdog.said = said
    return watchdog


def test_a_step_that_does_not_come_back_is_named_with_what_to_do(dog):
    dog.watch("step")
    for _ in range(TICKS):
        dog.look()
    assert dog.said == []
    dog.look()
    (line,) = dog.said
    assert line.startswith("environment 'Mine-v0' did not come back from a step within 10 s: ")
    assert "--resume" in line and "environment.step_timeout" in line and "\n" not in line


def test_a_reset_may_take_longer(dog):
    dog.watch("reset")
    for _ in range(TICKS * RESET_PATIENCE):
        dog.look()
    assert dog.said == []
    dog.look()
    assert "from a reset within 100 s" in dog.said[0]


def test_between_calls_and_from_one_to_the_next_nothing_adds_up(dog):
    for _ in range(5):
        dog.watch("step")
        for _ in range(TICKS - 1):
            dog.look()
        dog.rest()
        for _ in range(10 * TICKS):
            dog.look()
    for _ in range(10 * TICKS):  # many calls, of each of which one look falls into the middle
        dog.watch("step")
        dog.look()
        dog.rest()
    assert dog.said == []


class Slow(Counter):
    """Waits in its third step; the first reset is slow as well."""

    def reset(self, *, seed=None, options=None):
        if self.episode == 0:
            time.sleep(0.5)
        return super().reset(seed=seed, options=options)

    def step(self, action):
        outcome = super().step(action)
        if self.count == 3:
            time.sleep(30)
        return outcome


@pytest.fixture
def slow():
    import gymnasium

    gymnasium.register("Slow-v0", entry_point=Slow)
    yield "Slow-v0"
    gymnasium.registry.pop("Slow-v0")


def watched(said, world, seconds=0.2, count=1):
    worlds = make_worlds(EnvironmentSettings(id=world, step_timeout=seconds), count, evaluation=False)
    worlds.watchdog = Watchdog(world, seconds, said.append)
    return worlds


def test_it_looks_by_itself_and_not_while_nobody_plays(slow):
    said = []
    worlds = watched(said, slow)
    worlds.reset([1])  # longer than a step may take
    for _ in range(2):
        worlds.step(np.array([0]))
    time.sleep(0.5)  # the agent learns
    assert said == []
    threading.Thread(target=worlds.step, args=(np.array([0]),), daemon=True).start()
    deadline = time.monotonic() + 10
    while not said and time.monotonic() < deadline:
        time.sleep(0.02)
    assert said and "'Slow-v0' did not come back from a step within 0.2 s" in said[0]


def test_a_call_that_broke_is_over():
    said = []
    worlds = watched(said, "Counter-v0")
    worlds.reset([1])
    worlds._advance = lambda actions: 1 / 0
    with pytest.raises(Exception, match="broke in step"):
        worlds.step(np.array([0]))
    time.sleep(0.5)
    assert said == []


@pytest.mark.parametrize("nothing", [None, 0])
def test_without_seconds_nobody_watches(nothing):
    threads = {*threading.enumerate()}
    worlds = make_worlds(EnvironmentSettings(id="Counter-v0", step_timeout=nothing), 1, evaluation=False)
    worlds.reset([1])
    assert {*threading.enumerate()} <= threads


@pytest.mark.parametrize("evaluation", [False, True])
def test_worlds_are_watched_with_the_seconds_of_the_settings(evaluation):
    worlds = make_worlds(EnvironmentSettings(id="Counter-v0", step_timeout=7), 1, evaluation=evaluation)
    assert worlds.watchdog.seconds == 7 and worlds.watchdog.environment == "Counter-v0"


def test_its_thread_ends_with_the_worlds():
    threads = {*threading.enumerate()}
    worlds = watched([], "Counter-v0", 0.1)
    worlds.reset([1])
    (thread,) = {*threading.enumerate()} - threads
    del worlds
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()


def test_the_end_is_one_line_and_the_code_of_a_broken_environment(capfd):
    def hang():
        sys.stdout.write("not lost")
        threading.Thread(target=end_process, args=("it hangs",)).start()
        time.sleep(30)

    assert in_child(hang) == 4
    said = capfd.readouterr()
    assert (said.out, said.err) == ("not lost", "error: it hangs\n")


def test_the_end_comes_though_nobody_reads_what_is_said(monkeypatch):
    monkeypatch.setattr("worldmodel.environments.watchdog.LAST_WORDS", 0.2)

    def blocked():
        _, full = os.pipe()
        os.set_blocking(full, False)
        try:
            while True:
                os.write(full, bytes(4096))
        except BlockingIOError:
            os.set_blocking(full, True)
        os.dup2(full, 2)
        end_process("nobody hears it")

    assert in_child(blocked) == 4


def test_the_emulator_that_waits_for_ever_is_noticed():
    """It lets go of Python's lock while it waits; an action out of range, kept from it otherwise, makes it wait."""
    settings = EnvironmentSettings(id="ALE/Pong-v5", step_timeout=0.3)

    def hang():
        worlds = make_worlds(settings, 1, evaluation=True)
        assert isinstance(worlds, AtariWorlds)
        worlds.reset([1])
        worlds._guarded("step", worlds._games.step, np.array([99]))

    assert in_child(hang) == 4


def test_a_process_that_was_stopped_is_not_one_that_hangs():
    """It is stopped for longer than a step may take, and then works long enough for that to be noticed."""

    def stopped():
        dog = Watchdog("Mine-v0", 0.6)
        dog.watch("step")
        player = os.getpid()
        if os.fork() == 0:
            os.kill(player, signal.SIGSTOP)
            time.sleep(1.2)
            os.kill(player, signal.SIGCONT)
            os._exit(0)
        for _ in range(40):
            time.sleep(0.01)
        dog.rest()

    assert in_child(stopped) == 0


def test_native_code_that_never_lets_go_of_the_interpreter_is_not_noticed():
    """The limit that docs/reliability.md states: no other thread of Python runs meanwhile."""
    said = []
    dog = Watchdog("Mine-v0", 0.1, said.append)
    dog.watch("step")
    ctypes.PyDLL(None).usleep(500_000)
    dog.rest()
    assert said == []
