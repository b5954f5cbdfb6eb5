"""Digests of values, of bytes, and of files that do not hold still."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from ml_ci.changes.content import Contents
from ml_ci.changes.data import in_dvc_cache
from ml_ci.digests import blob_id, digest, object_format
from ml_ci.errors import UserError

MD5 = "0123456789abcdef0123456789abcdef"


def test_unlike_values_have_unlike_digests() -> None:
    values = [1, 1.0, True, "1", None, [1], {1}, {"1": 1}, {"1": "1"}, [], {}, "", date(2026, 1, 1), "2026-01-01"]
    assert len({digest(value) for value in values}) == len(values)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": [2]}, {"b": [2], "a": 1}),
        ({"a": "1", "b": "2"}, {"b": "2", "a": "1"}),
        ({"x", "y"}, frozenset(("y", "x"))),
        ([1, (2, 3)], (1, [2, 3])),
    ],
)
def test_the_order_of_keys_and_the_kind_of_a_sequence_say_nothing(one: object, other: object) -> None:
    assert digest(one) == digest(other)


def test_the_order_of_a_sequence_is_part_of_it() -> None:
    assert digest([1, 2]) != digest([2, 1])


def test_a_blob_has_the_id_that_git_gives_it() -> None:
    assert blob_id(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert blob_id(b"", "sha256") == "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"
    assert object_format({"a": None, "b": "0" * 64}) == "sha256"
    assert object_format({}) == "sha1"


@pytest.mark.parametrize("layout", [".dvc/cache/files/md5", ".dvc/cache"])
@pytest.mark.parametrize("above", ["", "models/churn"])
def test_dvcs_cache_in_its_present_and_its_former_layout(tmp_path: Path, layout: str, above: str) -> None:
    place = tmp_path / layout / MD5[:2] / MD5[2:]
    place.parent.mkdir(parents=True)
    place.write_text("x")
    (tmp_path / ".git").mkdir()
    assert in_dvc_cache(f"md5:{MD5}", tmp_path / above) == place
    assert in_dvc_cache(f"git:{MD5}", tmp_path) is None
    assert in_dvc_cache(f"md5:{'f' * 32}", tmp_path) is None


def test_dvcs_cache_is_looked_for_no_higher_than_the_repository(tmp_path: Path) -> None:
    place = tmp_path / ".dvc/cache" / MD5[:2] / MD5[2:]
    place.parent.mkdir(parents=True)
    place.write_text("x")
    (tmp_path / "inner" / ".git").mkdir(parents=True)
    assert in_dvc_cache(f"md5:{MD5}", tmp_path / "inner") is None


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,b\n")
    monkeypatch.setattr(
        "ml_ci.changes.content.os.fstat", lambda number: SimpleNamespace(st_size=path.stat().st_size - 1)
    )
    with pytest.raises(UserError, match=r"data\.csv changed while it was read") as caught:
        Contents(None).digest(path, "sha1")
    assert caught.value.hint == "Wait until it is written, then run again."
