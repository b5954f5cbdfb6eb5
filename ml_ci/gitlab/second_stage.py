"""What a trusted pipeline of the default branch does: tell each open merge request what its own pipeline found.

A pipeline of a merge request runs the change's own `.gitlab-ci.yml`, so that a token in it is everybody's who may push.
This one runs the default branch's, reads the report that the other left as an artifact, as somebody else's data, and
writes the note and the statuses.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ml_ci.errors import UserError
from ml_ci.forges.errors import RefusedError, UnavailableError
from ml_ci.forges.values import Request
from ml_ci.frozen import dataclass
from ml_ci.gitlab.api import Api
from ml_ci.gitlab.forge import CHANGE, GITLAB
from ml_ci.reports.json_parts import MOST_BYTES
from ml_ci.review.client import Call
from ml_ci.review.tasks import Outcome, comment_on, set_statuses

_ENDED = frozenset({"success", "failed"})
_NEEDS = "read merge requests, pipelines and artifacts"
REPORT = ".ml_ci/report.json"
_HERE = "{repo}"


@dataclass(frozen=True)
class Found:
    """The newest pipeline of a merge request, which ended, and the job of it that judged; None where it has no such.

    `project` is where it ran, as a path of the API has it: "{repo}", or the number of a fork.
    """

    number: int
    project: str
    sha: str
    target: str
    pipeline: int
    commit: str
    job: int | None


def tell_all(request: Request, job: str, *, statuses: bool) -> Iterator[Outcome]:
    """Tell every open merge request what the job of this name found in its newest pipeline, and go on after a failure.

    `request` is this pipeline's own: its project, token, key, and the ml-ci.yaml that is trusted.
    """
    api = Api(request.api_url or GITLAB.api_url, request.repository, request.token)
    listed = Call("GET", "/projects/{repo}/merge_requests", "list the merge requests", _NEEDS, {"state": "opened"})
    for data in api.pages(listed):
        number = int(data["iid"])
        yield _told(number, lambda data=data: _tell(api, request, job, data, statuses=statuses))  # type: ignore[misc]


def _told(number: int, tell: Callable[[], Outcome]) -> Outcome:
    try:
        done = tell()
    except UnavailableError as error:
        return Outcome(f"!{number}: {error}", 1)
    except UserError as error:
        return Outcome(f"!{number}: {error.message}. {error.hint}".rstrip(), 2)
    return Outcome(f"!{number}: {done.said}", done.code)


def _tell(api: Api, request: Request, job: str, data: Mapping[str, Any], *, statuses: bool) -> Outcome:
    found = _newest(api, job, data)
    if found is None:
        return Outcome("no pipeline of it has ended")
    with tempfile.TemporaryDirectory(prefix="ml-ci-") as folder:
        report = Path(folder) / "report.json"
        _bring(api, found, report)
        asked = _as_its_own(request, found, report)
        done = comment_on(asked)
        if statuses and found.project == _HERE:  # a fork's pipeline is not ours to write into
            set_ = set_statuses(replace(asked, sha=found.sha, pipeline=str(found.pipeline)))
            done = Outcome(f"{done.said}; {set_.said}", max(done.code, set_.code))
    return done


def _as_its_own(request: Request, found: Found, report: Path) -> Request:
    """Ask what the pipeline of the merge request would, had it the token: all of it from the API, none from a report.

    A merge request from a fork is told like any other: nothing of it runs here.
    """
    said = {
        "CI_MERGE_REQUEST_IID": str(found.number),
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": found.sha,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": found.target,
    }
    return replace(
        request,
        reports=(report,),
        event_name=CHANGE,
        said=said,
        head=found.commit,
        run_id=str(found.pipeline),
        pull_request=None,
        sha="",
    )


def _newest(api: Api, job: str, data: Mapping[str, Any]) -> Found | None:
    number = int(data["iid"])
    path = f"/projects/{{repo}}/merge_requests/{number}/pipelines"
    pipelines = list(api.pages(Call("GET", path, f"list the pipelines of merge request !{number}", _NEEDS)))
    ended = [one for one in pipelines if one.get("status") in _ENDED]
    if not ended or max(pipelines, key=lambda one: int(one["id"])) not in ended:
        return None  # the newest one still runs, or was cancelled: what an older one found is of another head
    newest = max(ended, key=lambda one: int(one["id"]))
    project = _project(newest, data)
    jobs = f"/projects/{project}/pipelines/{int(newest['id'])}/jobs"
    of_name = [one for one in api.pages(Call("GET", jobs, "list its jobs", _NEEDS)) if one.get("name") == job]
    last = max((int(one["id"]) for one in of_name), default=None)
    sha, target = str(data.get("sha") or ""), str(data.get("target_branch") or "")
    return Found(number, project, sha, target, int(newest["id"]), str(newest.get("sha") or ""), last)


def _project(pipeline: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """Give the project that a pipeline ran in: one of a fork runs there."""
    number = pipeline.get("project_id")
    return _HERE if not isinstance(number, int) or number == data.get("target_project_id") else str(number)


def _bring(api: Api, found: Found, to: Path) -> None:
    """Bring the report that the job left, at most as large as a report may be; nothing where it left none."""
    if found.job is None:
        return
    path = f"/projects/{found.project}/jobs/{found.job}/artifacts/{quote(REPORT)}"
    call = Call("GET", path, f"bring the report of merge request !{found.number}", _NEEDS)
    try:
        to.write_bytes(api.file(call, MOST_BYTES + 1))
    except RefusedError as error:
        if error.status != 404:
            raise
