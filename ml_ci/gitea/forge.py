"""Gitea Actions and Forgejo Actions as a forge: they run GitHub's workflows, with GitHub's variables."""

from __future__ import annotations

from collections.abc import Mapping

from ml_ci.github.forge import GitHub

# Either of them says who it is, beside all that GitHub's runner says.
_SIGNS = ("GITEA_ACTIONS", "FORGEJO_ACTIONS")


class Gitea(GitHub):
    """Speak for Gitea and for Forgejo; there is no server that is everybody's, so the API's URL is always told."""

    name = "gitea"
    title = "Gitea Actions"
    harmless = f"{GitHub.harmless} GITEA_ACTIONS FORGEJO_ACTIONS"
    tokens = f"{GitHub.tokens} GITEA_TOKEN FORGEJO_TOKEN"
    api_url = ""
    server_url = ""
    step = "ml_ci.gitea.step:STEP"
    desk = "ml_ci.gitea.desk:open_desk"

    def runs(self, environment: Mapping[str, str]) -> bool:
        return any(sign in environment for sign in _SIGNS)


GITEA = Gitea()
