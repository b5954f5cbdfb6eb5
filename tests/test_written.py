"""A file that cannot be written is named, whoever wrote it and however it was opened."""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ml_ci.errors import of_the_machine
from ml_ci.records.atomic import write_text
from ml_ci.written import path_of

FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
MUCH = "x" * 100_000


def _text() -> None:
    with FULL.open("w") as file:
        file.write(MUCH)


def _at_its_end() -> None:
    with FULL.open("w") as file:
        file.write("little")


def _bytes() -> None:
    with FULL.open("wb") as file:
        file.write(MUCH.encode())


def _unbuffered() -> None:
    with FULL.open("wb", buffering=0) as stream:
        stream.write(b"x")


def _flushed() -> None:
    with FULL.open("w") as file:
        file.write("x")
        file.flush()


def _json() -> None:
    with FULL.open("w") as file:
        json.dump([MUCH] * 10, file)


def _csv() -> None:
    with FULL.open("w", newline="") as file:
        csv.writer(file).writerows([[MUCH]] * 10)


def _copied() -> None:
    with Path(__file__).open("rb") as source, FULL.open("wb") as file:
        shutil.copyfileobj(source, file)


def _tar() -> None:
    with FULL.open("wb") as file, tarfile.open(fileobj=file, mode="w") as archive:
        archive.add(__file__)


def _gzip() -> None:
    with FULL.open("wb") as file, gzip.GzipFile(fileobj=file, mode="wb") as packed:
        packed.write(os.urandom(100_000))


WAYS = [_text, _at_its_end, _bytes, _unbuffered, _flushed, _json, _csv, _copied, _tar, _gzip]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
def test_names_the_file_whose_disk_is_full(way: Callable[[], None]) -> None:
    with pytest.raises(OSError, match="No space left") as caught:
        way()
    assert path_of(caught.value) == str(FULL)
    told = of_the_machine(caught.value)
    assert told is not None
    assert told.message.startswith("/dev/full: No space left on device (")
    assert "MB are left on the disk of /dev" in told.message
    assert told.hint.startswith("Make room there")


def test_names_standard_output_where_that_is_full() -> None:
    program = "from ml_ci.cli.main import exit_code; import sys; sys.exit(exit_code(lambda: print('x' * 100_000)))"
    with FULL.open("w") as file:
        done = subprocess.run((sys.executable, "-c", program), stdout=file, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: standard output: No space left on device")


def test_a_file_that_is_only_read_is_not_named(tmp_path: Path) -> None:
    def read_it() -> None:
        with Path(__file__).open() as source:
            source.read()
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output") as caught:
        read_it()
    assert path_of(caught.value) is None


def test_a_named_error_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such") as caught:
        write_text(tmp_path / "no" / "x", "text")
    assert str(path_of(caught.value)).startswith(str(tmp_path / "no"))
