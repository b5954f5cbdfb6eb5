"""What one job judged, another promotes: what goes between them is of this run, whole, and lands in the store only."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.records import record as records
from ml_ci.steps.promotion.handover import hand_over, take_over
from ml_ci.steps.values import Options


@pytest.fixture(scope="session")
def _packed(judged: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pack what one clone judged."""
    folder = tmp_path_factory.mktemp("packed")
    code, out, err = judged.run("records", "pack", str(folder / "ml-ci-records"))
    assert (code, out.split(" packed")[0]) == (0, "3 records"), err
    return folder


@pytest.fixture
def packed(ran: Any, _packed: Path, tmp_path: Path) -> Path:
    """Give what one clone packed; `tiny` is the next job's clone, with the report and no record."""
    shutil.rmtree(ran.store / "records")
    return shutil.copytree(_packed, tmp_path / "packed")


def archives(packed: Path) -> dict[str, Path]:
    """Give the archives by kind."""
    return {path.parent.name: path for path in packed.rglob("*.tar")}


def test_what_was_packed_is_taken_and_nothing_is_trained_again(tiny: Any, packed: Path) -> None:
    assert set(archives(packed)) == {"trainings", "predictions", "verdicts"}
    (packed / "another-leg").mkdir()
    shutil.copytree(packed / "ml-ci-records" / "trainings", packed / "another-leg" / "trainings")
    before = tiny.trainings
    code, out, err = tiny.run("records", "unpack", str(packed))
    assert (code, out) == (0, f"3 records taken from {packed}\n"), err
    code, out, err = tiny.run("run", "--json")
    assert code == 0, err
    assert json.loads(out)["models"]["tiny"]["action"] == "reuse"
    assert tiny.trainings == before


@pytest.mark.usefixtures("ran")
def test_what_did_not_pass_is_not_packed(tiny: Any, tmp_path: Path) -> None:
    report = tiny.store / "report.json"
    report.write_text(report.read_text().replace('"verdict": "pass"', '"verdict": "inconclusive"'))
    assert hand_over(Options(start=tiny.folder), tmp_path / "packed") == 0
    assert not (tmp_path / "packed").exists()


def test_without_a_report_nothing_is_packed_and_nothing_taken(tiny: Any, tmp_path: Path) -> None:
    for verb in ("pack", "unpack"):
        code, _, err = tiny.run("records", verb, str(tmp_path))
        assert code == 2
        assert "nothing was judged here yet: there is no .ml_ci/report.json" in err


@pytest.mark.parametrize("kind", ["trainings", "verdicts"])
def test_what_is_missing_is_named(tiny: Any, packed: Path, kind: str) -> None:
    archives(packed)[kind].unlink()
    taken = take_over(Options(start=tiny.folder), packed)
    assert (taken.records, taken.refused) == (2, ())
    assert taken.missing == {"tiny": f"of `tiny` no record of the {kind[:-1]} arrived"}


def test_all_that_is_missing_is_one_sentence_and_an_error(tiny: Any, packed: Path) -> None:
    shutil.rmtree(packed / "ml-ci-records")
    code, out, err = tiny.run("records", "unpack", str(packed))
    assert (code, out) == (2, f"0 records taken from {packed}\n")
    assert err == "refused: of `tiny` no record of the training and verdict arrived\n"
    code, out, _ = tiny.run("records", "unpack", "--json", str(packed))
    missing = {"tiny": "of `tiny` no record of the training and verdict arrived"}
    assert (code, json.loads(out)) == (2, {"format": 1, "records": 0, "refused": [], "missing": missing})


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 3])


def _bit(file: Path) -> None:
    content = file.read_bytes()
    at = content.rindex(b"score")
    file.write_bytes(content[:at] + b"SCORE" + content[at + 5 :])


def _more(file: Path) -> None:
    with tarfile.open(file, "a") as archive:
        member = tarfile.TarInfo("../../../stolen")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"evil"))


def _link(file: Path) -> None:
    target = file.with_name("target")
    file.rename(target)
    file.symlink_to(target)


def _device(file: Path) -> None:
    with tarfile.open(file, "a") as archive:
        member = tarfile.TarInfo("model")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)


def _no_archive(file: Path) -> None:
    file.write_bytes(b"x" * 100_000)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_cut, "it is no archive of a record"),
        (_bit, "is not as it was written"),
        (_more, "it holds '../../../stolen', which record.json does not name so"),
        (_link, "it is no archive of a record"),
        (_device, "it holds 'model', which record.json does not name so"),
        (_no_archive, "it is no archive of a record"),
    ],
)
def test_what_is_damaged_is_refused_by_name(tiny: Any, packed: Path, harm: Callable[[Path], None], said: str) -> None:
    file = archives(packed)["trainings"]
    harm(file)
    code, out, err = tiny.run("records", "unpack", str(packed))
    assert (code, out) == (2, f"2 records taken from {packed}\n")
    assert f"refused: ml-ci-records/trainings/{file.name}: " in err and said in err
    assert "of `tiny` no record of the training arrived" in err
    assert not (tiny.store / "records" / "trainings").exists()
    assert not any(path.name == "stolen" for path in tiny.folder.parent.rglob("*"))


def _foreign(packed: Path, kind: str, key: str, content: dict[str, Any]) -> None:
    """Put a record of somebody else's making, whole and sealed, beside the others."""
    folder = packed.parent / "foreign"
    folder.mkdir()
    records.write(folder, kind, key, content)
    from ml_ci.records.archive import pack

    file = packed / "ml-ci-records" / kind / f"{key}.tar"
    file.parent.mkdir(exist_ok=True)
    with file.open("wb") as out:
        pack(folder, kind, key, out)


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("trainings", {}, "it belongs to no model that passed in this run"),
        ("verdicts", {"model": "tiny", "training": "ab" * 32}, "it belongs to no model that passed in this run"),
        ("verdicts", {"model": "tiny"}, "it belongs to no model that passed in this run"),
        ("predictions", {"training": ["x"]}, "it belongs to no model that passed in this run"),
        ("comparisons", {}, "it is no archive of a record"),
    ],
)
def test_what_is_of_another_run_is_refused(
    tiny: Any, packed: Path, kind: str, content: dict[str, Any], said: str
) -> None:
    _foreign(packed, kind, "cd" * 32, content)
    taken = take_over(Options(start=tiny.folder), packed)
    assert (taken.records, taken.refused) == (3, (f"ml-ci-records/{kind}/{'cd' * 32}.tar: {said}",))
    assert not (tiny.store / "records" / kind / "cd" / ("cd" * 32)).exists()


def test_a_file_that_is_no_archive_is_refused_whatever_its_name(tiny: Any, packed: Path) -> None:
    (packed / "a\n::set-output name=x::y").write_text("words")
    taken = take_over(Options(start=tiny.folder), packed)
    assert taken.refused == ("a ::set-output name=x::y: it is no archive of a record",)


def test_a_report_that_names_no_key_hands_nothing_over(tiny: Any, packed: Path) -> None:
    report = tiny.store / "report.json"
    text = report.read_text()
    key = json.loads(text)["models"]["tiny"]["candidate"]["record"]
    report.write_text(text.replace(key, "../../../outside"))
    assert hand_over(Options(start=tiny.folder), packed / "again") == 0
    assert take_over(Options(start=tiny.folder), packed).records == 0
