from __future__ import annotations

import os
import platform
from collections.abc import Iterator

import pytest
import torch

from worldmodel.running.machine import (
    available_cores,
    choose_device,
    choose_precision,
    keep_freed_memory,
    machine_in_words,
    prepare_machine,
)


@pytest.fixture(autouse=True)
def same_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_threads_are_those_wanted() -> None:
    prepare_machine(3, keep_memory=False)
    assert torch.get_num_threads() == 3


def test_threads_are_the_cores_where_nobody_says() -> None:
    prepare_machine(None, keep_memory=False)
    assert torch.get_num_threads() == available_cores()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="a process cannot be bound to cores here")
def test_cores_are_those_this_process_may_use() -> None:
    everywhere = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(everywhere)})
        assert available_cores() == 1
    finally:
        os.sched_setaffinity(0, everywhere)
    assert available_cores() == len(everywhere)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has these thresholds")
def test_the_allocator_can_be_told_again_and_again() -> None:
    assert keep_freed_memory() and keep_freed_memory()


def test_other_allocators_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("musl", "1.2"))
    assert not keep_freed_memory()


def test_device_follows_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert [choose_device(wanted) for wanted in ("auto", "cpu", "gpu")] == ["cpu"] * 3
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert [choose_device(wanted) for wanted in ("auto", "cpu", "gpu")] == ["cuda", "cpu", "cuda"]


@pytest.mark.parametrize(
    ("known", "expected"),
    [({"avx2": True, "avx512_bf16": False}, "32-true"), ({"avx512_bf16": True}, "bf16-mixed"), ({}, "32-true")],
)
def test_auto_precision_asks_the_processor(monkeypatch: pytest.MonkeyPatch, known: dict, expected: str) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known, raising=False)
    assert choose_precision("auto", "cpu") == expected
    assert choose_precision("bf16-mixed", "cpu") == "bf16-mixed"


def test_a_torch_that_does_not_tell_gets_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert choose_precision("auto", "cpu") == "32-true"


def test_machine_in_words() -> None:
    prepare_machine(2, keep_memory=False)
    words = machine_in_words()
    assert f"torch {torch.__version__}" in words and f"Python {platform.python_version()}" in words
    assert ", 2 threads" in words and "\n" not in words and not words.startswith(",")
