"""A comment before it is posted: its marker, its Markdown, and a digest of what matters in it."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from ml_ci import __version__
from ml_ci.errors import UserError
from ml_ci.forges.values import Comment
from ml_ci.frozen import dataclass
from ml_ci.reports.as_json import to_json
from ml_ci.reports.fitting import LIMIT
from ml_ci.reports.markdown import render
from ml_ci.reports.markdown_changes import links_of
from ml_ci.reports.values import Report

_KEY = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
# What differs from one run to the next where nothing changed: a comment is not rewritten for it.
_PASSING = frozenset({"seconds", "action"})
_FRAME = 600


@dataclass(frozen=True)
class Draft:
    """What is to stand in the comment: `digest` is of the report's substance, `body` begins with the marker."""

    key: str
    digest: str
    body: str


def draft(report: Report, key: str, run_url: str = "", page_url: str = "") -> Draft:
    """Write the comment of a report, at most 60,000 characters.

    Where it says what it said before, it stays as it is, with the page that it leads to: that one says the same.
    """
    digest = substance(report)
    links = [f"[{said}]({url})" for said, url in (("The report as a page", page_url), ("The run", run_url)) if url]
    link = f"\n<sub>{' · '.join(links)}</sub>\n" if links else ""
    shown = render(report, LIMIT - _FRAME, charts=True, links=links_of(report, run_url))
    body = f"{_opening(key)}{digest} -->\n{shown}{link}"
    return Draft(key, digest, body)


def substance(report: Report) -> str:
    """Digest everything that a report says but what it took to find it out; another version may say it otherwise."""
    said = json.dumps([__version__, _lasting(to_json(report))], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(said.encode("ascii")).hexdigest()


def is_of(comment: Comment, key: str) -> bool:
    """Say whether a comment begins with the marker of this key."""
    return comment.body.lstrip("\ufeff \r\n").startswith(_opening(key))


def is_same(comment: Comment, wanted: Draft) -> bool:
    """Say whether a comment has the draft's substance already."""
    return comment.body.lstrip("\ufeff \r\n").startswith(f"{_opening(wanted.key)}{wanted.digest} -->")


def key_of(asked: str, workflow: str, project: str = "") -> str:
    """Give the key that was asked for, or one of the workflow's name and the project's folder; UserError for none."""
    if asked:
        if not _KEY.match(asked):
            raise UserError(
                f"--key {asked!r}: a key has letters, digits and `_.-`, at most 64", hint="For example churn."
            )
        return asked
    made = re.sub(r"[^A-Za-z0-9_.-]+", "-", workflow).strip("-._")[: 51 if project else 64]
    made = made if _KEY.match(made) else "ml-ci"
    return f"{made}-{hashlib.sha256(project.encode()).hexdigest()[:12]}" if project else made


def _opening(key: str) -> str:
    return f"<!-- ml-ci:comment key={key} digest="


def _lasting(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _lasting(value) for name, value in data.items() if name not in _PASSING}
    return [_lasting(item) for item in data] if isinstance(data, list) else data
