"""What the commands of the registry share: who calls, when, from where, and how a refusal ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ml_ci.errors import StageFailed, UserError
from ml_ci.forges.registry import build_of
from ml_ci.repository.opened import read_setting

if TYPE_CHECKING:
    from ml_ci.steps.promotion.offer import Asked
    from ml_ci.steps.values import Options

Answer = TypeVar("Answer")

# What MLflow reads when it is imported: no telemetry, no emoji on standard output, and no minutes of retries.
_MLFLOW = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}

# Seconds without a word; MLflow's import alone takes one to nine of them.
_PATIENCE = 4.0

by = click.option("--by", metavar="NAME", help="Who does this; by default whoever started the workflow, or git's user.")
reason = click.option("--reason", default="", metavar="TEXT", help="Why; it is kept in the audit log.")


def options(config: str | None, python: str | None = None) -> Options:
    """Give the options of a command that works with the registry, and settle how MLflow behaves in this process."""
    from ml_ci.steps.values import Options

    for name, value in _MLFLOW.items():
        os.environ.setdefault(name, value)
    store = os.environ.get("ML_CI_STORE") or None
    return Options(start=Path.cwd(), config=config, environment=dict(os.environ), store=store, python=python)


def asked(
    by: str | None,
    reason: str,
    allow: frozenset[str] = frozenset(),
    approved_by: str | None = None,
    **more: Any,
) -> Asked:
    """Say who asks, and now; `more` is what else is asked for."""
    from ml_ci.steps.promotion.offer import Asked

    if allow and not reason.strip():
        names = ", ".join(f"--allow-{name}" for name in sorted(allow))
        raise UserError(f"{names}: nothing is allowed without a reason", hint="Say why: --reason 'why'.")
    who, when = (by or "").strip() or actor(os.environ), now().isoformat(timespec="seconds")
    return Asked(who, when, reason.strip(), allow, (approved_by or "").strip() or None, **more)


def now() -> datetime:
    return datetime.now(UTC)


def actor(environment: Mapping[str, str]) -> str:
    """Name who calls: the person behind the workflow, or git's user."""
    if here := build_of(environment).actor:
        return here
    found = [read_setting(Path.cwd(), f"user.{key}").strip() for key in ("name", "email")]
    name, email = (
        found[0] or environment.get("GIT_AUTHOR_NAME", ""),
        found[1] or environment.get("GIT_AUTHOR_EMAIL", ""),
    )
    return f"{name} <{email}>" if name and email else name or email or environment.get("USER", "unknown")


def answered(call: Callable[[], Answer]) -> Answer:
    """Call the registry; one that does not answer, or a stage that failed, is told as a message with its next step.

    When it takes long, a line on standard error says what for.
    """
    from threading import Timer

    from ml_ci.registry.values import NoAnswerError

    waiting = Timer(_PATIENCE, lambda: click.echo("waiting for MLflow and the registry …", err=True))
    waiting.daemon = True
    waiting.start()
    try:
        return call()
    except NoAnswerError as error:
        raise UserError(error.message, hint=error.hint) from None
    except StageFailed as error:
        raise UserError(error.failure.message, hint=error.failure.hint) from None
    finally:
        waiting.cancel()


def refused(error: UserError, verdict: str) -> int:
    """Say why nothing was promoted, and give the exit code: 4 for inconclusive, 1 for another verdict, 2 otherwise."""
    from ml_ci.cli.main import FAILED, INCONCLUSIVE, MISTAKE

    said = click.style("refused", fg="red", bold=True)
    click.echo(f"{said}: {error.message}" + (f"\n{error.hint}" if error.hint else ""), err=True)
    if verdict:
        return INCONCLUSIVE if verdict == "inconclusive" else FAILED
    return MISTAKE
