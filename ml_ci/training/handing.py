"""What a job is handed of the environment, and what a job that failed is told of what it was not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ml_ci.errors import Failure, StageFailed
from ml_ci.training.values import Request, TrainRequest
from ml_ci.variables.given import give, in_ci, missing
from ml_ci.variables.lacking import advice, lacking, unset

MISSING = "variable-missing"

# What libraries say of labels that are not there.
_NO_LABELS = re.compile(
    r"contains? (?:NaN|nan|null|missing)|\bNaNs?\b.*\b(?:infinity|convert)|(?:convert|literal).*(?:: ''|\bNaN\b)",
    re.IGNORECASE,
)
_BLANK = (
    "A command that predicts finds the holdout's labels blank: have it write its predictions, and leave measuring on "
    "them to ml-ci."
)


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
    told = " ".join(filter(None, (failure.hint, hint, _BLANK if _lacks_labels(request, failure) else "")))
    return replace(failure, hint=told), bool(hint)


def _lacks_labels(request: Request, failure: Failure) -> bool:
    """Say whether a job that scores itself may have failed for the holdout's labels, which it is not given."""
    if not (isinstance(request, TrainRequest) and "holdout" in request.inputs.data):
        return False
    return failure.code in ("job-exit", "job-raised") and _NO_LABELS.search(failure.message) is not None
