"""The parts of going to a cluster: paths exchanged, what comes back unpacked, folders swept, room counted."""

from __future__ import annotations

import fcntl
import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.spec.resources import Resources
from ml_ci.training.cluster import archive, folders
from ml_ci.training.cluster.archive import DamagedError, TooLargeError
from ml_ci.training.cluster.capacity import count_slots, demand, say_lack
from ml_ci.training.cluster.environment import build_environment
from ml_ci.training.cluster.exchange import Exchange
from ml_ci.training.cluster.parcel import Item, Parcel, Place

KNOWN = {"/a/b": "/x", "/a/b/c": "/y", "/a/b.csv": "/z", "/d e": "/x/é"}


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("/a/b", "/x"),
        ("/a/b/c/d:/a/b/e", "/y/d:/x/e"),
        ("/a/bc /a/b-1 /a/b.csv /a/b.csv.gz", "/a/bc /a/b-1 /z /a/b.csv.gz"),
        ("cat '/d e/f' >/a/b/cd", "cat '/x/é/f' >/x/cd"),
        ('{"/a/b": 1}', '{"/x": 1}'),
    ],
)
def test_paths_are_exchanged_whole(text: str, other: str) -> None:
    assert Exchange(KNOWN).text(text) == other
    assert Exchange({}).text(text) == text


def test_paths_in_json_are_exchanged_however_they_are_written() -> None:
    there = Exchange({"/é": "/plain", "/w": "/q"})
    assert there.json('{"/w/a": ["\\u00e9", "/\\u00e9/b", 1, null]}') == '{"/q/a": ["\\u00e9", "/plain/b", 1, null]}'
    assert there.json("no json /w") == "no json /q"
    assert there.raw_json(b"\xff /w") == b"\xff /q"


@given(st.lists(st.sampled_from(["/a/b", "/a/b/c", "/d e", " ", ":", "/f", "g", "\\", "."])).map("".join))
def test_what_is_exchanged_there_comes_back(text: str) -> None:
    there = {path: f"/there/{number}" for number, path in enumerate(KNOWN)}
    back = {other: path for path, other in there.items()}
    assert Exchange(back).text(Exchange(there).text(text)) == text


def test_a_parcel_is_what_it_was() -> None:
    items = (Item("", "folder"), Item("a/é", "file", 0o755, 7, 0, 1, 2), Item("l", "link", target="a"))
    place = Place("work", ("/w", "/real/w"), items)
    parcel = Parcel("j", "m", "{}", "/w", {"A": "b"}, 1.5, None, True, "/p", (3, 11), False, ("/e",), (place,), ("0",))
    assert Parcel.load(parcel.dump()) == parcel


def _tar(*members: tuple[tarfile.TarInfo, bytes]) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as made:
        for member, content in members:
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    stream.seek(0)
    return stream


def _member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", **more: Any) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    for key, value in more.items():
        setattr(member, key, value)
    return member, b"x" if kind == tarfile.REGTYPE else b""


HOSTILE = {
    "above": [_member("../a")],
    "absolute": [_member("/etc/a")],
    "through a link": [_member("l", tarfile.SYMTYPE, "/etc"), _member("l/a")],
    "through a link inside": [_member("d", tarfile.DIRTYPE), _member("l", tarfile.SYMTYPE, "d"), _member("l/a")],
    "link out": [_member("l", tarfile.SYMTYPE, "../../a")],
    "link out through a link": [_member("l", tarfile.SYMTYPE, "."), _member("l/m", tarfile.SYMTYPE, "..")],
    "link out by way of a link": [_member("l", tarfile.SYMTYPE, "."), _member("m", tarfile.SYMTYPE, "l/..")],
    "absolute link": [_member("l", tarfile.SYMTYPE, "/etc/passwd")],
    "hard link": [_member("l", tarfile.LNKTYPE, "../a")],
    "pipe": [_member("p", tarfile.FIFOTYPE)],
    "device": [_member("p", tarfile.CHRTYPE)],
    "sparse": [_member("s", pax_headers={"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.size": "9"})],
    "twice": [_member("a"), _member("a")],
    "dots": [_member("a/./../../b")],
    "nul": [_member("a", pax_headers={"path": "a\0b"})],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_leaves_nothing(name: str, tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    with pytest.raises(DamagedError):
        archive.unpack(_tar(*HOSTILE[name]), top, tmp_path / "aside")
    assert list(top.iterdir()) == [] and {path.name for path in tmp_path.iterdir()} <= {"top", "aside"}


def test_a_cut_archive_is_damaged(tmp_path: Path) -> None:
    whole = _tar(_member("a"), _member("b")).getvalue()
    (tmp_path / "top").mkdir()
    for number, length in enumerate((100, 512)):
        with pytest.raises(DamagedError):
            archive.unpack(io.BytesIO(whole[:length]), tmp_path / "top", tmp_path / str(number))


def test_what_is_packed_is_unpacked_over_what_is_there(tmp_path: Path) -> None:
    made, top = tmp_path / "made", tmp_path / "top"
    for folder in (made / "d", top / "d", top / "a"):
        folder.mkdir(parents=True)
    (made / "a").write_text("file")
    (made / "d/b").write_text("b")
    (made / "d/l").symlink_to("b")
    (made / "out").symlink_to("/etc/passwd")
    os.mkfifo(made / "pipe")
    (top / "d/kept").write_text("kept")
    stream = io.BytesIO()
    paths = ["a", "d", "d/b", "d/l", "out", "pipe"]
    archive.write(stream, made, paths, 100, {"a": b"instead"})
    stream.seek(0)
    archive.unpack(stream, top, tmp_path / "aside")
    found = {str(path.relative_to(top)): path.read_text() for path in top.rglob("*") if path.is_file()}
    assert found == {"a": "instead", "d/b": "b", "d/l": "b", "d/kept": "kept"}
    with pytest.raises(TooLargeError):
        archive.write(io.BytesIO(), made, ["d/b"], 0, {})


def test_folders_whose_makers_are_gone_are_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with folders.open_folder("running") as running:
        (running / "file").write_text("x")
        left = running.parent / "left"
        (left / "deep").mkdir(parents=True)
        left.with_name("left.lock").touch()
        assert folders.sweep() == ["running"]
        assert running.is_dir() and not left.exists()
        lock = os.open(running.parent / "running.lock", os.O_RDWR)
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(lock)
    assert folders.sweep() == [] and list(running.parent.iterdir()) == []
    folders.base().chmod(0o755)
    with pytest.raises(PermissionError, match="not a private folder"):
        folders.base()


NODES = ({"CPU": 4.0, "memory": 8e9}, {"CPU": 2.0, "GPU": 1.0, "memory": 2e9})
HEAD: Mapping[str, float] = {"memory": 1e9}


@pytest.mark.parametrize(
    ("asked", "slots", "said"),
    [
        (None, 6, ""),
        (Resources(cpus=0.5), 12, ""),
        (Resources(cpus=3), 1, ""),
        (Resources(gpus=1), 1, ""),
        (Resources(cpus=0, gpus=1), 1, ""),
        (Resources(cpus=0), 6, ""),
        (Resources(cpus=8), 0, "no machine of the cluster has 8 CPUs (the most is 4 CPUs, of 3)"),
        (Resources(gpus=2), 0, "no machine of the cluster has 2 GPUs (the most is 1 GPU, of 3)"),
        (
            Resources(memory=10**10),
            0,
            "no machine of the cluster has 10 GB of memory (the most is 8 GB of memory, of 3)",
        ),
        (Resources(cpus=4, gpus=1), 0, "no machine of the cluster has 4 CPUs, 1 GPU together (3 were asked)"),
    ],
)
def test_room_is_counted_and_what_is_missing_is_named(asked: Resources | None, slots: int, said: str) -> None:
    nodes = (*NODES, HEAD)
    assert (count_slots(asked, nodes), say_lack(asked, nodes)) == (slots, said)


@pytest.mark.parametrize(("gpus", "each"), [(0, 0.0), (1, 0.5), (2, 2.0)])
def test_both_sides_of_what_is_asked_have_room_beside_each_other(gpus: int, each: float) -> None:
    needed = demand(Resources(cpus=8, gpus=gpus, memory=10**9), talks=True)
    assert (needed["GPU"], needed["memory"]) == (each, 1e9) and 0 < needed["CPU"] < 0.1


def test_a_cluster_without_machines_or_gpus_says_so() -> None:
    assert say_lack(None, ()) == "the cluster has no machine"
    assert say_lack(Resources(gpus=1), NODES[:1]) == "no machine of the cluster has 1 GPU (none has any, of 1)"


def test_a_job_has_the_machines_own_variables_and_nothing_else_of_the_workers(tmp_path: Path) -> None:
    given_ = {"PATH": "/work/bin:/usr/bin", "A": "1", "OMP_NUM_THREADS": "2"}
    worker = {"PATH": "/usr/bin:/far/bin", "HOME": "/far", "CUDA_VISIBLE_DEVICES": "3", "TOKEN": "t", "A": "2"}
    made = build_environment(given_, {**worker, "OMP_NUM_THREADS": "8"}, "/py/bin/python", tmp_path)
    assert made == {
        **given_,
        "PATH": "/work/bin:/usr/bin:/py/bin:/far/bin",
        "HOME": "/far",
        "CUDA_VISIBLE_DEVICES": "3",
        "TMPDIR": str(tmp_path),
    }
