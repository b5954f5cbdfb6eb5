"""The child program as a thing that runs: under old interpreters, beside modules of any name, without a trace."""

from __future__ import annotations

import ast
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy
import pytest

from ml_ci.child import metrics
from ml_ci.errors import Failure
from ml_ci.training import function, process
from ml_ci.training.process import CHILD

FILES = sorted(CHILD.parent.rglob("*.py"))
NAMES = [path.stem for path in FILES if not path.stem.startswith("__") and path.stem != "sitecustomize"]
Failed = Callable[[Callable[[], object]], Failure]


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Give the modules that are imported anywhere in a file, with the dots in front of them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((name.name, 0) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "", node.level


# What the user's code may bring: imported only where a job asks for it, and where its absence is told.
USERS = {
    "catboost", "joblib", "keras", "lightgbm", "mlflow", "numpy", "onnxruntime", "pandas", "pyarrow", "safetensors",
    "skops", "torch", "xgboost",
}  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_python_3_8_of_the_standard_library_alone(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
    assert (
        any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
        or len(tree.body) == 1
    )
    for name, level in _imports(tree):
        if level:
            top = path.parents[level - 1]
            assert CHILD.parent in (top, *top.parents)
            assert not name or top.joinpath(*name.split(".")).with_suffix(".py") in FILES, name
        else:
            assert name.partition(".")[0] in sys.stdlib_module_names | USERS | {"__future__"}, name


def test_python_3_8_itself_reads_it(old_python: str) -> None:
    code = "import sys; [compile(open(path, encoding='utf-8').read(), path, 'exec') for path in sys.argv[1:]]"
    subprocess.run((old_python, "-I", "-c", code, *map(str, FILES)), check=True)


def test_no_module_of_it_hides_one_of_the_users(jobs: Any) -> None:
    for name in NAMES:
        jobs.write(f"{name}.py", "whose = 'mine'\n")
    source = f"import {', '.join(NAMES)}\ndef train(): return [module.whose for module in ({', '.join(NAMES)})]"
    assert pickle.loads(jobs.function(source).artifact.read_bytes()) == ["mine"] * len(NAMES)


def test_its_folder_is_not_where_the_users_code_looks(jobs: Any) -> None:
    source = "import sys\ndef train(): return sys.path, [name for name in sys.modules if 'ml_ci' in name]"
    path, modules = pickle.loads(jobs.function(source).artifact.read_bytes())
    assert path[0] == str(jobs.folder)
    assert not {str(CHILD.parent), str(CHILD.parents[1])} & set(path)
    # Where ml-ci is installed as a folder, Python itself loads a finder of that name.
    assert {name.partition(".")[0] for name in modules if not name.startswith("__editable")} == {
        "ml_ci_child",
        "ml_ci_startup",
    }


def test_a_program_of_links_is_not_there_either(jobs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some installers link each file to a cache, and Python looks beside what a script's link points to."""
    for path in FILES:
        (tmp_path / "linked").mkdir(exist_ok=True)
        link = tmp_path / "linked" / path.relative_to(CHILD.parent)
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(path)
    monkeypatch.setattr(function, "CHILD", tmp_path / "linked" / CHILD.name)
    monkeypatch.setattr(process, "CHILD", tmp_path / "linked" / CHILD.name)
    model = jobs.function("import sys\ndef train(): return sys.path")
    path = pickle.loads(model.artifact.read_bytes())
    assert not {str(CHILD.parent), str(tmp_path / "linked")} & set(path)


def test_what_the_users_code_stores_is_known_by_its_own_module(jobs: Any) -> None:
    jobs.write("shapes.py", "class Model:\n    pass\n")
    stored = jobs.function("import shapes\ndef train(): return shapes.Model()").artifact.read_bytes()
    assert (b"shapes" in stored, b"__main__" in stored, b"ml_ci" in stored) == (True, False, False)


@pytest.mark.parametrize("how", ["spawn", "fork", "forkserver"])
def test_the_users_code_may_start_processes(jobs: Any, how: str) -> None:
    source = f"""
        import multiprocessing
        def square(number): return number * number
        def train():
            with multiprocessing.get_context("{how}").Pool(2) as pool:
                return pool.map(square, [1, 2, 3])
    """
    assert pickle.loads(jobs.function(source).artifact.read_bytes()) == [1, 4, 9]


@pytest.mark.parametrize(
    "source", ["def train(): 1 / 0", "1 / 0", "import nowhere_to_be_found", "def train(): raise SystemExit(3)"]
)
def test_no_frame_of_it_stands_in_the_log(jobs: Any, failed: Failed, source: str) -> None:
    log = failed(lambda: jobs.function(source)).log_tail
    assert log.startswith("Traceback (most recent call last):\n")
    assert "jobs.py" in log
    assert str(CHILD.parent) not in log


def test_the_end_of_our_own_program_does_show_its_frames(jobs: Any, failed: Failed) -> None:
    source = "import sys\ndef train():\n    sys.modules['ml_ci_child.training'].store = None\n    return 1\n"
    log = failed(lambda: jobs.function(source)).log_tail
    assert str(CHILD.with_name("training.py")) in log


@pytest.mark.parametrize("numpy_there", [True, False])
def test_clusters_are_drawn_whole_and_apart_from_other_kinds(
    numpy_there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not numpy_there:
        monkeypatch.setitem(sys.modules, "numpy", None)
    y_true = [0, 0, 1, 1, 0, 1, 1, 0]
    clusters = [0, 0, 1, 1, 2, 2, 3, 4]
    draw = metrics._drawer(metrics._strata(y_true, clusters), 7)
    of_kind = {"negatives": {0, 4}, "positives": {1, 3}, "both": {2}}
    seen = set()
    for _ in range(50):
        index = [int(place) for place in draw()]
        drawn = [clusters[place] for place in index]
        for one in set(drawn):
            assert drawn.count(one) % clusters.count(one) == 0
        for kind in of_kind.values():
            assert sum(drawn.count(one) / clusters.count(one) for one in kind & set(drawn)) == len(kind)
        seen.add(tuple(sorted(drawn)))
    assert len(seen) > 3


def test_rows_are_drawn_as_before_where_nothing_belongs_together() -> None:
    y_true = [0, 1, 1, 0, 0]
    draw = metrics._drawer(metrics._strata(y_true, None), 3)
    generator = numpy.random.default_rng(3)
    expected = [
        places[generator.integers(0, len(places), len(places))] for places in map(numpy.asarray, ([0, 3, 4], [1, 2]))
    ]
    assert list(draw()) == [int(one) for part in expected for one in part]
