"""GitHub Actions as a forge: what its runner sets for every step, and what that says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.forges.forge import Build, Forge

_HARMLESS = """GITHUB_ACTION GITHUB_ACTIONS GITHUB_ACTION_PATH GITHUB_ACTION_REF GITHUB_ACTION_REPOSITORY
    GITHUB_ACTOR GITHUB_ACTOR_ID GITHUB_API_URL GITHUB_BASE_REF GITHUB_EVENT_NAME GITHUB_EVENT_PATH
    GITHUB_GRAPHQL_URL GITHUB_HEAD_REF GITHUB_JOB GITHUB_REF GITHUB_REF_NAME GITHUB_REF_PROTECTED GITHUB_REF_TYPE
    GITHUB_REPOSITORY GITHUB_REPOSITORY_ID GITHUB_REPOSITORY_OWNER GITHUB_REPOSITORY_OWNER_ID GITHUB_RETENTION_DAYS
    GITHUB_RUN_ATTEMPT GITHUB_RUN_ID GITHUB_RUN_NUMBER GITHUB_SERVER_URL GITHUB_SHA GITHUB_TRIGGERING_ACTOR
    GITHUB_WORKFLOW GITHUB_WORKFLOW_REF GITHUB_WORKFLOW_SHA GITHUB_WORKSPACE RUNNER_ ImageOS ImageVersion
    AGENT_TOOLSDIRECTORY"""
# With these a job could write the workflow's outputs, or act with its services.
_WITHHELD = "GITHUB_OUTPUT GITHUB_ENV GITHUB_PATH GITHUB_STEP_SUMMARY GITHUB_STATE ACTIONS_"
_TOKENS = "GITHUB_TOKEN GH_TOKEN GITHUB_ENTERPRISE_TOKEN GH_ENTERPRISE_TOKEN"
_CHANGE = "pull_request"
_QUEUE = "merge_group"


class GitHub(Forge):
    """Speak for GitHub, and for whatever server sets its variables."""

    name = "github"
    title = "GitHub Actions"
    harmless = _HARMLESS
    withheld = _WITHHELD
    tokens = _TOKENS
    own_events = frozenset({"push", "schedule", "workflow_dispatch", "repository_dispatch"})
    variables: Mapping[str, str] = {
        "repository": "GITHUB_REPOSITORY",
        "api_url": "GITHUB_API_URL",
        "server_url": "GITHUB_SERVER_URL",
        "event_name": "GITHUB_EVENT_NAME",
        "event": "GITHUB_EVENT_PATH",
        "step_summary": "GITHUB_STEP_SUMMARY",
        "output": "GITHUB_OUTPUT",
        "token": "GITHUB_TOKEN",
        "workflow": "GITHUB_WORKFLOW",
        "run_id": "GITHUB_RUN_ID",
        "head": "GITHUB_SHA",
    }
    said: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    tells_all = ""
    api_url = "https://api.github.com"
    server_url = "https://github.com"
    step = "ml_ci.github.step:STEP"
    desk = "ml_ci.github.desk:open_desk"

    def runs(self, environment: Mapping[str, str]) -> bool:
        return "GITHUB_ACTIONS" in environment

    def build(self, environment: Mapping[str, str]) -> Build:
        event, ref, run = (environment.get(f"GITHUB_{name}", "") for name in ("EVENT_NAME", "REF", "RUN_ID"))
        attempt = environment.get("GITHUB_RUN_ATTEMPT", "")
        return Build(
            event=event,
            ref=ref,
            run=run,
            attempt=int(attempt) if attempt.isdecimal() else 1,
            target=environment.get("GITHUB_BASE_REF") or None,
            of_change=event.startswith(_CHANGE),
            actor=environment.get("GITHUB_ACTOR", ""),
        )

    def gates_from(self, environment: Mapping[str, str]) -> str | None:
        build = self.build(environment)
        return self._of_queue(environment) if build.target is None and build.event == _QUEUE else build.target

    def default_branch(self, environment: Mapping[str, str]) -> str | None:
        from ml_ci.github.files import read_event

        if not environment.get("GITHUB_EVENT_NAME"):
            return None
        said = read_event(Path(environment.get("GITHUB_EVENT_PATH", ""))).get("repository")
        named = said.get("default_branch") if isinstance(said, Mapping) else None
        return named if isinstance(named, str) and named else None

    def _of_queue(self, environment: Mapping[str, str]) -> str:
        from ml_ci.github.activity import activity
        from ml_ci.github.files import read_event

        found = activity(_QUEUE, read_event(Path(environment.get("GITHUB_EVENT_PATH", "")))).gates_from
        if not found:
            raise UserError(
                "the merge queue's event does not say which commit it goes to, so nobody knows whose gates judge",
                hint="Name it: --gates-from REF.",
            )
        return found


GITHUB = GitHub()
