"""A report told to the step of a workflow of Gitea: as GitHub's, but for where a run is shown."""

from __future__ import annotations

from ml_ci.forges.values import Request
from ml_ci.github.step import Step as GitHubStep
from ml_ci.review import desk as asked


class Step(GitHubStep):
    """A step of a workflow; see `ml_ci.review.desk`."""

    def run_url(self, request: Request) -> str:
        if not (request.run_id.isdigit() and request.repository and request.server_url):
            return ""
        return f"{request.server_url.rstrip('/')}/{request.repository}/actions/runs/{request.run_id}"


STEP: asked.Step = Step()
