from __future__ import annotations

import os
import runpy
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import wandb
from PIL import Image

from worldmodel.running import trackers
from worldmodel.running.trackers import SafeWandb, _key_found, _within


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No key of whoever runs the tests is found, and nothing may be left in the working directory."""
    for name in [name for name in os.environ if name.startswith("WANDB") or name == "NETRC"]:
        monkeypatch.delenv(name)
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.chdir(here)
    yield
    assert not list(here.iterdir())


class FakeRun:
    """Stands for a W&B run; what it is called with is kept, and what should fail does."""

    def __init__(self, calls: list[Any], fails: str) -> None:
        self.calls, self.fails = calls, fails
        self.dir = "/nowhere/files"
        self.id = "fake"

    def __getattr__(self, name: str) -> Callable[..., None]:
        def call(*arguments: Any, **options: Any) -> None:
            if name == self.fails:
                raise ConnectionError(f"{name}\nis broken")
            self.calls.append((name, arguments, options))

        return call


def fake_wandb(monkeypatch: pytest.MonkeyPatch, fails: str = "", init: Callable[[], Any] | None = None) -> list[Any]:
    calls: list[Any] = []

    def start(**options: Any) -> FakeRun:
        calls.append(("init", (), options))
        if fails == "init":
            raise ConnectionError("init\nis broken")
        return FakeRun(calls, fails) if init is None else init()

    monkeypatch.setattr(wandb, "init", start)
    return calls


def test_importing_does_not_import_wandb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)  # importing it would fail
    runpy.run_path(str(Path(trackers.__file__)))


def test_real_offline_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    film = tmp_path / "dream.gif"
    frames = [Image.new("L", (8, 8), shade) for shade in (0, 255)]
    frames[0].save(film, save_all=True, append_images=frames[1:])
    tracker = SafeWandb(run)
    assert tracker.version is None and not run.exists()
    tracker.log_hyperparams({"trainer": {"steps": 3}})
    tracker.log_metrics({"loss": 1.0, "environment_step": 10}, step=1)
    tracker.log_film("dream", film)
    tracker.log_table("games", ["game", "score"], [["pong", 21.0]])
    tracker.finish()
    tracker.log_metrics({"loss": 2.0})
    captured = capfd.readouterr()
    (folder,) = (run / "wandb").glob("offline-run-*")
    assert captured.out == f"W&B is offline; to upload this run: wandb sync {folder}\n"
    assert captured.err == ""
    assert (run / "wandb_id").read_text().strip() == tracker.version
    assert folder.name.endswith(f"-{tracker.version}")
    assert list((folder / "files" / "media" / "videos").glob("dream_*.gif"))
    assert list((folder / "files" / "media" / "table").glob("games_*.json"))
    (record,) = folder.glob("*.wandb")
    patience = time.monotonic() + 20
    # wandb's own process may write a moment after finish() has returned
    while b"environment_step" not in record.read_bytes() and time.monotonic() < patience:
        time.sleep(0.05)
    assert b"environment_step" in record.read_bytes()
    time.sleep(1)  # W&B names folders by the second, and adds a number to a name that is taken
    resumed = SafeWandb(run)
    resumed.log_metrics({"loss": 1.0, "environment_step": 20})
    resumed.finish()
    assert resumed.version == tracker.version
    assert all(entry.name.endswith(f"-{tracker.version}") for entry in (run / "wandb").glob("offline-run-*"))


def test_off_touches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)  # importing it would fail
    tracker = SafeWandb(tmp_path / "run", mode="off")
    tracker.log_metrics({"a": 1})
    tracker.log_film("a", tmp_path / "a.gif")
    tracker.finish()
    tracker.experiment.anything(1)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("fails", ["init", "log", "finish", "define_metric"])
def test_one_warning_and_then_quiet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fails: str
) -> None:
    calls = fake_wandb(monkeypatch, fails)
    tracker = SafeWandb(tmp_path, mode="offline")
    for step in range(3):
        tracker.log_metrics({"loss": 1.0, "environment_step": step})
    tracker.finish()
    tracker.finish()
    warning = capsys.readouterr().err
    assert warning.count("\n") == 1
    assert warning.startswith("W&B could not ") and f"({fails} is broken); the run goes on without it" in warning
    assert sum(name == "init" for name, _, _ in calls) == 1


def test_a_missing_package_is_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    tracker = SafeWandb(tmp_path)
    tracker.log_metrics({"a": 1})
    tracker.log_table("a", ["b"], [[1]])
    assert capsys.readouterr().err.count("\n") == 1


def test_what_wandb_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = fake_wandb(monkeypatch)
    tracker = SafeWandb(tmp_path, mode="offline", project="p", group="g", tags=("t",), run_id="given")
    tracker.log_metrics({"loss": 1.0, "environment_step": 5}, step=1)
    tracker.log_metrics({"score": 2.0}, step=2)
    tracker.finish(exit_code=1)
    (name, _, options), *rest = calls
    assert (name, options["id"], options["resume"], options["mode"]) == ("init", "given", "allow", "offline")
    assert (options["dir"], options["project"], options["group"]) == (str(tmp_path), "p", "g")
    assert rest == [
        ("define_metric", ("environment_step",), {}),
        ("define_metric", ("*",), {"step_metric": "environment_step"}),
        ("log", ({"environment_step": 5, "loss": 1.0},), {}),
        ("log", ({"environment_step": 5, "score": 2.0},), {}),
        ("finish", (), {"exit_code": 1}),
    ]


def test_starting_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_wandb(monkeypatch, init=lambda: time.sleep(60))
    tracker = SafeWandb(tmp_path, mode="offline", patience=0.1)
    start = time.monotonic()
    tracker.log_metrics({"a": 1})
    assert time.monotonic() - start < 5
    assert "no answer within 0.1 s" in capsys.readouterr().err


def test_what_comes_too_late_is_cleaned_up() -> None:
    late: list[str] = []
    with pytest.raises(TimeoutError):
        _within(0.05, lambda: time.sleep(0.2) or "run", late.append)
    time.sleep(0.4)
    assert late == ["run"]
    assert _within(5, lambda: "result") == "result"


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_nothing_that_comes_too_late_can_break_anything() -> None:
    def broken(result: None) -> None:
        raise RuntimeError("nobody is left to hear of it")

    before = threading.active_count()
    with pytest.raises(TimeoutError):
        _within(0.05, lambda: time.sleep(0.2), broken)
    deadline = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("mode", "environment", "expected"),
    [
        ("auto", {}, "offline"),
        ("auto", {"WANDB_API_KEY": "k"}, "online"),
        ("auto", {"WANDB_API_KEY": "k", "WANDB_MODE": "dryrun"}, "offline"),
        ("auto", {"WANDB_MODE": "disabled"}, "disabled"),
        ("offline", {"WANDB_API_KEY": "k"}, "offline"),
        ("online", {"WANDB_API_KEY": "k"}, "online"),
    ],
)
def test_modes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: Any, environment: dict[str, str], expected: str
) -> None:
    calls = fake_wandb(monkeypatch)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    SafeWandb(tmp_path, mode=mode).log_metrics({"a": 1})
    assert calls[0][2]["mode"] == expected


def test_online_without_a_key_does_not_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = fake_wandb(monkeypatch)
    SafeWandb(tmp_path, mode="online").log_metrics({"a": 1})
    assert calls == [] and "call `wandb login` once" in capsys.readouterr().err


def test_a_key_in_the_netrc_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not _key_found()
    file = tmp_path / "home" / ".netrc"
    file.write_text("machine elsewhere.org login user password secret\n")
    file.chmod(0o600)
    assert not _key_found()
    other = tmp_path / "other"
    other.write_text("machine api.wandb.ai login user password key\n")
    other.chmod(0o600)
    monkeypatch.setenv("NETRC", str(other))
    assert _key_found()
    monkeypatch.setenv("WANDB_BASE_URL", "https://elsewhere.org")
    assert not _key_found()


@pytest.mark.parametrize("fails", ["", "init", "log"])
def test_its_own_process_is_let_go_once_and_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fails: str
) -> None:
    fake_wandb(monkeypatch, fails)
    monkeypatch.setattr(trackers, "LETTING_GO", 0.1)
    let_go: list[int] = []

    def hang() -> None:
        let_go.append(1)
        time.sleep(30)

    monkeypatch.setattr(wandb, "teardown", hang)
    tracker = SafeWandb(tmp_path, mode="offline")
    tracker.log_metrics({"a": 1})
    start = time.monotonic()
    tracker.finish()
    tracker.finish()
    assert time.monotonic() - start < 5 and let_go == [1]
    assert capsys.readouterr().err.count("\n") == bool(fails)
