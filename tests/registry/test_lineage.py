"""`ml-ci lineage` on a registry, in each of its forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ml_ci.cli.main import call


@pytest.fixture
def there(first: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(first.path)
    return first


def test_the_picture_of_a_version_is_a_file_of_its_own(there: Any, tmp_path: Path) -> None:
    assert call(["lineage", "cutter@1", "--format", "svg", "--output", str(tmp_path / "lineage.svg")]) == 0
    texts = ["".join(node.itertext()) for node in ElementTree.parse(tmp_path / "lineage.svg").iter()]
    for expected in ("cutter v1", "data/train.csv", "verdict: pass", "by Ada", "champion, now"):
        assert any(text.endswith(expected) for text in texts), expected


@pytest.mark.parametrize(
    ("arguments", "begins"),
    [
        ([], "cutter v1  (champion)\n  commit "),
        (["--format", "text"], "cutter v1  (champion)\n"),
        (["--format", "svg"], "<?xml version="),
        (["--format", "mermaid"], "flowchart LR\n"),
        (["--mermaid"], "flowchart LR\n"),
    ],
)
def test_each_form_goes_to_standard_output(
    there: Any, capsys: pytest.CaptureFixture[str], arguments: list[str], begins: str
) -> None:
    assert call(["lineage", "cutter", *arguments]) == 0
    said = capsys.readouterr().out
    assert said.startswith(begins) and said.endswith("\n")


@pytest.mark.parametrize("arguments", [["--json"], ["--format", "json"]])
def test_json_is_json_and_nothing_else(there: Any, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert call(["lineage", "cutter", *arguments]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["format"], said["version"], said["aliases"]) == (1, "1", ["champion"])


@pytest.mark.parametrize(
    ("name", "begins"),
    [("it.svg", "<?xml version="), ("it.json", "{"), ("it.mmd", "flowchart LR\n"), ("it.txt", "cutter v1")],
)
def test_the_ending_of_the_file_says_the_form(
    there: Any, tmp_path: Path, name: str, begins: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["lineage", "cutter", "--out", str(tmp_path / name)]) == 0
    assert capsys.readouterr().out == f"wrote {tmp_path / name}\n"
    assert (tmp_path / name).read_text().startswith(begins)


def test_a_form_that_is_asked_for_goes_before_the_ending(there: Any, tmp_path: Path) -> None:
    assert call(["lineage", "cutter", "--format", "text", "--out", str(tmp_path / "it.svg")]) == 0
    assert (tmp_path / "it.svg").read_text().startswith("cutter v1")


def test_a_folder_that_is_not_there_is_a_mistake(there: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["lineage", "cutter", "--output", "nowhere/lineage.svg"]) == 2
    assert "there is no folder nowhere" in capsys.readouterr().err
