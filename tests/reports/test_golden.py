"""What a person sees, kept as files: a change of looks is a change to be looked at.

`python tests/reports/test_golden.py` writes the files again, from the root of the repository.
"""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from ml_ci.reports import markdown, terminal
from ml_ci.reports.plain import plain
from ml_ci.reports.values import Report

GOLDEN = Path(__file__).parent / "golden"
NAMES = ("failed_by_data", "inconclusive", "crashed", "new_model", "unjudged", "two_yardsticks", "reused", "hostile")
RENDERINGS: dict[str, Callable[[Report], str]] = {
    "md": markdown.render,
    "txt": plain,
    "40.txt": lambda report: terminal.render(report, 40),
    "120.txt": lambda report: terminal.render(report, 120),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ending", RENDERINGS)
def test_it_looks_as_it_did(reports: dict[str, Callable[[], Report]], name: str, ending: str) -> None:
    assert RENDERINGS[ending](reports[name]()) == (GOLDEN / f"{name}.{ending}").read_text(encoding="utf-8")


def write() -> None:
    """Write every file again."""
    reports = runpy.run_path(str(Path(__file__).parent / "conftest.py"))["REPORTS"]
    GOLDEN.mkdir(exist_ok=True)
    for name in NAMES:
        for ending, render in RENDERINGS.items():
            (GOLDEN / f"{name}.{ending}").write_text(render(reports[name]()), encoding="utf-8")


if __name__ == "__main__":
    write()
