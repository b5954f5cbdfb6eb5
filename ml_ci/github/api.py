"""GitHub's REST API: what is particular to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from ml_ci.frozen import dataclass
from ml_ci.review.client import Call, Client


@dataclass(frozen=True)
class Api(Client):
    """One repository at one GitHub; `url` is GITHUB_API_URL, also of a GitHub Enterprise Server."""

    title: ClassVar[str] = "GitHub"
    headers: ClassVar[Mapping[str, str]] = {
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    later: ClassVar[str] = "Nothing is wrong with the change: run the job again, and see https://www.githubstatus.com."
    wrong_url: ClassVar[str] = (
        "Is the API's URL right? For a GitHub Enterprise Server it ends with /api/v3 (--api-url, GITHUB_API_URL)."
    )
    example: ClassVar[str] = "https://api.github.com"
    pattern: ClassVar[re.Pattern[str]] = re.compile(r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$")
    called: ClassVar[str] = "OWNER/NAME"
    unnamed: ClassVar[str] = "Give --repository OWNER/NAME, or set GITHUB_REPOSITORY."
    unknown: ClassVar[str] = "Set GITHUB_TOKEN: `env: {GITHUB_TOKEN: ${{ github.token }}}`."

    def hint(self, status: int, call: Call) -> str:
        if status == 401:
            return "GITHUB_TOKEN is not valid, or has expired."
        if status == 403:
            return permission_hint(call.needs)
        if status in (301, 307, 308):
            return "The repository has moved: name it as it is now (--repository)."
        if status == 404:
            return f"Is the repository right, and may the token see it? It needs `{call.needs}`."
        if status == 410:
            return "Switch issues on in the settings of the repository, or write `on_alarm: {issue: false}`."
        return super().hint(status, call)

    def words(self, data: object) -> str:
        errors = [str(one.get("message") or one.get("code")) for one in _errors(data) if isinstance(one, dict)]
        return ": ".join([said for said in (super().words(data), *errors[:3]) if said])


def permission_hint(needs: str) -> str:
    """Name the lines of YAML that are missing for a permission such as `statuses: write`."""
    return (
        f"Add to the job in the workflow:\n    permissions:\n      {needs}\n"
        "A pull request from a fork has a read-only token whatever the file says: it needs the two-stage workflow."
    )


def _errors(data: object) -> list[Any]:
    found = data.get("errors") if isinstance(data, dict) else None
    return found if isinstance(found, list) else []
