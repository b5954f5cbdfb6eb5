"""Build the environment that a version was trained in, from its resolved distributions."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.registry.mlflow_model import requirements

_NO_ENV = "Train in the present environment instead: --no-env"


def build_environment(environment: Mapping[str, object], at: Path) -> str:
    """Make a virtual environment with the same Python and the same distributions; give its interpreter.

    UserError when that Python is not here, or a distribution cannot be installed.
    """
    wanted = str(environment.get("python", ""))
    lines = requirements(environment)
    _run([_python(wanted), "-m", "venv", str(at)], "the environment could not be made")
    python = at / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if lines:
        file = at / "requirements.txt"
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        pip = [
            str(python),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "-r",
            str(file),
        ]
        _run(pip, "the version's distributions could not be installed")
    return str(python)


def _python(wanted: str) -> str:
    here = "{}.{}".format(*sys.version_info[:2])
    if wanted in ("", here):
        return sys.executable
    found = shutil.which(f"python{wanted}")
    if found is None:
        raise UserError(f"the version was trained with Python {wanted}, which is not here", hint=_NO_ENV)
    return found


def _run(command: list[str], failed: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise UserError(f"{failed}:\n{last}", hint=_NO_ENV)
