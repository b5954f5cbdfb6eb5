"""What a child process does: a call that writes to a registry, killed or held before one of its writes.

Imported by the children themselves, so it knows nothing of pytest and of fixtures.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REFUSED = 7
SECONDS = 400
LOST = 99

# What the server of forks imports once: what a promotion would take seconds to import.
PRELOADED = [
    "mlflow.tracking",
    "mlflow.artifacts",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store",
    "mlflow.tracking.request_header.registry",
    "duckdb",
    "filelock",
    "git",
    "tabulate",
    "ml_ci.steps.promotion.promote",
    "ml_ci.steps.promotion.deploy",
    "ml_ci.reports.document",
    "ml_ci.conditions.parser",
]

# All by which MLflow's client writes; reading needs no care.
_WRITES = (
    "create_experiment",
    "create_run",
    "log_batch",
    "log_inputs",
    "set_terminated",
    "create_registered_model",
    "create_model_version",
    "set_registered_model_alias",
    "delete_registered_model_alias",
    "set_registered_model_tag",
    "delete_registered_model_tag",
    "set_model_version_tag",
)


@dataclass(frozen=True)
class Kill:
    """Before the write of this number, say its name and die."""

    step: int
    said: Any

    def __call__(self, number: int, name: str) -> None:
        if number == self.step:
            self.said.put(name)
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class KillSoon:
    """Die so many seconds after the write of this number began, in whatever is done then; 0 is the beginning."""

    step: int
    seconds: float

    def __call__(self, number: int, name: str) -> None:
        if number == self.step:
            threading.Timer(self.seconds, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()


@dataclass(frozen=True)
class Hold:
    """Before the write of this number, say that it is reached, and wait."""

    step: int
    reached: Any
    go_on: Any

    def __call__(self, number: int, name: str) -> None:
        if number == self.step:
            self.reached.set()
            assert self.go_on.wait(SECONDS)


Watch = Kill | KillSoon | Hold


def deploy(options: Any, model: str) -> None:
    """Do what is due after the promotion of a model; a job that fails is an error."""
    from ml_ci.steps.promotion.deploy import deploy_models
    from ml_ci.steps.promotion.offer import Asked

    asked = Asked("Ada", "2026-01-02T03:04:05+00:00")
    found = deploy_models(options, (model,), asked, lambda said: None)
    failures = [one.failure for jobs in found.values() for one in jobs if one.outcome in ("failed", "waits")]
    if failures:
        raise RuntimeError(str(failures))


def promote_and_deploy(options: Any, promotion: Callable[[], object]) -> None:
    """Do what `ml-ci promote` does."""
    promotion()
    deploy(options, "cutter")


def work(
    call: Callable[[], object], words: Any, watch: Watch | None, environment: Mapping[str, str], stack: Path
) -> None:
    """Call, and end: with 0, with `REFUSED` after its words, or with `LOST`; what hangs or raises writes its stack."""
    os.environ.clear()
    os.environ.update(environment)
    with stack.open("w") as file:
        faulthandler.dump_traceback_later(SECONDS * 0.9, file=file)
        try:
            if watch is not None:
                _before_writes(watch)
            code = _called(call, words)
        except BaseException:
            traceback.print_exc(file=file)
            code = LOST
    os._exit(code)


def _called(call: Callable[[], object], words: Any) -> int:
    from ml_ci.registry.values import RefusedError

    try:
        call()
    except RefusedError as error:
        words.put(error.message)
        return REFUSED
    return 0


def _before_writes(watch: Watch) -> None:
    """Let something be done in this process before each write to the registry and to the audit log."""
    from mlflow.tracking import MlflowClient

    from ml_ci.registry import audit
    from ml_ci.registry.mlflow_registry import MlflowRegistry

    done = [0]
    watch(0, "")

    def watched(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            done[0] += 1
            watch(done[0], name)
            return call(*arguments, **named)

        return wrapped

    for name in _WRITES:
        setattr(MlflowClient, name, watched(name, getattr(MlflowClient, name)))
    MlflowRegistry._log_files = watched("log_artifacts", MlflowRegistry._log_files)  # type: ignore[method-assign]
    audit.append = watched("audit", audit.append)
