"""What a job left is known by its content."""

from __future__ import annotations

from pathlib import Path

from ml_ci.training.outputs import digest_outputs


def _write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        at = folder / name.replace("__", "/")
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_text(text)
    return folder


def test_equal_content_is_the_same_wherever_it_lies(tmp_path: Path) -> None:
    one, other = (_write(tmp_path / name, a="1", made__b="2", made__sub__c="3") for name in ("one", "other"))
    declared = ("{out}/a", "./made")
    assert digest_outputs(one, declared) == digest_outputs(other, declared)
    assert set(digest_outputs(one, declared)) == {"a", "made"}


def test_each_path_has_its_own_digest_and_a_folder_that_of_all_in_it(tmp_path: Path) -> None:
    folders = [{"made__b": "2"}, {"made__b": "3"}, {"made__c": "2"}, {"made__b": "2", "made__c": ""}]
    folders.append({"made__sub__b": "2"})
    found = [
        digest_outputs(_write(tmp_path / str(number), a="1", **files), ("a", "made"))
        for number, files in enumerate(folders)
    ]
    assert len({one["a"] for one in found}) == 1
    assert len({one["made"] for one in found}) == len(found)
