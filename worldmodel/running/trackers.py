"""Weights & Biases as a guest of the run: it may fail in any way without stopping it."""

from __future__ import annotations

import netrc
import os
import secrets
import sys
import threading
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.loggers.logger import DummyExperiment, Logger
from lightning.pytorch.utilities.rank_zero import rank_zero_only

ID_FILE = "wandb_id"
Mode = Literal["auto", "online", "offline", "off"]
LETTING_GO = 2.0
"""Seconds that W&B's own process may take to end, once there is nothing left to upload, or nobody to take it."""


class SafeWandb(Logger):
    """Logs to W&B through Lightning's logger; whatever W&B raises becomes one warning, and then it is quiet.

    directory: the run directory; W&B's files go into its folder wandb, the id of the W&B run into its file wandb_id,
        so that a resumed run goes on under the same id.
    mode: "auto" is online where wandb would find a key (or as WANDB_MODE says) and offline elsewhere.
    patience: seconds that starting may take; finishing, which uploads, may take six times as long.

    wandb is imported and started when something is logged for the first time.
    """

    def __init__(
        self,
        directory: Path,
        *,
        mode: Mode = "auto",
        project: str = "worldmodel",
        name: str | None = None,
        group: str | None = None,
        tags: Sequence[str] = (),
        run_id: str | None = None,
        patience: float = 10.0,
    ) -> None:
        super().__init__()
        self.directory = directory
        self._mode = mode
        self._options = {"project": project, "name": name, "group": group, "tags": list(tags)}
        self._run_id = run_id
        self._patience = patience
        self._logger: WandbLogger | None = None
        self._quiet = mode == "off"
        self._called = False
        self._environment_step: float | None = None

    @property
    def name(self) -> str:
        """The W&B project."""
        return str(self._options["project"])

    @property
    def version(self) -> str | None:
        """The id of the W&B run, None before it is started."""
        return self._run_id

    @property
    def save_dir(self) -> str:
        """The run directory."""
        return str(self.directory)

    @property
    def experiment(self) -> Any:
        """The W&B run, or something that accepts every call and does nothing."""
        self._safely("start", self._start)
        return DummyExperiment() if self._logger is None or self._quiet else self._logger.experiment

    @rank_zero_only
    def log_hyperparams(self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any) -> None:
        """Record settings."""
        self._safely("record settings", lambda: self._started().log_hyperparams(params))

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Record numbers; the horizontal axis is the metric "environment_step", else the one before."""
        self._environment_step = metrics.get("environment_step", self._environment_step)
        self._log(dict(metrics))

    @rank_zero_only
    def log_film(self, name: str, path: Path) -> None:
        """Show a GIF file."""

        def log() -> None:
            import wandb

            self._log({name: wandb.Video(str(path), format="gif")})

        self._safely("show a film", log)

    @rank_zero_only
    def log_table(self, name: str, columns: Sequence[str | int], rows: list[list[Any]]) -> None:
        """Show a table."""

        def log() -> None:
            import wandb

            self._log({name: wandb.Table(columns=list(columns), data=rows)})

        self._safely("show a table", log)

    @rank_zero_only
    def finish(self, exit_code: int = 0) -> None:
        """End the W&B run, uploading what is left; Lightning does not, since more may be logged after a fit."""
        if self._logger is not None and not self._quiet:
            run = self._logger.experiment
            self._safely("finish", lambda: _within(6 * self._patience, lambda: run.finish(exit_code=exit_code)))
        self._quiet = True
        if self._called:
            self._called = False
            with suppress(Exception):  # it may be dead already
                _within(LETTING_GO, _let_go)

    def _log(self, values: dict[str, Any]) -> None:
        if self._environment_step is not None:
            values = {"environment_step": self._environment_step, **values}
        self._safely("log", lambda: self._started().log_metrics(values))

    def _safely(self, what: str, action: Callable[[], Any]) -> None:
        if self._quiet:
            return
        try:
            action()
        # whatever it is, a guest must not stop the run
        except Exception as error:
            self._quiet = True
            reason = " ".join(str(error).split()) or type(error).__name__
            print(f"W&B could not {what} ({reason}); the run goes on without it", file=sys.stderr)

    def _started(self) -> WandbLogger:
        self._start()
        assert self._logger is not None
        return self._logger

    def _start(self) -> None:
        """Start the W&B run unless that is done; raises whatever wandb raises, or TimeoutError."""
        if self._logger is not None:
            return
        import wandb

        self._called = True
        _silence_telemetry()
        mode = _resolved(self._mode)
        if mode == "online" and not _key_found():
            raise LookupError("there is no key; call `wandb login` once")
        self._run_id = self._run_id or _stored_id(self.directory)
        options: dict[str, Any] = {
            **self._options,
            "mode": mode,
            "id": self._run_id,
            "resume": "allow",
            "dir": str(self.directory),
            "settings": wandb.Settings(init_timeout=self._patience, silent=mode == "offline", console="off"),
        }
        run = _within(self._patience, lambda: wandb.init(**options), late=lambda run: run.finish())
        run.define_metric("environment_step")
        run.define_metric("*", step_metric="environment_step")
        self._logger = WandbLogger(experiment=run)
        if mode == "offline":
            print(f"W&B is offline; to upload this run: wandb sync {Path(run.dir).parent}")


def _let_go() -> None:
    """End W&B's own process; else the interpreter waits for it when it exits, and complains where it is dead."""
    import wandb

    wandb.teardown()


def _silence_telemetry() -> None:
    """W&B's reports about itself, for which a server that does not answer holds up the end of the program."""
    with suppress(Exception):  # a part of wandb that other releases may not have
        from wandb.analytics.opentelemetry import opentelemetry_proxy

        opentelemetry_proxy.disable()


def _resolved(mode: Mode) -> str:
    if mode != "auto":
        return mode
    wanted = os.environ.get("WANDB_MODE") or ("online" if _key_found() else "offline")
    return "offline" if wanted == "dryrun" else wanted


def _key_found() -> bool:
    """Whether there is a key where wandb looks for one: the environment, else the netrc file."""
    if os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    home = [Path.home() / ".netrc", Path.home() / "_netrc"]
    files = [Path(os.environ["NETRC"]).expanduser()] if os.environ.get("NETRC") else home
    host = urlsplit(os.environ.get("WANDB_BASE_URL") or "https://api.wandb.ai").netloc
    for file in files:
        try:
            return netrc.netrc(file).authenticators(host) is not None
        except FileNotFoundError:
            continue
        except (OSError, netrc.NetrcParseError):
            return False
    return False


def _stored_id(directory: Path) -> str:
    """The id in the run directory, made and stored there at the first call."""
    file = directory / ID_FILE
    if not file.exists():
        directory.mkdir(parents=True, exist_ok=True)
        file.write_text(secrets.token_hex(4) + "\n", "utf-8")
    return file.read_text("utf-8").strip()


def _within(seconds: float, action: Callable[[], Any], late: Callable[[Any], Any] = lambda result: None) -> Any:
    """The result of `action`, which runs in a thread of its own; what comes too late is given to `late`.

    Raises what `action` raises, and TimeoutError when the seconds are over.
    """
    outcome: dict[str, Any] = {}
    given_up = threading.Event()

    def run() -> None:
        try:
            outcome["result"] = action()
        except Exception as error:
            outcome["error"] = error
        if given_up.is_set() and "result" in outcome:
            with suppress(Exception):  # nobody is left to hear of it
                late(outcome["result"])

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        given_up.set()
        raise TimeoutError(f"no answer within {seconds:g} s")
    if "error" in outcome:
        raise outcome["error"]
    return outcome["result"]
