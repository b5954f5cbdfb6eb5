"""Two models are the same where every file of theirs is the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_ci.steps.promotion.offer_files import digest_files


def folder(at: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).write_text(text)
    return at


def test_the_same_files_have_one_digest_wherever_they_lie(tmp_path: Path) -> None:
    files = {"weights/a.bin": "1", "vocabulary.txt": "words"}
    assert digest_files(folder(tmp_path / "one", files)) == digest_files(folder(tmp_path / "two", files))


@pytest.mark.parametrize(
    "files",
    [
        {"weights/a.bin": "2", "vocabulary.txt": "words"},
        {"weights/b.bin": "1", "vocabulary.txt": "words"},
        {"other/a.bin": "1", "vocabulary.txt": "words"},
        {"weights/a.bin": "1"},
    ],
    ids=["content", "name", "folder", "missing"],
)
def test_any_difference_is_another_model(tmp_path: Path, files: dict[str, str]) -> None:
    own = folder(tmp_path / "one", {"weights/a.bin": "1", "vocabulary.txt": "words"})
    assert digest_files(own) != digest_files(folder(tmp_path / "two", files))


def test_no_model_has_no_digest() -> None:
    assert digest_files(None) == ""
