"""A page that runs nothing but what it was made with: its policy names its own script and style by digest."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from ml_ci.reports.page.markup import Html, join, tag

_PACKAGE = "ml_ci.reports.page"


@cache
def _read(name: str) -> str:
    return resources.files(_PACKAGE).joinpath(name).read_text(encoding="utf-8")


def document(title: str, body: Html, styles: tuple[str, ...], script: str = "", *, more: str = "") -> str:
    """Give a page of this body. `styles` and `script` are files of this package, and the only ones that it runs.

    `more` is a style beside them, of ours.
    """
    style, run = "".join((*map(_read, styles), more)), _read(script) if script else ""
    head = tag(
        "head",
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, run)),
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        Html(f"<style>{style}</style>"),
    )
    scripted = Html(f"<script>{run}</script>") if run else Html("")
    page = tag("html", head, tag("body", body, scripted), lang="en")
    return f"<!doctype html>\n{page}\n".encode("utf-8", "replace").decode()


def _policy(style: str, script: str) -> str:
    allowed = f"script-src {_source(script)}" if script else "script-src 'none'"
    return f"default-src 'none'; {allowed}; style-src {_source(style)}; base-uri 'none'; form-action 'none'"


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def joined(*pieces: Html) -> Html:
    """Put parts of a page below each other."""
    return join(pieces, "\n")
