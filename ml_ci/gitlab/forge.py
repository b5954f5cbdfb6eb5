"""GitLab CI/CD as a forge: what its runner sets for every job, and what that says."""

from __future__ import annotations

from collections.abc import Mapping

from ml_ci.forges.forge import Build, Forge

_HARMLESS = """CI_API_GRAPHQL_URL CI_API_V4_URL CI_BUILDS_DIR CI_COMMIT_ CI_CONCURRENT_ID CI_CONCURRENT_PROJECT_ID
    CI_CONFIG_PATH CI_DEFAULT_BRANCH CI_DEFAULT_BRANCH_SLUG CI_EXTERNAL_PULL_REQUEST_ CI_JOB_GROUP_NAME CI_JOB_ID
    CI_JOB_IMAGE CI_JOB_MANUAL CI_JOB_NAME CI_JOB_NAME_SLUG CI_JOB_STAGE CI_JOB_STARTED_AT CI_JOB_STATUS CI_JOB_TIMEOUT
    CI_JOB_URL CI_MERGE_REQUEST_ CI_NODE_INDEX CI_NODE_TOTAL CI_OPEN_MERGE_REQUESTS CI_PAGES_DOMAIN CI_PAGES_URL
    CI_PIPELINE_ CI_PROJECT_ CI_RUNNER_ CI_SERVER_ GITLAB_CI GITLAB_FEATURES GITLAB_USER_"""
# With these a job could act as whoever started the pipeline; the last two hold the job's token in a URL.
_WITHHELD = """CI_DEPENDENCY_PROXY_USER CI_DEPLOY_USER CI_REGISTRY_USER CI_REPOSITORY_URL
    CI_DEBUG_TRACE CI_DEBUG_SERVICES"""
_TOKENS = """GITLAB_TOKEN CI_JOB_TOKEN CI_BUILD_TOKEN CI_DEPENDENCY_PROXY_PASSWORD CI_DEPLOY_PASSWORD CI_JOB_JWT
    CI_JOB_JWT_V1 CI_JOB_JWT_V2 CI_REGISTRY_PASSWORD"""
CHANGE = "merge_request_event"
# What else says what the pipeline is of.
SAID = (
    "CI_COMMIT_BRANCH",
    "CI_DEFAULT_BRANCH",
    "CI_MERGE_REQUEST_IID",
    "CI_MERGE_REQUEST_PROJECT_ID",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
)


class GitLab(Forge):
    """Speak for GitLab, on gitlab.com and on a server of one's own."""

    name = "gitlab"
    title = "GitLab CI/CD"
    harmless = _HARMLESS
    withheld = _WITHHELD
    tokens = _TOKENS
    own_events = frozenset({"push", "schedule", "web", "api", "trigger", "pipeline", "parent_pipeline"})
    variables: Mapping[str, str] = {
        "repository": "CI_PROJECT_PATH",
        "api_url": "CI_API_V4_URL",
        "server_url": "CI_SERVER_URL",
        "event_name": "CI_PIPELINE_SOURCE",
        "token": "GITLAB_TOKEN",
        "workflow": "CI_PROJECT_NAME",
        "run_id": "CI_PIPELINE_ID",
        "head": "CI_COMMIT_SHA",
    }
    said: tuple[str, ...] = SAID
    asks: tuple[str, ...] = ("pipeline",)
    tells_all = "ml_ci.gitlab.second_stage:tell_all"
    api_url = "https://gitlab.com/api/v4"
    server_url = "https://gitlab.com"
    step = "ml_ci.gitlab.step:STEP"
    desk = "ml_ci.gitlab.desk:open_desk"

    def runs(self, environment: Mapping[str, str]) -> bool:
        return "GITLAB_CI" in environment

    def build(self, environment: Mapping[str, str]) -> Build:
        event = environment.get("CI_PIPELINE_SOURCE", "")
        return Build(
            event=event,
            ref=_ref(environment),
            run=environment.get("CI_PIPELINE_ID", ""),
            target=environment.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME") or None,
            of_change=event == CHANGE,
            actor=environment.get("GITLAB_USER_LOGIN", ""),
        )

    def gates_from(self, environment: Mapping[str, str]) -> str | None:
        return self.build(environment).target

    def default_branch(self, environment: Mapping[str, str]) -> str | None:
        return environment.get("CI_DEFAULT_BRANCH") or None


def _ref(environment: Mapping[str, str]) -> str:
    """Name what the pipeline is of, as git does: a branch and a tag may have one name."""
    for variable, folder in (("CI_COMMIT_BRANCH", "heads"), ("CI_COMMIT_TAG", "tags")):
        if name := environment.get(variable):
            return f"refs/{folder}/{name}"
    return environment.get("CI_MERGE_REQUEST_REF_PATH", "")


GITLAB = GitLab()
