"""The environment variables of a job."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from ml_ci.training.process import CHILD
from ml_ci.training.values import Interpreter

_STARTUP = CHILD.with_name("startup")


def variable(name: str) -> str:
    """Give the variable that names a data entry: upper case, `_` for anything but letters and digits."""
    return "ML_CI_DATA_" + re.sub(r"[^A-Z0-9]", "_", name.upper())


def begin_environment(
    kept: Mapping[str, str], seed: int, work: Path, interpreter: Interpreter, job: Mapping[str, object]
) -> dict[str, str]:
    """Give the environment that every job starts from: `kept` is what it may have of ours, which begins every Python.

    A copy of the child program's folder `startup` in `work` comes first on PYTHONPATH, and `job` is what it is told of
    this job; nothing else is added there, since it would hide the standard library. `python` and `python3` mean the
    job's interpreter, and put the folder first whatever a command makes of PYTHONPATH.
    """
    startup = _startup(work, job)
    path = [str(_programs(work, interpreter, startup)), str(interpreter.path.parent), kept.get("PATH", os.defpath)]
    modules = [str(startup), *filter(None, [kept.get("PYTHONPATH", "")])]
    return {
        **kept,
        # The user's own settings could start hooks in the copy.
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "PATH": os.pathsep.join(path),
        "PYTHONPATH": os.pathsep.join(modules),
        "PYTHONHASHSEED": str(seed % 2**32),
        "PYTHONUNBUFFERED": kept.get("PYTHONUNBUFFERED", "1"),
        "ML_CI_SEED": str(seed),
    }


def _startup(work: Path, job: Mapping[str, object]) -> Path:
    """Lay out what every Python of the job begins with; give the folder for PYTHONPATH."""
    folder = work / "startup"
    package = folder / "ml_ci_startup"
    package.mkdir(parents=True, exist_ok=True)
    for source in _STARTUP.glob("*.py"):
        shutil.copyfile(source, (folder if source.name == "sitecustomize.py" else package) / source.name)
    (package / "job.py").write_text(f"JOB = {dict(job)!r}\n", encoding="utf-8", errors="surrogateescape")
    return folder


# Scripts and not links: a link outside its virtual environment does not know of the environment. Options with one of
# I, E and S keep Python from reading PYTHONPATH; `launch.py`, which parses them well, is asked about all that look so.
_PROGRAM = """\
#!/bin/sh
python={python}
startup={startup}
case "${{PYTHONPATH-}}:" in
  "$startup:"*) ;;
  *) PYTHONPATH="$startup${{PYTHONPATH:+:$PYTHONPATH}}"; export PYTHONPATH ;;
esac
value=
for argument do
  if [ -n "$value" ]; then value=; continue; fi
  case $argument in
    --check-hash-based-pycs) value=1 ;;
    --*) ;;
    -*[IES]*) exec "$python" -I -S "$startup/ml_ci_startup/launch.py" "$@" ;;
    -*[cm]*) break ;;
    -*[WX]) value=1 ;;
    -?*) ;;
    *) break ;;
  esac
done
exec "$python" "$@"
"""


def _programs(work: Path, interpreter: Interpreter, startup: Path) -> Path:
    folder = work / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    content = _PROGRAM.format(python=shlex.quote(str(interpreter.path)), startup=shlex.quote(str(startup)))
    for name in ("python", "python3", "python{}.{}".format(*interpreter.version)):
        program = folder / name
        program.write_text(content, encoding="utf-8")
        program.chmod(0o755)
    return folder
