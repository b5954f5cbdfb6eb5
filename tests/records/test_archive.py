"""An archive gives back the record that was packed, and nothing else."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.records import record as records
from ml_ci.records.archive import pack, unpack
from ml_ci.records.record import DamagedRecordError, read, write

KIND, KEY = "trainings", "ab" + "0" * 62


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "record"
    (folder / "model" / "deep").mkdir(parents=True)
    (folder / "model" / "deep" / ("long" * 40)).write_bytes(b"weights" * 1000)
    (folder / "größe ü.txt").write_text("text")
    (folder / "empty").write_text("")
    (folder / "model" / "record.json").write_text("{}")
    write(folder, KIND, KEY, {"seconds": 1.5})
    return folder


def packed(folder: Path) -> bytes:
    out = io.BytesIO()
    pack(folder, KIND, KEY, out)
    return out.getvalue()


def unpacked(content: bytes, to: Path) -> None:
    to.mkdir()
    unpack(io.BytesIO(content), to, KIND, KEY)


def test_what_was_packed_comes_back(folder: Path, tmp_path: Path) -> None:
    unpacked(packed(folder), tmp_path / "new")
    assert read(tmp_path / "new", KIND, KEY).content == {"seconds": 1.5}
    names = {path.relative_to(folder) for path in folder.rglob("*")}
    assert {path.relative_to(tmp_path / "new") for path in (tmp_path / "new").rglob("*")} == names


def test_the_same_record_is_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    first = packed(folder)
    unpacked(first, tmp_path / "new")
    assert packed(tmp_path / "new") == first


def test_a_link_is_not_packed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("token")
    (folder / "stolen").symlink_to(tmp_path / "secret")
    write(folder, KIND, KEY, {})
    with pytest.raises(DamagedRecordError, match="stolen is a link"):
        packed(folder)


def test_a_file_behind_a_linked_folder_is_not_packed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "key").write_text("token")
    (folder / "stolen").symlink_to(tmp_path / "home")
    body = records.vouch(folder, KIND, KEY)
    body["files"]["stolen/key"] = {"size": 5, "sha256": records.digest(tmp_path / "home" / "key")}
    (folder / "record.json").write_text(json.dumps({**body, "digest": records._seal(body)}))
    with pytest.raises(DamagedRecordError, match="stolen/key is a link"):
        packed(folder)


def sealed(files: Any, content: Any = None, **more: Any) -> bytes:
    """Write a `record.json` as an attacker may: sealed, whatever it says."""
    body = {"format": 1, "kind": KIND, "key": KEY, "files": files, "content": {} if content is None else content}
    body |= more
    return json.dumps({**body, "digest": records._seal(body)}).encode()


def known(content: bytes) -> dict[str, Any]:
    import hashlib

    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def member(name: str, content: bytes = b"", **more: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for attribute, value in more.items():
        setattr(info, attribute, value)
    return info, content


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as file:
        for info, content in members:
            file.addfile(info, io.BytesIO(content))
    return out.getvalue()


def with_file(name: str, content: bytes = b"x", **more: Any) -> bytes:
    """Give an archive whose sealed list names what it holds."""
    return archive(member("record.json", sealed({name: known(content)})), member(name, content, **more))


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "no archive|does not begin"),
    "no archive": (lambda: b"hello" * 1000, "no archive"),
    "another beginning": (lambda: archive(member("x", b"x")), "does not begin with record.json"),
    "record.json is a link": (
        lambda: archive(member("record.json", type=tarfile.SYMTYPE, linkname="/etc/passwd")),
        "does not begin with record.json",
    ),
    "an absolute path": (lambda: with_file("/tmp/evil"), "no file below the record"),
    "a path upwards": (lambda: with_file("../evil"), "no file below the record"),
    "a path upwards, later": (lambda: with_file("a/../../evil"), "no file below the record"),
    "a path that is not plain": (lambda: with_file("a//b"), "no file below the record"),
    "a name that is too long": (lambda: with_file("x" * 300), "a name that no file system takes"),
    "a long name in bytes only": (lambda: with_file("ü" * 200), "a name that no file system takes"),
    "a path that is too long": (lambda: with_file("/".join(["x" * 200] * 30)), "a name that no file system takes"),
    "half a character": (
        lambda: archive(member("record.json", sealed({"a\ud800": known(b"x")}))),
        "a name that no file system takes",
    ),
    "the folder itself": (lambda: with_file("."), "no file below the record"),
    "record.json once more": (lambda: with_file("record.json"), "no file below the record"),
    "a file that is a folder too": (
        lambda: archive(member("record.json", sealed({"a": known(b"x"), "a/b": known(b"y")}))),
        "no file below the record",
    ),
    "a symbolic link": (lambda: with_file("a", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "does not name so"),
    "a hard link": (lambda: with_file("a", b"", type=tarfile.LNKTYPE, linkname="record.json"), "does not name so"),
    "a device": (lambda: with_file("a", b"", type=tarfile.CHRTYPE, devmajor=1, devminor=5), "does not name so"),
    "a pipe": (lambda: with_file("a", b"", type=tarfile.FIFOTYPE), "does not name so"),
    "a folder": (lambda: with_file("a", b"", type=tarfile.DIRTYPE), "does not name so"),
    "a sparse file": (
        lambda: with_file("a", b"x", pax_headers={"GNU.sparse.map": "0,1", "GNU.sparse.size": "1"}),
        "does not name so",
    ),
    "a file that is not named": (
        lambda: archive(member("record.json", sealed({})), member("evil.pkl", b"x")),
        "'evil.pkl', which record.json does not name so",
    ),
    "a file twice": (
        lambda: archive(member("record.json", sealed({"a": known(b"x")})), member("a", b"x"), member("a", b"y")),
        "does not name so",
    ),
    "a file that is larger than it says": (
        lambda: archive(member("record.json", sealed({"a": known(b"x")})), member("a", b"x" * 10_000_000)),
        "does not name so",
    ),
    "a file that lacks": (
        lambda: archive(member("record.json", sealed({"a": known(b"x")}))),
        "a is missing",
    ),
    "another content": (
        lambda: archive(member("record.json", sealed({"a": known(b"x")})), member("a", b"y")),
        "a is not as it was written",
    ),
    "an early end": (lambda: with_file("a", b"x" * 100_000)[:50_000], "no archive"),
    "another key": (lambda: archive(member("record.json", sealed({}, key="cd" * 32))), "belongs to another record"),
    "another kind": (lambda: archive(member("record.json", sealed({}, kind="verdicts"))), "belongs to another record"),
    "a broken seal": (
        lambda: archive(member("record.json", sealed({}).replace(b'"format": 1', b'"format": 2'))),
        "does not match its own digest",
    ),
    "files that are no list": (lambda: archive(member("record.json", sealed([]))), "names no content or no files"),
    "content that is no object": (
        lambda: archive(member("record.json", sealed({}, content=[1]))),
        "names no content or no files",
    ),
    "no size": (lambda: archive(member("record.json", sealed({"a": {}}))), "does not say the size"),
    "a size below zero": (
        lambda: archive(member("record.json", sealed({"a": {"size": -1, "sha256": ""}}))),
        "does not say the size",
    ),
    "a size that is true": (
        lambda: archive(member("record.json", sealed({"a": {"size": True, "sha256": ""}}))),
        "does not say the size",
    ),
    "not a number": (
        lambda: archive(member("record.json", b'{"content": {"a": NaN}, "digest": ""}')),
        "holds what no record holds",
    ),
    "deep nesting": (lambda: archive(member("record.json", b"[" * 500_000)), "cannot be read|is no object"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_and_leaves_nothing_outside(name: str, tmp_path: Path) -> None:
    make, said = HOSTILE[name]
    with pytest.raises(DamagedRecordError, match=said):
        unpacked(make(), tmp_path / "new")
    assert list(tmp_path.iterdir()) == [tmp_path / "new"]
    assert not any(path.is_symlink() for path in (tmp_path / "new").rglob("*"))


def test_a_header_that_announces_too_much_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ml_ci.records.archive._BESIDE", 100_000)
    long = archive(member("record.json", sealed({}), pax_headers={"comment": "x" * 1_000_000}))
    with pytest.raises(DamagedRecordError, match="larger than the files that it names"):
        unpacked(long, tmp_path / "new")
