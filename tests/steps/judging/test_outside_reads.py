"""However much jobs read outside of the repository, a report has one note of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ml_ci.steps.judging import outside_reads

Notes = Callable[[Sequence[str]], list[str]]


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> Notes:
    """Give the notes of a run whose one job was seen to read these places."""

    def give(places: Sequence[str]) -> list[str]:
        monkeypatch.setattr(outside_reads, "_stages", lambda project, sides: [(None, "train", "m")])
        monkeypatch.setattr(outside_reads, "find_reads", lambda *asked: SimpleNamespace(outside=tuple(places)))
        given: Any = None
        return list(outside_reads.note_outside_reads(given, given))

    return give


@pytest.mark.parametrize(
    ("places", "told"),
    [
        (["/d/a.csv"], "A job read /d/a.csv, outside of the repository: a change of it is not seen"),
        (["/d/a.csv", "/d/b.csv"], "A job read /d/, outside of the repository: a change of it is not seen"),
        (["/d/a.csv", "/e/b.csv"], "A job read /d/a.csv and /e/b.csv, outside of the repository: a change of them is"),
        (["/a/x", "/b/x", "/c/x"], "A job read /a/x, /b/x and /c/x, outside of the repository: a change of them is"),
        (
            [f"/data/{folder}/part-{part}.csv" for folder in "abcdefgh" for part in range(99)],
            "A job read /data/a/, /data/b/, /data/c/ and 5 more (`ml-ci records show` of the training names them), "
            "outside of the repository: a change of them is not seen",
        ),
    ],
)
def test_there_is_one_note(places: list[str], told: str, notes: Notes) -> None:
    (note,) = notes(places)
    assert note.startswith(told) and note.endswith("under `data:`.") and len(note) < 400


def test_a_folder_that_was_listed_holds_its_files(tmp_path: Path, notes: Notes) -> None:
    (note,) = notes([str(tmp_path), str(tmp_path / "a.csv")])
    assert note.startswith(f"A job read {tmp_path}/, outside")


def test_nothing_is_said_where_nothing_was_read(notes: Notes) -> None:
    assert notes([]) == []
