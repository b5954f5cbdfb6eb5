"""Files that cannot be written are named before any work is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_ci.cli.files import check
from ml_ci.cli.main import call
from ml_ci.errors import UserError

WRONG = {
    "an ending": ("report.pdf", "what to write is told by the ending", "Name a .md or a .json file."),
    "no ending": ("report", "what to write is told by the ending", "Name a .md or a .json file."),
    "a folder": ("folder.md", "this is a folder", "Name a file in it."),
    "below no folder": ("nowhere/report.md", "there is no folder nowhere", "Make it first."),
    "below a file": ("file.md/report.md", "there is no folder file.md", "Make it first."),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_written(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.md").mkdir()
    Path("file.md").touch()
    name, said, hint = WRONG[case]
    with pytest.raises(UserError) as told:
        check("--report", name, (".md", ".json"))
    assert told.value.message == f"--report {name}: {said}"
    assert told.value.hint == hint


def test_what_can_be_written(tmp_path: Path) -> None:
    check("--output", tmp_path / "new.svg")
    (tmp_path / "old.md").write_text("earlier")
    check("--report", tmp_path / "old.md", (".md", ".json"))
    assert (tmp_path / "old.md").read_text() == "earlier"


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--report", "folder.md"),
        ("explain", "--report", "folder.md"),
        ("card", "churn", "--output", "folder.md"),
        ("card", "churn", "--out", "folder.md"),
        ("lineage", "churn", "--output", "folder.md"),
    ],
)
def test_every_command_says_so_before_it_looks_for_a_project(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.md").mkdir()
    assert call(arguments) == 2
    assert "folder.md: this is a folder\nName a file in it." in capsys.readouterr().err
