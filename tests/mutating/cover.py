"""Say which tests cover a module: those that mirror it, those of its stage that import it, and then a wider set."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path, PurePosixPath

# Beside a module's own folder of tests: what else would see a wrong result of it, minutes of it at most.
WIDER = {
    "ml_ci/conditions": ["tests/gates/test_judge.py", "tests/gates/test_loosened.py", "tests/gates/test_proof.py"],
    "ml_ci/evaluation": ["tests/gates/test_recount.py", "tests/steps/working/test_large.py"],
    "ml_ci/gates": ["tests/gates/test_laws.py", "tests/reports/test_golden.py"],
    "ml_ci/gates/statistics": ["tests/gates/test_judge.py", "tests/gates/test_proof.py"],
    "ml_ci/changes": ["tests/steps/planning/test_sides.py", "tests/plan"],
    "ml_ci/review": ["tests/github/test_comment.py"],
    "ml_ci/steps/promotion": ["tests/registry/test_promote.py", "tests/registry/test_stages.py"],
    "ml_ci/registry": ["tests/registry/test_promote.py"],
}
# What simulates at length how often gates are wrong.
_LONG = {"tests/gates/test_simulation.py"}


def nearest(root: Path, module: str) -> list[str]:
    """Give the test files that mirror `module`, a path such as `ml_ci/gates/judge.py`, then those that import it.

    Of the latter those of the same stage: others are whole runs. `held_gates.py` is mirrored by `test_held.py` where
    it has no test of its own name.
    """
    path = PurePosixPath(module)
    words = path.stem.split("_")
    mirrors = [
        PurePosixPath("tests", *path.parts[1:-1], f"test_{'_'.join(words[:n])}.py") for n in range(len(words), 0, -1)
    ]
    own = [str(mirror) for mirror in mirrors if (root / mirror).is_file()][:1]
    beside = f"tests/{path.parts[1]}/" if len(path.parts) > 2 else "tests/"
    return [*own, *sorted(one for one in _importing(root, module) - {*own} if one.startswith(beside))]


def wider(root: Path, module: str) -> list[str]:
    """Give the files and folders of tests that are run where the nearest saw nothing."""
    mirror = PurePosixPath("tests", *PurePosixPath(module).parts[1:-1])
    files = sorted((root / mirror).glob("test_*.py")) if mirror.name != "tests" else []
    found = [file.relative_to(root).as_posix() for file in files]
    parents = {str(parent) for parent in PurePosixPath(module).parents}
    more = [one for folder, tests in WIDER.items() if folder in parents for one in tests if (root / one).exists()]
    return [one for one in dict.fromkeys([*found, *more]) if one not in {*_LONG, *nearest(root, module)}]


@cache
def _importing(root: Path, module: str) -> frozenset[str]:
    dotted = module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return frozenset(path for path, names in _imported(root).items() if dotted in names)


@cache
def _imported(root: Path) -> dict[str, frozenset[str]]:
    """Map each test file to every name that it imports, as a module might be called."""
    found = {}
    for path in sorted((root / "tests").rglob("test_*.py")):
        names: set[str] = set()
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                names |= {one.name for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
        found[path.relative_to(root).as_posix()] = frozenset(names)
    return found
