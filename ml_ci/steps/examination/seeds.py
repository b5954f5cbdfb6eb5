"""Whether code seeds the libraries that ml-ci does not seed, and asks a GPU for the same answers twice."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_ci import syntax
from ml_ci.errors import StageFailed, UserError
from ml_ci.frozen import dataclass
from ml_ci.steps.examination.values import Finding
from ml_ci.steps.opening.project import select_models
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Made, Project


@dataclass(frozen=True)
class _Library:
    """What seeds a library, and what has a GPU give the same twice; the first of each is what is advised."""

    seeding: tuple[str, ...]
    steady: tuple[str, ...]


_LIBRARIES = {
    "torch": _Library(("torch.manual_seed", "seed_everything", "set_seed"), ("torch.use_deterministic_algorithms",)),
    "tensorflow": _Library(
        ("tensorflow.random.set_seed", "set_random_seed", "set_seed"),
        ("tensorflow.config.experimental.enable_op_determinism",),
    ),
}
_OFTEN = "lightning", "pytorch_lightning"  # they import torch


def check_seeds(at: Project) -> Iterator[Finding]:
    """Say of each model that trains by PyTorch or TensorFlow whether its code seeds them: ml-ci does not."""
    fingerprints = Fingerprints(at)
    for name in select_models(at):
        try:
            side = fingerprints.candidate(name)
        except (UserError, StageFailed):
            continue  # another check tells of it
        yield from _look(side)


def _look(side: Made) -> Iterator[Finding]:
    imported, called = _read(side)
    about, gpus = f"{side.model.name}: seeds", side.model.resources.gpus if side.model.resources else 0
    for name, library in _LIBRARIES.items():
        if name not in imported and not (name == "torch" and imported & {*_OFTEN}):
            continue
        if not called & _last(library.seeding):
            hint = f"Hand it the seed: `{library.seeding[0]}(seed)`, {{seed}} of a command, or ML_CI_SEED."
            yield Finding(about, True, f"ml-ci does not seed {name}, and neither does the code that it sees", hint)
        elif gpus and not called & _last(library.steady):
            hint = f"`{library.steady[0]}(...)`; `ml-ci doctor --determinism` says by how much the rates move."
            yield Finding(about, True, f"{name} is seeded, and may train otherwise each time on a GPU", hint)
        else:
            yield Finding(about, True, f"{name} is seeded by the code")


def _last(names: tuple[str, ...]) -> set[str]:
    return {name.rpartition(".")[2] for name in names}


def _read(side: Made) -> tuple[set[str], set[str]]:
    """Give the modules that the code of a model imports, and the last names of what it calls."""
    imported, called = set[str](), set[str]()
    for path in side.fingerprint.details.get("code", {}):
        if not path.endswith(".py"):
            continue
        try:
            tree = syntax.parse(side.tree.read(path))
        except (SyntaxError, ValueError, KeyError, OSError, RecursionError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                imported |= {one.name.partition(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.partition(".")[0])
            elif isinstance(node, ast.Call):
                called.add(node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""))
    return imported, called
