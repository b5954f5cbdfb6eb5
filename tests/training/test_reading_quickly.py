"""What is left out where it cannot make a difference: the same is read, and the same is a library."""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_ci.child.frames import read_by_pandas
from ml_ci.child.rows import is_library
from ml_ci.tables.layout import examine
from ml_ci.training.inputs import describe_writing

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


CELLS = ["1", "0.5", "", "a", "NA", " a", "a ", "\u00a0a", "a\ta", "a\x0b", "\x1ca", "a b", "é", '"a"', '" a"', '"a\n"']


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(st.tuples(*[st.sampled_from(CELLS)] * 2), min_size=1, max_size=4),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
)
def test_a_text_without_white_space_is_read_as_one_that_is_looked_through(
    rows: list[tuple[str, str]], end: str, mark: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "t.csv")
        path.write_bytes((mark + "".join(",".join(row) + end for row in [("x", "y"), *rows])).encode())
        written = describe_writing(examine(path, None, "t.csv"))
        assert written is not None
        found, looked_through = (
            read_by_pandas(pd, {"path": str(path), "written": vars(replace(written, spaced=spaced))})
            for spaced in (written.spaced, True)
        )
    pd.testing.assert_frame_equal(found, looked_through)
    assert not written.spaced or any(cell in CELLS[5:] for row in rows for cell in row) or end != "\n" or mark


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
