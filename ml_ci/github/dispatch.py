"""Start workflows of GitHub Actions by its REST API, and find out whether one was started."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any
from urllib.parse import quote

from ml_ci.github.api import Api
from ml_ci.review.client import Call

_NEEDS = "actions: write"
# The newest come first: a dispatch that is asked about was sent by the look before.
_MOST_RUNS = 300


def dispatch(api: Api, file: str, ref: str, inputs: Mapping[str, str]) -> None:
    """Start the workflow of a file below `.github/workflows` on a branch, with its inputs."""
    body = {"ref": ref, "inputs": dict(inputs)}
    api.send(Call("POST", f"{_workflow(file)}/dispatches", f"start {file}", _NEEDS, body=body, twice=False))


def dispatched(api: Api, file: str, said: str) -> bool:
    """Say whether a run that was dispatched has this text in its name, which `run-name:` of its file makes."""
    query: dict[str, str | int] = {"event": "workflow_dispatch"}
    call = Call("GET", f"{_workflow(file)}/runs", f"list the runs of {file}", "actions: read", query)
    return any(said in _title(run) for run in islice(api.pages(call), _MOST_RUNS))


def _workflow(file: str) -> str:
    return f"/repos/{{repo}}/actions/workflows/{quote(file, safe='')}"


def _title(run: Any) -> str:
    return str(run.get("display_title") or "") if isinstance(run, Mapping) else ""
