"""The repository from its top: the same file has the same id on disk and in a commit, wherever it lies."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from ml_ci.changes.whole import Whole
from ml_ci.repository.repository import Repository

FILES = {
    "proj/ml-ci.yaml": "version: 1\n",
    "proj/inside.json": "1\n",
    "common/shared.py": "CUT = 0.5\n",
    "common/deep/words.txt": "a\nb\n",
    "common/ünï cöde.txt": "u\n",
    ".gitignore": "*.log\n",
}


@pytest.fixture
def mono(repository: Any) -> Any:
    repository.commit(FILES)
    return repository


def sides(mono: Any, project: str = "proj") -> tuple[Whole, Whole]:
    """Give the whole repository as it is on disk and as HEAD has it."""
    found = Repository.find(mono.path / project)
    return Whole(found, found.tree(), None), Whole(found, found.tree(found.head() or ""), None)


@pytest.mark.parametrize("path", [path for path in FILES if path != ".gitignore"])
def test_a_clean_file_is_the_same_on_disk_and_in_the_commit(mono: Any, path: str) -> None:
    disk, commit = sides(mono)
    known = disk.ids([path])
    assert known == commit.ids([path])
    assert known == {path: mono.git("rev-parse", f"HEAD:{path}")}
    assert disk.read(path) == commit.read(path) == FILES[path].encode()


@pytest.mark.parametrize("path", ["proj/inside.json", "common/shared.py", "common/ünï cöde.txt"])
def test_an_edit_is_seen_on_disk_only(mono: Any, path: str) -> None:
    mono.write({path: "other\n"})
    disk, commit = sides(mono)
    assert disk.ids([path])[path] == mono.git("hash-object", path)
    assert commit.ids([path])[path] == mono.git("rev-parse", f"HEAD:{path}")
    assert commit.read(path) == FILES[path].encode()


@pytest.mark.parametrize("path", ["proj/new.json", "common/new.py", "common/deep/new.txt", "new.txt"])
def test_a_new_file_is_there_and_an_ignored_one_is_not(mono: Any, path: str) -> None:
    mono.write({path: "x\n", f"{path}.log": "x\n"})
    disk, commit = sides(mono)
    assert set(disk.ids([path, f"{path}.log"])) == {path}
    assert commit.ids([path, f"{path}.log"]) == {}


@pytest.mark.parametrize("path", ["proj/inside.json", "common/shared.py"])
def test_a_file_that_was_removed_is_not_there(mono: Any, path: str) -> None:
    (mono.path / path).unlink()
    disk, commit = sides(mono)
    assert disk.ids([path]) == {}
    assert set(commit.ids([path])) == {path}


@pytest.mark.parametrize(
    "path", ["proj", "common", "common/deep", "nowhere/x", ".git/HEAD", "proj/inside.json/x", "a\nb"]
)
def test_what_is_no_file_has_no_id(mono: Any, path: str) -> None:
    for side in sides(mono):
        assert side.ids([path]) == {}


@pytest.mark.parametrize(
    ("folder", "names"),
    [
        ("", {"proj", "common", ".gitignore"}),
        ("proj", {"ml-ci.yaml", "inside.json"}),
        ("common", {"shared.py", "deep", "ünï cöde.txt"}),
        ("common/deep", {"words.txt"}),
        ("nowhere", set()),
    ],
)
def test_a_folder_has_the_same_names_on_disk_and_in_the_commit(mono: Any, folder: str, names: set[str]) -> None:
    (mono.path / "common" / "empty").mkdir()
    mono.write({"x.log": "", "common/x.log": ""})
    for side in sides(mono):
        assert side.names(folder) == names


def test_line_ends_that_git_converts_are_no_edit(mono: Any) -> None:
    mono.commit({".gitattributes": "*.txt text eol=crlf\n"})
    (mono.path / "common/deep/words.txt").write_bytes(b"a\r\nb\r\n")
    disk, commit = sides(mono)
    path = "common/deep/words.txt"
    assert disk.ids([path]) == commit.ids([path])


def test_a_link_stands_for_what_it_leads_to(mono: Any) -> None:
    (mono.path / "common" / "link.py").symlink_to("shared.py")
    (mono.path / "proj" / "common").symlink_to("../common")
    (mono.path / "common" / "lost.py").symlink_to("nowhere.py")
    mono.commit()
    mono.write({"common/shared.py": "CUT = 0.9\n"})
    disk, commit = sides(mono)
    paths = ["common/link.py", "proj/common/shared.py", "common/shared.py", "common/lost.py"]
    assert set(disk.ids(paths).values()) == {mono.git("hash-object", "common/shared.py")}
    assert set(commit.ids(paths).values()) == {mono.git("rev-parse", "HEAD:common/shared.py")}
    assert set(disk.ids(paths)) == set(commit.ids(paths)) == set(paths[:3])


def test_a_file_that_a_sparse_checkout_leaves_out_is_as_the_index_has_it(mono: Any) -> None:
    mono.git("sparse-checkout", "set", "--no-cone", "/proj/", "/.gitignore")
    assert not (mono.path / "common").exists()
    disk, commit = sides(mono)
    assert disk.ids(["common/shared.py"]) == commit.ids(["common/shared.py"]) != {}


@pytest.fixture
def with_submodule(make_repository: Callable[[str], Any]) -> Any:
    library = make_repository("library")
    library.commit({"feat.py": "CUT = 0.5\n", "docs/a.md": "a\n"})
    whole = make_repository("whole")
    whole.commit({"ml-ci.yaml": "version: 1\n", "proj/ml-ci.yaml": "version: 1\n"})
    whole.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library.path), "vendor")
    whole.commit()
    return whole


@pytest.mark.parametrize("project", [".", "proj"])
def test_a_file_of_a_submodule_is_the_commits_that_the_tree_names(with_submodule: Any, project: str) -> None:
    first = with_submodule.git("-C", "vendor", "rev-parse", "HEAD:feat.py")
    disk, commit = sides(with_submodule, project)
    assert disk.ids(["vendor/feat.py"]) == commit.ids(["vendor/feat.py"]) == {"vendor/feat.py": first}
    assert disk.names("vendor") == {"feat.py", "docs"}
    with_submodule.write({"vendor/feat.py": "CUT = 0.9\n"})
    with_submodule.git("-C", "vendor", "commit", "-qam", "bump")
    second = with_submodule.git("-C", "vendor", "rev-parse", "HEAD:feat.py")
    for _ in range(2):  # checked out, then staged
        disk, commit = sides(with_submodule, project)
        assert disk.ids(["vendor/feat.py"]) == {"vendor/feat.py": second}
        assert commit.ids(["vendor/feat.py"]) == {"vendor/feat.py": first}
        assert disk.read("vendor/feat.py") == b"CUT = 0.9\n"
        assert commit.read("vendor/feat.py") == b"CUT = 0.5\n"
        with_submodule.git("add", "vendor")
    with_submodule.git("commit", "-qm", "bump")
    assert sides(with_submodule, project)[1].ids(["vendor/feat.py"]) == {"vendor/feat.py": second}


def test_where_a_submodules_files_are_not_here_its_commit_stands_for_them(with_submodule: Any) -> None:
    head = with_submodule.git("-C", "vendor", "rev-parse", "HEAD")
    with_submodule.git("submodule", "--quiet", "deinit", "-f", "vendor")
    disk, commit = sides(with_submodule)
    assert commit.ids(["vendor/feat.py"]) == {"vendor/feat.py": f"submodule:{head}"}
    assert disk.ids(["vendor/feat.py"]) == {}


def test_everything_is_the_same_on_a_clean_disk_and_in_the_commit(with_submodule: Any) -> None:
    disk, commit = sides(with_submodule, "proj")
    before = commit.everything()
    assert disk.everything() == before
    assert set(before) == {"ml-ci.yaml", "proj/ml-ci.yaml", ".gitmodules", "vendor"}
    with_submodule.write({"vendor/feat.py": "CUT = 0.9\n", "new.txt": "x"})
    after = sides(with_submodule, "proj")[0].everything()
    assert {path for path in after if after[path] != before.get(path)} == {"vendor", "new.txt"}


def test_nothing_is_asked_of_git_for_what_lies_in_the_project(mono: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for side in sides(mono):
        side.tree.files()
        with monkeypatch.context() as patch:
            patch.setattr(subprocess, "Popen", None)
            assert set(side.ids(["proj/inside.json", "proj/no.json"])) == {"proj/inside.json"}
            assert side.names("proj") == {"ml-ci.yaml", "inside.json"}
