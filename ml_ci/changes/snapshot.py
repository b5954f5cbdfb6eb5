"""A model in a tree, with its fingerprint: one side of a description."""

from __future__ import annotations

from dataclasses import dataclass

from ml_ci.changes.surroundings import Surroundings
from ml_ci.changes.values import Fingerprint
from ml_ci.repository.values import Tree
from ml_ci.spec.values import ModelSpec


@dataclass(frozen=True)
class Snapshot:
    """Hold one model as it was declared, where its files are, and what they come to."""

    model: ModelSpec
    tree: Tree
    surroundings: Surroundings
    fingerprint: Fingerprint
