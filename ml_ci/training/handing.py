"""What a job is handed of the environment, and what a job that failed is told of what it was not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ml_ci.errors import Failure, StageFailed
from ml_ci.training.values import Request
from ml_ci.variables.given import give, in_ci, missing
from ml_ci.variables.lacking import advice, lacking, unset

MISSING = "variable-missing"


def hand_environment(request: Request) -> Mapping[str, str]:
    """Give what a job may have of ml-ci's environment.

    StageFailed `variable-missing` in CI, where a name of `env:` is not set: elsewhere the job may do without.
    """
    unset = missing(request.environment, request.env)
    if unset and in_ci(request.environment):
        names = ", ".join(f"`{name}`" for name in unset)
        message = f"`env:` of `{request.model}` names {names}, which {'are' if len(unset) > 1 else 'is'} not set here"
        hint = "Set it for the step that runs ml-ci, an empty text too, or take it out of `env:`."
        raise StageFailed(Failure("training", MISSING, message, hint))
    return give(request.environment, request.env)


def advise(request: Request, failure: Failure) -> tuple[Failure, bool]:
    """Tell a job that failed what was withheld from it, where it says that it lacked that; say whether it does."""
    text = f"{failure.message}\n{failure.log_tail}"
    lacks, empty = (find(request.environment, request.env, text) for find in (lacking, unset))
    hint = advice(lacks, empty, "env: [NAMES]")
    return replace(failure, hint=f"{failure.hint} {hint}".strip()), bool(hint)
