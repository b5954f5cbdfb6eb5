"""GitLab's REST API: what is particular to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import quote

from ml_ci.frozen import dataclass
from ml_ci.review.client import Call, Client

_WANTED = (
    "a project access token with the scope `api` and the role Developer (Maintainer, for statuses on a protected "
    "branch). CI_JOB_TOKEN reads merge requests and writes nothing"
)


@dataclass(frozen=True)
class Api(Client):
    """One project at one GitLab; `url` is CI_API_V4_URL, `repository` the project's path or number."""

    title: ClassVar[str] = "GitLab"
    follows: ClassVar[bool] = False  # PRIVATE-TOKEN would go along to wherever it leads
    later: ClassVar[str] = "Nothing is wrong with the change: run the job again, and see https://status.gitlab.com."
    wrong_url: ClassVar[str] = "Is the API's URL right? It ends with /api/v4 (--api-url, CI_API_V4_URL)."
    # A project in a group, in a group of it, and so on; or its number.
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"^(?:\d{1,18}|[A-Za-z0-9_.-]{1,255}(?:/[A-Za-z0-9_.-]{1,255}){1,20})$"
    )
    called: ClassVar[str] = "GROUP/PROJECT"
    unnamed: ClassVar[str] = "Give --repository GROUP/PROJECT, or set CI_PROJECT_PATH."
    example: ClassVar[str] = "https://gitlab.com/api/v4"
    unknown: ClassVar[str] = f"Set GITLAB_TOKEN: {_WANTED}."

    def credentials(self) -> Mapping[str, str]:
        return {"PRIVATE-TOKEN": self.token.value}

    def place(self) -> str:
        return quote(self.repository, safe="")

    def hint(self, status: int, call: Call) -> str:
        if status == 401:
            return f"GITLAB_TOKEN is not valid, or has expired: it is {_WANTED}."
        if status == 403:
            return f"GITLAB_TOKEN may not do it ({call.needs}): it has to be {_WANTED}."
        if status in (301, 307, 308):
            return "The project has moved: name it as it is now (--repository)."
        if status == 404:
            return f"Is the project right, and may the token see it ({call.needs})? GITLAB_TOKEN is {_WANTED}."
        return "" if status in (400, 409, 422) else self.wrong_url

    def words(self, data: object) -> str:
        """Give a refusal's words: a text, or texts by field, under `message` or `error`."""
        if not isinstance(data, dict):
            return ""
        said = data.get("message") or data.get("error_description") or data.get("error")
        return "; ".join(_texts(said))


def _texts(said: object) -> list[str]:
    if isinstance(said, str):
        return [said]
    if isinstance(said, list):
        return [text for one in said[:3] for text in _texts(one)]
    if isinstance(said, dict):
        return [f"{name}: {text}" for name, one in list(said.items())[:3] for text in _texts(one)]
    return []
