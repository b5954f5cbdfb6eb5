"""A model in a tree, with its fingerprint: one side of a description."""

from __future__ import annotations

from ml_ci.changes.surroundings import Surroundings
from ml_ci.changes.values import Fingerprint
from ml_ci.frozen import dataclass
from ml_ci.repository.values import Tree
from ml_ci.spec.values import Node


@dataclass(frozen=True)
class Snapshot:
    """Hold one entry of ml-ci.yaml as it was declared, where its files are, and what they come to."""

    model: Node
    tree: Tree
    surroundings: Surroundings
    fingerprint: Fingerprint
