"""Gitea's REST API: GitHub's paths below `/api/v1`, with another header and smaller pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ml_ci.frozen import dataclass
from ml_ci.github import api as github
from ml_ci.review.client import Call


@dataclass(frozen=True)
class Api(github.Api):
    """One repository at one Gitea or Forgejo; `url` ends with `/api/v1`."""

    title: ClassVar[str] = "Gitea"
    per_page: ClassVar[int] = 50  # the most that a server gives, unless its owner has said otherwise
    size: ClassVar[str] = "limit"
    headers: ClassVar[Mapping[str, str]] = {"Accept": "application/json"}
    later: ClassVar[str] = "Nothing is wrong with the change: run the job again when the server answers."
    wrong_url: ClassVar[str] = "Is the API's URL right? It ends with /api/v1 (--api-url, GITHUB_API_URL)."
    example: ClassVar[str] = "https://gitea.example.com/api/v1"

    def credentials(self) -> Mapping[str, str]:
        return {"Authorization": f"token {self.token.value}"}

    def hint(self, status: int, call: Call) -> str:
        if status == 403:
            return (
                f"The token may not do it ({call.needs}): it needs write access to the repository's issues, and to its "
                "code for statuses. A pull request from a fork has a read-only token: its job's exit code is the gate."
            )
        return super().hint(status, call)
