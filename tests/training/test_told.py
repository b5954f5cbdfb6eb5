"""What programs tell is written by the job's own code: what is damaged or made up is left out, and raises nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_ci.training.told import Line, read


@pytest.mark.parametrize(
    "damaged",
    [
        b"module\t" + b"9" * 5000 + b"\t/a.py\n",  # more digits than Python turns into a number
        b"module\t12345678901\t/a.py\n",
        "module\t\u00b2\t/a.py\n".encode(),
        "module\t\u0663\t/a.py\n".encode(),
        b"module\t-1\t/a.py\n",
        b"module\t\t/a.py\n",
        b"module\n",
        b"\xff\xfe\n",
        b"module\t1\t" + b"a" * 70_000 + b"\n",
    ],
    ids=range(9),
)
def test_a_line_that_nobody_tells_is_left_out(damaged: bytes, tmp_path: Path) -> None:
    path = tmp_path / "told.tsv"
    path.write_bytes(b"module\t1\t/a.py\n" + damaged + b"module\t2\t/b\\tc.py\nmodule\t3\t/cut")
    assert list(read(path)) == [Line("module", 1, ("/a.py",)), Line("module", 2, ("/b\tc.py",))]


def test_nobody_told_anything(tmp_path: Path) -> None:
    assert list(read(tmp_path / "told.tsv")) == []
