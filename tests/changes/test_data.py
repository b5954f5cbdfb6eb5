from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from ml_ci.changes.content import Contents
from ml_ci.changes.data import Data, DataReader
from ml_ci.changes.surroundings import Surroundings
from ml_ci.errors import UserError
from ml_ci.repository.repository import Repository
from ml_ci.spec.values import FileEntry

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def dvc(path: str, content: bytes, **more: Any) -> str:
    out = {"path": path, "md5": md5(content), "size": len(content), "hash": "md5", **more}
    return json.dumps({"outs": [{key: value for key, value in out.items() if value is not None}]})


@pytest.fixture
def read(history: Any) -> Any:
    def reader(path: str, commit: str | None = None, **around: Any) -> Data:
        tree = Repository.find(history.folder).tree(commit)
        made = DataReader(tree, Surroundings(history.folder, history.state, **around))
        found = made[FileEntry(path)]
        made.contents.save()
        return found

    return reader


def test_a_file_is_known_by_its_git_object_committed_or_not(history: Any, read: Any) -> None:
    history.write("data/new.csv", "a\n1\n")
    untracked = read("data/new.csv")
    commit = history.commit()
    known = history.git("rev-parse", f"{commit}:data/new.csv")
    assert untracked.digest == read("data/new.csv").digest == read("data/new.csv", commit).digest == f"git:{known}"


def test_a_repository_of_sha256_objects(tmp_path: Path, history: Any) -> None:
    history.folder = tmp_path / "other"
    history.folder.mkdir()
    history.git("init", "-q", "--object-format=sha256")
    history.write("code.py", "")
    history.write("a.csv", "a\n1\n")
    history.git("add", "code.py")
    history.git("commit", "-qm", "One")
    history.git("add", "a.csv")
    tree = Repository.find(history.folder).tree()
    reader = DataReader(tree, Surroundings(history.folder))
    history.write("b.csv", "a\n1\n")
    assert len(reader[FileEntry("a.csv")].digest) == len("git:") + 64
    again = DataReader(Repository.find(history.folder).tree(), Surroundings(history.folder))
    assert again[FileEntry("b.csv")].digest == reader[FileEntry("a.csv")].digest


def test_a_touched_file_is_no_change(history: Any, read: Any) -> None:
    before = read("data/train.csv").digest
    os.utime(history.folder / "data/train.csv")
    assert read("data/train.csv").digest == before


def test_clean_tracked_files_are_never_hashed(history: Any, read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("hashed what git knows")

    monkeypatch.setattr(Contents, "digests", lambda self, paths, kind: {path: refuse() for path in paths})
    read("data/train.csv")
    read("data")
    read("data/*.csv")


def test_a_folder_is_its_files_by_name(history: Any, read: Any) -> None:
    history.write("parts/a.csv", "1")
    history.write("parts/b.csv", "2")
    first = history.commit()
    before = read("parts")
    assert before == read("parts", first)
    (history.folder / "parts/b.csv").rename(history.folder / "parts/c.csv")
    renamed = read("parts")
    history.write("parts/c.csv", "3")
    assert len({before.digest, renamed.digest, read("parts").digest}) == 3
    assert sorted(before.files) == ["parts/a.csv", "parts/b.csv"]


def test_a_glob_takes_what_it_matches(history: Any, read: Any) -> None:
    history.write("parts/a.csv", "1")
    history.write("parts/notes.txt", "2")
    before = read("parts/*.csv")
    history.write("parts/notes.txt", "3")
    assert read("parts/*.csv") == before
    history.write("parts/b.csv", "1")
    assert read("parts/*.csv").digest != before.digest


def test_ignored_data_count_by_their_content_and_say_so_for_a_commit(history: Any, read: Any) -> None:
    history.write(".gitignore", "big/\n")
    commit = history.commit()
    history.write("big/rows.csv", "a\n1\n")
    here, then = read("big/rows.csv"), read("big/rows.csv", commit)
    assert here.digest == then.digest
    assert here.warnings == ()
    assert then.warnings == (
        f"big/rows.csv is not kept under version {commit[:7]}: today's content on disk is taken for what it was then",
    )
    history.write("big/rows.csv", "a\n2\n")
    assert read("big/rows.csv").digest != here.digest
    assert read("big").digest == read("big", commit).digest


def test_a_missing_file_is_named_with_the_next_step(history: Any, read: Any) -> None:
    with pytest.raises(UserError) as here:
        read("data/gone.csv")
    assert here.value.message == "data/gone.csv does not exist"
    assert "ml-ci.yaml" in here.value.hint
    commit = history.commit()
    with pytest.raises(UserError) as then:
        read("data/gone.csv", commit)
    assert then.value.message == f"data/gone.csv is neither in commit {commit[:7]} nor on this machine"
    assert "fetch:" in then.value.hint


def test_a_link_is_followed_to_its_content(history: Any, read: Any) -> None:
    place = history.write("kept/elsewhere.csv", "1")
    (history.folder / "linked.csv").symlink_to("kept/elsewhere.csv")
    history.commit()
    before = read("linked.csv").digest
    place.write_text("2")
    assert read("linked.csv").digest != before


@pytest.mark.parametrize(
    ("link", "to", "path"),
    [
        ("linked.csv", "{out}/a.csv", "linked.csv"),
        ("linked.csv", "../{name}/a.csv", "linked.csv"),
        ("data/linked.csv", "{out}/a.csv", "data"),
        ("data/linked.csv", "{out}/a.csv", "data/*.csv"),
        ("linked", "{out}", "linked/a.csv"),
        ("linked", "{out}", "linked"),
        ("linked.csv", "/etc/passwd", "./linked.csv"),
    ],
)
def test_a_committed_link_out_of_the_repository_is_refused(
    history: Any, read: Any, tmp_path: Path, link: str, to: str, path: str
) -> None:
    out = tmp_path / "out-of-it"
    out.mkdir()
    (out / "a.csv").write_text("x\n1\n")
    at = history.folder / link
    at.parent.mkdir(exist_ok=True)
    at.symlink_to(to.format(out=out, name=os.path.relpath(out, history.folder.parent)))
    history.commit()
    with pytest.raises(UserError, match="is a link out of the repository, to /") as caught:
        read(path)
    assert caught.value.message.startswith(f"{link} is a link")
    assert "Commit the file itself" in caught.value.hint


def test_an_ignored_link_is_the_set_up_of_a_machine(history: Any, read: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1")
    history.write(".gitignore", "linked.csv\n")
    (history.folder / "linked.csv").symlink_to(tmp_path / "a.csv")
    history.commit()
    assert read("linked.csv").present


# DVC -----------------------------------------------------------------------------------------------------------------


def test_a_pointer_stands_for_its_data_present_or_not(history: Any, read: Any) -> None:
    history.write(".gitignore", "/data/big.csv\n")
    history.write("data/big.csv.dvc", dvc("big.csv", b"a\n1\n"))
    commit = history.commit()
    absent = read("data/big.csv")
    assert (absent.digest, absent.present) == (f"md5:{md5(b'a' + bytes([10]) + b'1' + bytes([10]))}", False)
    history.write("data/big.csv", "a\n1\n")
    here = read("data/big.csv")
    assert (here.digest, here.present, here.warnings) == (absent.digest, True, ())
    assert read("data/big.csv", commit).digest == absent.digest


def test_a_rewritten_pointer_of_the_same_data_is_no_change(history: Any, read: Any) -> None:
    history.write("data/big.csv.dvc", dvc("big.csv", b"a\n1\n"))
    before = read("data/big.csv")
    history.write("data/big.csv.dvc", "# by hand\n" + dvc("big.csv", b"a\n1\n", size=None) + "\n")
    assert read("data/big.csv").digest == before.digest


def test_a_stale_pointer_gives_way_to_the_data(history: Any, read: Any) -> None:
    history.write(".gitignore", "/data/big.csv\n")
    history.write("data/big.csv.dvc", dvc("big.csv", b"a\n1\n"))
    history.write("data/big.csv", "a\n2\n")
    found = read("data/big.csv")
    assert found.digest == f"md5:{md5(b'a%c2%c' % (10, 10))}"
    assert found.warnings == (
        "data/big.csv differs from data/big.csv.dvc: the data on disk count. Run `dvc add data/big.csv`",
    )


def test_a_pointer_of_dvc_2_ignores_line_ends(history: Any, read: Any) -> None:
    history.write(".gitignore", "/data/big.csv\n")
    history.write("data/big.csv.dvc", dvc("big.csv", b"a\n1\n", hash=None))
    history.write("data/big.csv", "a\r\n1\r\n")
    assert read("data/big.csv").warnings == ()


def folder_md5(files: dict[str, bytes]) -> str:
    listed = [{"md5": md5(content), "relpath": name} for name, content in sorted(files.items())]
    return md5(json.dumps(listed, sort_keys=True).encode()) + ".dir"


def test_a_folder_under_dvc(history: Any, read: Any) -> None:
    files = {"a.csv": b"1", "sub/b.csv": b"2"}
    pointer = {"outs": [{"path": "images", "md5": folder_md5(files), "nfiles": 2, "hash": "md5"}]}
    history.write(".gitignore", "/images\n")
    history.write("images.dvc", json.dumps(pointer))
    absent = read("images")
    for name, content in files.items():
        history.write(f"images/{name}", content)
    here = read("images")
    assert (absent.digest, absent.present, here.digest, here.warnings) == (here.digest, False, absent.digest, ())
    inside = read("images/a.csv")
    history.write("images/a.csv", "3")
    assert "differs from images.dvc" in read("images").warnings[0]
    assert read("images/a.csv").digest != inside.digest


def test_one_file_of_a_folder_is_known_by_dvcs_cache(history: Any, read: Any) -> None:
    files = {"a.csv": b"1", "b.csv": b"2"}
    known = folder_md5(files)
    history.write("images.dvc", json.dumps({"outs": [{"path": "images", "md5": known, "hash": "md5"}]}))
    listed = [{"md5": md5(content), "relpath": name} for name, content in files.items()]
    history.write(f".dvc/cache/files/md5/{known[:2]}/{known[2:]}", json.dumps(listed))
    assert read("images/b.csv").digest == f"md5:{md5(b'2')}"


def test_an_output_in_dvc_lock(history: Any, read: Any) -> None:
    out = {"path": "data/clean.csv", "hash": "md5", "md5": "a" * 32, "size": 3}
    lock = {"schema": "2.0", "stages": {"clean": {"cmd": "x", "deps": [], "outs": [out]}}}
    history.write("dvc.lock", json.dumps(lock))
    assert read("data/clean.csv").digest == f"md5:{'a' * 32}"


@pytest.mark.parametrize(
    ("out", "expected"),
    [
        ({"path": "x.csv", "etag": "abc"}, "etag:abc"),
        ({"path": "x.csv", "version_id": "v1", "etag": "abc"}, "version:v1"),
        ({"path": "x.csv", "checksum": "c"}, "checksum:c"),
    ],
)
def test_data_in_the_cloud_count_by_what_the_pointer_says(history: Any, read: Any, out: Any, expected: str) -> None:
    history.write("x.csv.dvc", json.dumps({"outs": [out]}))
    assert read("x.csv").digest == expected


def test_pointers_inside_a_folder_stand_for_their_data(history: Any, read: Any) -> None:
    history.write("data/.gitignore", "/big.csv\n")
    history.write("data/big.csv.dvc", dvc("big.csv", b"1"))
    commit = history.commit()
    absent = read("data")
    history.write("data/big.csv", "1")
    assert absent.digest == read("data").digest == read("data", commit).digest
    assert not absent.present


def test_a_damaged_pointer_is_named(history: Any, read: Any) -> None:
    history.write("data/big.csv.dvc", "outs: [")
    with pytest.raises(UserError, match=r"data/big\.csv\.dvc is no DVC file"):
        read("data/big.csv")


# Git LFS -------------------------------------------------------------------------------------------------------------


def test_data_under_lfs_are_known_by_their_pointer(history: Any, read: Any) -> None:
    content = b"a\n" + b"1\n" * 600
    history.write(".gitattributes", "*.big filter=lfs diff=lfs merge=lfs -text\nkept.big !filter\n")
    history.git("config", "filter.lfs.clean", "cat")  # what is committed here is the pointer's text
    history.git("config", "filter.lfs.smudge", "cat")
    history.write("x.big", LFS.format(hashlib.sha256(content).hexdigest(), len(content)))
    commit = history.commit()
    pointer = read("x.big", commit)
    history.write("x.big", content)
    fetched = read("x.big")
    assert fetched.digest == pointer.digest and fetched.present
    history.write("x.big", content + b"2\n")
    assert read("x.big").digest != pointer.digest
    history.write("kept.big", content)
    assert read("kept.big").digest != fetched.digest


def test_an_lfs_pointer_whose_content_was_not_fetched_is_absent(history: Any, read: Any) -> None:
    history.write("x.big", LFS.format("a" * 64, 5000))
    history.commit()
    assert not read("x.big").present


# Remote --------------------------------------------------------------------------------------------------------------


def test_a_url_is_asked_for(read: Any) -> None:
    assert read("s3://bucket/x.csv", remote=lambda url: f"etag of {url}").digest == "remote:etag of s3://bucket/x.csv"


def test_a_url_through_fsspec(read: Any, tmp_path: Path) -> None:
    place = tmp_path / "x.csv"
    place.write_text("1")
    before = read(f"file://{place}").digest
    assert read(f"file://{place}").digest == before
    os.utime(place, (1, 1))
    assert read(f"file://{place}").digest != before
    with pytest.raises(UserError, match="cannot be looked at"):
        read(f"file://{place}.gone")


def test_a_url_without_its_file_system_names_the_extra(read: Any) -> None:
    with pytest.raises(UserError) as caught:
        read("nowhere7://x/y.csv")
    assert caught.value.hint


# The stat cache ------------------------------------------------------------------------------------------------------


def old(path: Path) -> None:
    """Wait until a file is no longer one that was written a moment ago."""
    os.utime(path, ns=(1_000_000_001, 1_000_000_001))
    time.sleep(0.08)


def test_a_known_file_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "x"
    place.write_text("1")
    old(place)
    first = Contents(tmp_path / "state")
    known = first.digest(place, "sha1")
    first.save()
    monkeypatch.setattr("ml_ci.changes.content._hash", None)
    assert Contents(tmp_path / "state").digest(place, "sha1") == known


def test_a_file_of_the_same_size_and_time_is_read_again(tmp_path: Path) -> None:
    place = tmp_path / "x"
    place.write_text("1")
    old(place)
    contents = Contents(tmp_path / "state")
    known = contents.digest(place, "sha1")
    place.write_text("2")
    old(place)
    assert contents.digest(place, "sha1") != known


def test_a_file_written_a_moment_ago_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "x"
    place.write_text("1")
    monkeypatch.setattr("time.time_ns", lambda: place.stat().st_ctime_ns)  # a busy machine makes moments long
    contents = Contents(tmp_path / "state")
    contents.digest(place, "sha1")
    contents.save()
    assert not (tmp_path / "state" / "cache" / "contents.json").exists()


def test_many_files_are_hashed_as_one_by_one(tmp_path: Path) -> None:
    places = [tmp_path / f"{n}" for n in range(12)]
    for place in places:
        place.write_text(place.name * (1_200_000 if place.name > "7" else 1000))
    contents = Contents(None)
    assert contents.digests(map(str, places), "sha1") == {str(one): contents.digest(one, "sha1") for one in places}


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        Contents(None).digest(tmp_path / "gone", "sha1")
