"""From the text of `ml-ci.yaml` to a `Spec`, or to one error that lists everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.spec.add_stages import add_stages
from ml_ci.spec.build import build
from ml_ci.spec.checks import check
from ml_ci.spec.document import Document, read
from ml_ci.spec.draft import Drafts, draft
from ml_ci.spec.dvc.looked import Files, Folder, Looked
from ml_ci.spec.dvc.problem import StageError
from ml_ci.spec.notation import is_stage
from ml_ci.spec.problems import HINT, Problem, error
from ml_ci.spec.values import Spec


def load(text: str, path: str, files: Files | None = None) -> Spec:
    """Read and check a whole `ml-ci.yaml`; `path` is its name in messages.

    `files` are those that it leads to, a `dvc.yaml` among them; where it is None, those of the folder of `path`.

    UserError has one line per problem, in line order: `ml-ci.yaml:9: models.churn.treshold: unknown key, ...`.
    """
    return load_looking(text, path, Looked(Folder(Path(path).parent) if files is None else files))


def load_looking(text: str, path: str, looked: Looked) -> Spec:
    """Read as `load` does; `looked` notes what was asked of other files, on which the answer depends."""
    document = read(text)
    drafts = draft(document)
    problems = [*document.problems, *drafts.problems]
    try:
        drafts = _add_stages(drafts, looked)
    except StageError as wrong:
        # What refers to a stage cannot be checked without them.
        raise error((_locate(problem, document, {}) for problem in (*problems, wrong.problem)), path) from None
    problems += check(drafts)
    if problems:
        raise error((_locate(problem, document, drafts.beside) for problem in problems), path)
    return build(drafts, path)


def _add_stages(drafts: Drafts, looked: Looked) -> Drafts:
    if drafts.dvc is None and not any(is_stage(one.keys.train) for one in drafts.models):
        return drafts
    return add_stages(drafts, looked)


def decode(content: bytes, path: str) -> str:
    """Decode the bytes of a file, which have to be UTF-8; UserError names the line that is not."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        message = f"{path}:{line}: the file is not UTF-8 text: byte 0x{content[wrong.start]:02x}; save it as UTF-8"
        raise UserError(message, hint=HINT) from None


def _locate(problem: Problem, document: Document, beside: Mapping[str, Document]) -> Problem:
    """Say on which line a problem stands, and in which file, where its place begins with one that is beside."""
    file = str(problem.place[0]) if problem.place else ""
    if file in beside and not problem.line:
        place = problem.place[1:]
        return replace(problem, place=place, line=beside[file].position(place)[0], file=file)
    return problem if problem.line else replace(problem, line=document.position(problem.place)[0])
