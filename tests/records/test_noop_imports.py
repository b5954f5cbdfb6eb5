"""Nothing changed: neither what counts nor the user's code is imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

HEAVY = ("numpy", "scipy", "duckdb", "mlflow", "pandas", "rich", "filelock", "psutil", "pydantic", "yaml", "requests")

CHILD = """\
import json, sys
from ml_ci.cli.main import call
code = call(sys.argv[1:])
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]), file=sys.stderr)
"""


@pytest.mark.parametrize("arguments", [("run",), ("run", "--json"), ("plan",), ("plan", "--json")])
def test_nothing_heavy_is_imported_when_nothing_changed(tiny: Any, arguments: tuple[str, ...]) -> None:
    assert tiny.run("run")[0] == 0
    tiny.run("plan")
    done = subprocess.run(
        (sys.executable, "-c", CHILD, *arguments),
        cwd=tiny.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    assert "ml_ci" in modules
    assert [name for name in HEAVY if name in modules] == []
    assert tiny.trainings == 2


def test_a_run_against_the_merge_base_imports_no_mlflow(tiny: Any, tmp_path: Path) -> None:
    """Though it trains and judges, and though MLflow could be imported: nothing asks the registry."""
    (tmp_path / "site" / "mlflow").mkdir(parents=True)
    (tmp_path / "site" / "mlflow" / "__init__.py").write_text("")
    done = subprocess.run(
        (sys.executable, "-c", CHILD, "run"),
        cwd=tiny.folder,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(tmp_path / "site"))),
            "TINY_COUNT": str(tiny.count),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert (code, tiny.trainings) == (0, 2)
    assert "mlflow" not in modules
