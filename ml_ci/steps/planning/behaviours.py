"""Key what the sides of a model do by each of its behaviours; nothing is opened but the tables of cases."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ml_ci.digests import blob_id, digest, object_format
from ml_ci.frozen import dataclass
from ml_ci.repository.trees import CommitTree, WorkingTree
from ml_ci.spec.behaviours import Behaviour
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.values import Made, Project, Sides

# How rows are edited and measured: with another number, all are measured anew.
MEASURING = 1


@dataclass(frozen=True)
class CasesFile:
    """One version of a table of cases: the bytes of the candidate, or of the commit that it is held to."""

    content: bytes
    name: str
    source: str


def read_cases(project: Project, sides: Sides, behaviour: Behaviour) -> tuple[CasesFile, ...]:
    """Give the candidate's table of cases, then the one of the branch whose gates judge, where it is another.

    Cases that a change removes are judged all the same. () where neither has the file.
    """
    path, found = str(behaviour.cases), []
    name = posixpath.basename(path)
    own = _read(sides.candidate.tree, path)
    if own is not None:
        found.append(CasesFile(own, name, path))
    commit = project.judging.commit
    old = None if commit is None else _read(project.repository.tree(commit), path)
    if old is not None and old != own:
        found.append(CasesFile(old, name, f"{path} of commit {str(commit)[:7]}"))
    return tuple(found)


def _read(tree: WorkingTree | CommitTree, path: str) -> bytes | None:
    try:
        return tree.read(path)
    except (FileNotFoundError, IsADirectoryError):
        return None


def digest_beside(project: Project, sides: Sides, side: Made) -> Mapping[str, str]:
    """Digest what else decides what is found of a side, by behaviour: the tables of cases, and of its service the code.

    A service is asked by a program that may read every file of its side's commit, which no fingerprint of the model
    holds; but not the configuration, whose gates may change. Two sides of one model may be served in two ways.
    """
    behaviours, found = sides.candidate.model.behaviours, {}
    if any(one.same == "served" for one in behaviours.values()):
        served = digest(_list_files(project, side.tree))
        found = {name: served for name, one in behaviours.items() if one.same == "served"}
    for name, one in behaviours.items():
        if one.cases is not None:
            found[name] = digest([_hash(file.content) for file in read_cases(project, sides, one)])
    return found


def _list_files(project: Project, tree: WorkingTree | CommitTree) -> Mapping[str, str]:
    """Give what each file of a tree holds, by its path: also of those beside the project in its repository."""
    prefix = project.repository.prefix
    tree = tree.beside("../" * prefix.count("/")) if prefix else tree
    listed = tree.files()
    known = {path: content for path, content in listed.items() if content is not None}
    format_ = object_format(listed)
    for path in listed:
        if path not in known and (content := _read(tree, path)) is not None:
            known[path] = blob_id(content, format_)
    own = prefix + Path(project.spec.path).name
    return {path: content for path, content in known.items() if path != own}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digest_rows(predictions: str, known: str) -> str:
    """Give what the predictions of a side are kept by, of rows that are not the change's own holdout."""
    return digest(["rows", predictions, known]) if known else predictions


def key_behaviour(predictions: str, behaviour: Behaviour, beside: str = "") -> str:
    """Key what one side does by a behaviour: by what its predictions are kept by, whatever the gates ask of it.

    `beside` is the digest of what it depends on beside the model.
    """
    return digest(["behaviour", MEASURING, predictions, behaviour.measuring, beside])


def list_measured(model: ModelSpec) -> tuple[Behaviour, ...]:
    """Give the behaviours in the order in which they are measured: whether a model answers alike by itself comes first.

    A model that nobody asks so is asked all the same: what it then breaks would say nothing.
    """
    if not model.behaviours:
        return ()
    again = [one for one in model.behaviours.values() if one.same == "again"]
    others = [one for one in model.behaviours.values() if one.same != "again"]
    longest = max(one.seconds for one in model.behaviours.values())
    return (*(again or [replace(AGAIN, seconds=longest)]), *others)


AGAIN = Behaviour("again", "same", same="again")


def key_example(measured: Sequence[str], counterexamples: str) -> str:
    """Key what is shown of a behaviour: by what each side does, and by how much is told."""
    return digest(["example", MEASURING, list(measured), counterexamples])
