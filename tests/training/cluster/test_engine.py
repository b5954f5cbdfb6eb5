"""What goes to a cluster of ml-ci's own code is enough there, and none of it is missing on the way."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from ml_ci.training.cluster import bootstrap
from ml_ci.training.cluster.engine import pack_engine

# Imports whatever does jobs from the folder that is given, and says whether anything came from elsewhere.
IMPORTS = """
import importlib, pkgutil, sys
sys.path[:] = [sys.argv[1], *(at for at in sys.path if "site-packages" in at or at.startswith(sys.base_prefix))]
import ml_ci.training
names = [one.name for one in pkgutil.walk_packages(ml_ci.training.__path__, "ml_ci.training.")]
for name in names:
    importlib.import_module(name)
ours = [one for name, one in sys.modules.items() if name.startswith("ml_ci")]
print(len(names), [one for one in ours if sys.argv[1] not in str(one.__spec__)])
"""


def test_all_that_does_jobs_is_imported_from_what_went_along(tmp_path: Path) -> None:
    digest, engine = pack_engine()
    assert pack_engine() == (digest, engine) and len(digest) == 64
    with tarfile.open(fileobj=io.BytesIO(engine)) as archive:
        archive.extractall(tmp_path, filter="data")
    assert (tmp_path / "ml_ci/child/__main__.py").is_file() and not (tmp_path / "ml_ci/steps").exists()
    command = (sys.executable, "-P", "-c", IMPORTS, str(tmp_path))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    count, elsewhere = done.stdout.split(maxsplit=1)
    assert int(count) > 70 and elsewhere.strip() == "[]"


def test_it_is_laid_out_once_a_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(bootstrap.ctypes, "CDLL", None)  # this process stays as it is
    digest, engine = pack_engine()
    bootstrap.begin(digest, engine)
    laid = tmp_path / f"ml-ci-{os.getuid()}" / f"engine-{digest[:16]}"
    assert sys.path[0] == str(laid) and (laid / "ml_ci/training/process.py").is_file()
    before = laid.stat().st_ino
    bootstrap.begin(digest, b"no archive: it is there")
    assert laid.stat().st_ino == before and [at.name for at in laid.parent.iterdir()] == [laid.name]
