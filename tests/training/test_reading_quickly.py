"""What is left out where it cannot make a difference: the same is read, and the same is a library."""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from ml_ci.child.frames import read_by_pandas
from ml_ci.child.rows import is_library

PLAIN = {"encoding": "utf-8", "separator": None, "packed": False}


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ('x,y,z\n1,a,0.1\n,"",nan\n3,"b,c",1e5\n', None),
        ('x,y,z\n1, a,0.1\n2, "b,c",7\n', None),
        ("x,y,z\n1,\ta,0.1\n2,b ,7\n", None),
        ("x,y,z\n1,New York,0.1\n2,b,7\n", None),
        ("x\ty\tz\n1\ta\t0.1\n\t\t7\n", "\t"),
        ("x;y;z\n1;a\n", ";"),
        ("x,y,z\n", None),
        ("x", None),
    ],
)
def test_a_text_is_read_as_where_blanks_are_skipped(tmp_path: Path, text: str, separator: str | None) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    found = read_by_pandas(pd, {"path": str(path), "written": {**PLAIN, "separator": separator}, "padded": False})
    skipped = pd.read_csv(path, skipinitialspace=True, sep=separator or ",")
    for name in skipped.select_dtypes(exclude="number"):
        skipped[name] = skipped[name].str.strip()
    pd.testing.assert_frame_equal(found, skipped)


@pytest.mark.parametrize("written", [{**PLAIN, "packed": True}, None])
def test_blanks_of_a_packed_text_are_skipped_whatever_its_bytes_are(
    tmp_path: Path, written: Mapping[str, object] | None
) -> None:
    path = tmp_path / "t.csv.gz"
    tried = ((number, gzip.compress(b"x,y\n%d, a\n" % number, mtime=0)) for number in range(1_000))
    number, content = next(one for one in tried if not {*b" \t"} & {*one[1]})  # its bytes say nothing of blanks
    path.write_bytes(content)
    assert read_by_pandas(pd, {"path": str(path), "written": written}).to_dict("list") == {"x": [number], "y": ["a"]}


def test_a_link_is_where_it_leads_to(tmp_path: Path) -> None:
    site, own = tmp_path / "site-packages", tmp_path / "own"
    site.mkdir()
    own.mkdir()
    (site / "library.py").touch()
    (own / "code.py").touch()
    (own / "library.py").symlink_to(site / "library.py")
    (site / "code.py").symlink_to(own / "code.py")
    (tmp_path / "linked").symlink_to(site, target_is_directory=True)
    libraries = [site / "library.py", own / "library.py", tmp_path / "linked" / "library.py", Path(os.__file__)]
    assert [is_library(str(path)) for path in libraries] == [True] * 4
    assert [is_library(str(path)) for path in (own / "code.py", site / "code.py", tmp_path)] == [False] * 3
