"""The fingerprint of one model in one tree."""

from __future__ import annotations

from ml_ci.changes.surroundings import Surroundings
from ml_ci.changes.values import Fingerprint, evaluation_key, judging_key
from ml_ci.repository.values import Tree
from ml_ci.spec.values import ModelSpec

__all__ = ["Fingerprint", "Surroundings", "evaluation_key", "fingerprint", "judging_key"]


def fingerprint(model: ModelSpec, tree: Tree, surroundings: Surroundings) -> Fingerprint:
    """Digest everything that the model's results depend on, as it is in `tree`.

    Raises UserError when a declared file is nowhere.
    """
    raise NotImplementedError
