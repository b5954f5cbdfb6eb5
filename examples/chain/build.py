"""Build the service around the model that passed: one file that runs anywhere, the same bytes from the same parts."""

import sys
import zipfile
from pathlib import Path

START = "from runpy import run_module\nrun_module('service', run_name='__main__')\n"


def build(model: Path, library: Path, out: Path) -> None:
    """Put model, library and service together."""
    files = {"__main__.py": START.encode(), "service/model.json": model.read_bytes()}
    files |= {path.as_posix(): path.read_bytes() for path in sorted(Path("service").glob("*.py"))}
    with zipfile.ZipFile(library) as archive:
        files |= {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), content)


build(*map(Path, sys.argv[1:]))
