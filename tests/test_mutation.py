"""`python tests/mutation.py` on a tree of two lines, with a weak test and with a strong one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = Path(__file__).with_name("mutation.py")
MODULE = '"""Say whether a rate is within its limit."""\ndef within(rate, limit): return rate <= limit\n'
WEAK = "assert within(1, 2) and not within(3, 2)"
STRONG = f"{WEAK} and within(2, 2)"
RED = "assert within(3, 2)"
BORDER, VALUE = "ml_ci/limit.py:2  <=  ->  <", "ml_ci/limit.py:2  rate <= limit  ->  None"


def mutation(repository: Any, test: str, *options: str) -> subprocess.CompletedProcess[str]:
    files = {
        "pytest.ini": "[pytest]\naddopts = -p no:ml_ci -p no:hypothesispytest -p no:xdist\n",
        "ml_ci/__init__.py": "",
        "ml_ci/limit.py": MODULE,
        "tests/test_limit.py": f"from ml_ci.limit import within\n\ndef test_within():\n    {test}\n",
    }
    repository.write(files)
    command = (sys.executable, str(COMMAND), "--root", str(repository.path), *(options or ("ml_ci",)))
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert {name: (repository.path / name).read_text() for name in files} == files, "the tree itself is never touched"
    return done


def test_what_a_weak_test_does_not_see_survives(repository: Any) -> None:
    done = mutation(repository, WEAK)
    assert done.returncode == 1, done.stderr
    assert f"SURVIVED  {BORDER}\n" in done.stdout
    assert f"killed    {VALUE}\n" in done.stdout
    last = next(line for line in done.stdout.splitlines() if line.startswith("| all"))
    assert last.replace("|", " ").split() == ["all", "2", "1", "1"]


def test_a_strong_test_kills_everything(repository: Any) -> None:
    done = mutation(repository, STRONG)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"killed    {BORDER}\n" in done.stdout
    assert "SURVIVED" not in done.stdout


@pytest.mark.parametrize(
    ("test", "options", "code", "said"),
    [
        (WEAK, ("ml_ci/limit.py", "--allow-survivors"), 0, ""),
        (RED, (), 2, "These tests fail on the tree as it is"),
        (STRONG, ("nowhere",), 2, "there is no nowhere in"),
    ],
)
def test_how_it_ends(repository: Any, test: str, options: tuple[str, ...], code: int, said: str) -> None:
    done = mutation(repository, test, *options)
    assert (done.returncode, said in done.stderr) == (code, True)


def test_what_covers_a_folder_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(COMMAND.parent)
    from mutating.cover import WIDER, nearest, wider

    root = COMMAND.parents[1]
    assert [path for folder, tests in WIDER.items() for path in (folder, *tests) if not (root / path).exists()] == []
    assert nearest(root, "ml_ci/gates/judge.py")[0] == "tests/gates/test_judge.py"
    assert nearest(root, "ml_ci/gates/held_gates.py")[0] == "tests/gates/test_held.py"
    assert "tests/gates/test_proof.py" in wider(root, "ml_ci/gates/statistics/tango.py")
    assert "tests/gates/statistics/test_paired.py" in nearest(root, "ml_ci/gates/statistics/tango.py")
    assert "tests/gates/statistics/test_power.py" in wider(root, "ml_ci/gates/statistics/tango.py")
