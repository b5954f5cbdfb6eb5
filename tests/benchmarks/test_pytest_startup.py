"""What the installed plugin costs a pytest that does not ask for it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNS = 15


@pytest.mark.benchmark
def test_startup_costs_little(tmp_path: Path) -> None:
    """Print it beside the budget of 10 ms. The fastest of many runs: what a busy machine adds is never negative.

    What holds the budget is the test that nothing is imported and nothing started, in tests/pytest_plugin/test_off.py.
    """
    (tmp_path / "test_one.py").write_text("def test_one(): pass\n")
    plugin = "ml_ci" if entry_points(group="pytest11", name="ml_ci") else "pytest_ml_ci.plugin"
    _cpu(tmp_path, plugin)
    alone, loaded = zip(*[(_cpu(tmp_path), _cpu(tmp_path, plugin)) for _ in range(RUNS)], strict=True)
    print(
        f"\npytest alone {min(alone):.0f} ms CPU, with the plugin {min(loaded):.0f} ms: "
        f"{min(loaded) - min(alone):+.1f} ms (budget +10), ratio {min(loaded) / min(alone):.3f}"
    )


def _cpu(folder: Path, *plugins: str) -> float:
    """Run pytest on one empty test and give its CPU time in milliseconds."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "pytest_plugin")])
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": path}
    loading = [argument for plugin in plugins for argument in ("-p", plugin)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *loading)
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
