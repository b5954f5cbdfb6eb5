"""What the job of a gate finds in the processes that it descends from."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = [
    pytest.mark.slow,  # a whole run
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

ROOT = Path(__file__).parents[2]
ACTION = ROOT / "actions" / "gate"
CONFIG = """\
version: 1
models:
  spy:
    run: python spy.py {data.holdout} {out}/p.csv
    outputs: {predictions: "{out}/p.csv"}
    data: {holdout: holdout.csv}
    label: y
    positive: 1
    gates: [fpr <= 1]
"""
SPY = """\
import os, sys

def of(pid):
    found = []
    for name in ("environ", "cmdline"):
        try:
            found.append(open(f"/proc/{pid}/{name}", "rb").read().replace(b"\\0", b"\\n").decode("utf-8", "replace"))
        except OSError:
            pass
    try:
        found += [os.readlink(f"/proc/{pid}/fd/{one}") for one in os.listdir(f"/proc/{pid}/fd")]
    except OSError:
        pass
    return "\\n".join(found)

seen, pid = [of("self")], os.getppid()
while pid > 1 and pid != TESTER:
    seen.append(of(pid))
    pid = int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
open(FOUND, "w").write("\\n== ".join(seen))
open(sys.argv[2], "w").write("prediction\\n" + "1\\n" * (len(open(sys.argv[1]).readlines()) - 1))
"""
# PR_CAPBSET_DROP, and CAP_SYS_PTRACE, CAP_SYS_ADMIN, CAP_PERFMON: who has one may look into every process. Neither a
# runner's user nor root in a container has.
_BOUND, _LOOKING = 24, (19, 21, 38)


def _drop() -> None:
    for one in _LOOKING:
        ctypes.CDLL(None).prctl(_BOUND, one, 0, 0, 0)


def step(name: str) -> str:
    """Give what the action runs in a step."""
    steps = yaml.safe_load((ACTION / "action.yml").read_text())["runs"]["steps"]
    return str(next(one["run"] for one in steps if one["name"] == name))


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    """Give a Python that has this ml-ci also with `-I`, as the action installs it."""
    at = tmp_path / "engine"
    venv.create(at)
    [place] = at.glob("lib/python*/site-packages")
    (place / "own.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n")
    return at / "bin" / "python"


def files(folder: Path) -> Mapping[str, str]:
    return {
        name: str(folder / f"the-{name}") for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE")
    }


def test_a_job_finds_nothing_of_its_workflow_and_no_secret_in_its_ancestors(
    repository: Any, tmp_path: Path, engine: Path
) -> None:
    found, script = tmp_path / "found", tmp_path / "step.sh"
    spy = SPY.replace("TESTER", str(os.getpid())).replace("FOUND", repr(str(found)))
    repository.commit(
        {"ml-ci.yaml": CONFIG, "spy.py": spy, "holdout.csv": "x,y\n1,1\n2,0\n", ".gitignore": ".ml_ci/\n"}
    )
    script.write_text(step("Run"))
    secret = {
        "GITHUB_TOKEN": "ghs-of-the-step",
        "ACTIONS_RUNTIME_TOKEN": "of-the-runtime",
        "MY_PASSWORD": "of-the-registry",
    }
    told = files(tmp_path)
    options = dict.fromkeys(("MODELS", "GATES_FROM", "STORE", "REGISTRY", "PUSH", "FULL", "ARGUMENTS"), "")
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "GITHUB_ACTION_PATH": str(ACTION),
        "RUNNER_TEMP": str(tmp_path),
        "ML_CI": str(engine),
        "BASELINE": "none",
        **options,
        **told,
        **secret,
    }
    # As the runner starts a step.
    done = subprocess.run(
        ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)),
        cwd=repository.path,
        env=environment,
        capture_output=True,
        text=True,
        preexec_fn=_drop,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    outputs = dict(line.split("=", 1) for line in Path(told["GITHUB_OUTPUT"]).read_text().splitlines())
    assert outputs["exit-code"] == "0" and Path(outputs["report"]).is_file() and len(outputs["store-key"]) == 32
    lines = done.stdout.splitlines()
    [stop] = [line for line in lines if line.startswith("::stop-commands::")]
    assert f"::{stop.removeprefix('::stop-commands::')}::" in lines
    seen = found.read_text()
    assert seen.count("\n== ") >= 3, "the supervisor, ml-ci and the step are ancestors"
    assert "PATH=" in seen
    for name, value in {**told, **secret}.items():
        assert f"{name}=" not in seen and value not in seen, name


def test_what_is_installed_finds_no_way_to_the_workflow(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("")
    spy, found = tmp_path / "bin" / "python", tmp_path / "found"
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\nenv > "{found}"\ntr "\\0" "\\n" < /proc/$PPID/environ >> "{found}"\n')
    spy.chmod(0o755)
    script = tmp_path / "step.sh"
    script.write_text(step("Install what training needs"))
    base = {"PATH": f"{spy.parent}:/usr/bin:/bin", "GITHUB_ACTION_PATH": str(ACTION), "INSTALL": "auto"}
    subprocess.run(("bash", "-e", str(script)), cwd=tmp_path, env={**base, **files(tmp_path)}, check=True)
    seen = found.read_text()
    assert "INSTALL=auto" in seen
    assert not any(f"{name}=" in seen for name in files(tmp_path))
