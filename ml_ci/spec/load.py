"""From the text of `ml-ci.yaml` to a `Spec`, or to one error that lists everything that is wrong with it."""

from __future__ import annotations

from dataclasses import replace

from ml_ci.errors import UserError
from ml_ci.spec.build import build
from ml_ci.spec.checks import check
from ml_ci.spec.document import Document, read
from ml_ci.spec.draft import draft
from ml_ci.spec.problems import HINT, Problem, error
from ml_ci.spec.values import Spec


def load(text: str, path: str) -> Spec:
    """Read and check a whole `ml-ci.yaml`; `path` is its name in messages.

    UserError has one line per problem, in line order: `ml-ci.yaml:9: models.churn.treshold: unknown key, ...`.
    """
    document = read(text)
    drafts = draft(document)
    problems = [*document.problems, *drafts.problems, *check(drafts)]
    if problems:
        raise error((_locate(problem, document) for problem in problems), path)
    return build(drafts, path)


def decode(content: bytes, path: str) -> str:
    """Decode the bytes of a file, which have to be UTF-8; UserError names the line that is not."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        message = f"{path}:{line}: the file is not UTF-8 text: byte 0x{content[wrong.start]:02x}; save it as UTF-8"
        raise UserError(message, hint=HINT) from None


def _locate(problem: Problem, document: Document) -> Problem:
    return problem if problem.line else replace(problem, line=document.position(problem.place)[0])
