"""Key what the sides of a model do by each of its behaviours; nothing is opened but the tables of cases."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ml_ci.digests import digest
from ml_ci.repository.trees import CommitTree, WorkingTree
from ml_ci.spec.behaviours import Behaviour
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.values import Project, Sides

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


def digest_cases(project: Project, sides: Sides) -> Mapping[str, str]:
    """Digest what stands in the tables of cases, by behaviour."""
    model = sides.candidate.model
    return {
        name: digest([hashlib.sha256(file.content).hexdigest() for file in read_cases(project, sides, one)])
        for name, one in model.behaviours.items()
        if one.cases is not None
    }


def key_behaviour(predictions: str, behaviour: Behaviour, cases: str = "") -> str:
    """Key what one side does by a behaviour: by what its predictions are kept by, whatever the gates ask of it."""
    return digest(["behaviour", MEASURING, predictions, behaviour.measuring, cases])


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
