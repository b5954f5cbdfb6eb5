from __future__ import annotations

from typing import Any

import pytest

from ml_ci.changes.describe import describe
from ml_ci.changes.settle import settle
from ml_ci.spec.values import CommandJob, FileEntry

SAID = "bytes changed, no value did: nothing to train again"


def train_part(snapshot: Any) -> str:
    return str(snapshot.fingerprint.parts["data.train"])


def spaced(text: str) -> str:
    return text.replace(",", ", ")


def quoted(text: str) -> str:
    return "\n".join(",".join(f'"{field}"' for field in line.split(",")) for line in text.splitlines()) + "\n"


@pytest.mark.parametrize(
    "edit", [spaced, quoted, lambda text: text.replace(",", "\t"), lambda text: text.replace("\n", "\r\n")]
)
@pytest.mark.parametrize("commit", [True, False])
def test_a_table_written_differently_does_not_train_a_function(history: Any, edit: Any, commit: bool) -> None:
    base = history.git("rev-parse", "HEAD")
    text = (history.folder / "data/train.csv").read_text()
    history.write("data/train.csv", edit(text))
    head = history.commit() if commit else None
    old, new = history.snapshot(base), history.snapshot(head)
    assert old.fingerprint.training != new.fingerprint.training
    settled = settle(old, new)
    assert settled.fingerprint.training == old.fingerprint.training
    assert [(change.part, change.summary) for change in describe(old, settled)] == [("data.train", SAID)]
    assert history.snapshot(head).fingerprint == settled.fingerprint, "found again without reading the table"


def test_without_a_state_folder_it_is_settled_too(history: Any) -> None:
    base = history.git("rev-parse", "HEAD")
    history.write("data/train.csv", spaced((history.folder / "data/train.csv").read_text()))
    old, new = history.snapshot(base, cold=True), history.snapshot(cold=True)
    assert settle(old, new).fingerprint.training == old.fingerprint.training


@pytest.mark.parametrize(("predict", "settles"), [(None, True), ("churn.features:unused", False)])
def test_a_holdout_that_the_users_own_code_scores_counts_by_its_bytes(
    history: Any, model: Any, predict: str | None, settles: bool
) -> None:
    """`predict:` may open the file by itself; what ml-ci reads it reads by its values."""
    chosen = model(predict=predict)
    base = history.git("rev-parse", "HEAD")
    history.write("data/holdout.csv", spaced((history.folder / "data/holdout.csv").read_text()))
    old, new = history.snapshot(base, model=chosen), history.snapshot(model=chosen)
    settled = settle(old, new).fingerprint.parts["data.holdout"]
    assert (settled == old.fingerprint.parts["data.holdout"]) is settles


def test_a_csv_that_became_a_tsv_under_another_name(history: Any, model: Any) -> None:
    old = history.snapshot(history.git("rev-parse", "HEAD"))
    text = (history.folder / "data/train.csv").read_text()
    (history.folder / "data/train.csv").unlink()
    history.write("data/train.tsv", text.replace(",", "\t"))
    new = history.snapshot(model=model(data={"train": FileEntry("data/train.tsv")}))
    settled = settle(old, new)
    assert settled.fingerprint.training == old.fingerprint.training
    said = "bytes changed, no value did, data/train.csv became data/train.tsv: nothing to train again"
    assert [change.summary for change in describe(old, settled)] == [said]


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace("0,20,south,1", "0,21,south,1"),
        lambda text: text.replace("customer", "client"),
        lambda text: text + "9,9,north,1\n",
        lambda text: "\n".join([*text.splitlines()[:1], *reversed(text.splitlines()[1:])]) + "\n",
        lambda text: text.replace("0,20,south,1", "0,20,,1"),
    ],
)
def test_another_value_is_a_change(history: Any, edit: Any) -> None:
    old = history.snapshot(history.git("rev-parse", "HEAD"))
    history.write("data/train.csv", edit((history.folder / "data/train.csv").read_text()))
    new = history.snapshot()
    assert settle(old, new) == new
    assert train_part(new) != train_part(old)


@pytest.mark.parametrize("signature", ["train: Path, seed", "train: str", "train: 'pathlib.Path'", "**data"])
def test_a_function_that_reads_the_file_itself_is_trained_again(history: Any, signature: str) -> None:
    history.write("churn/train.py", f"def train({signature}): return 1\n")
    old = history.snapshot(history.commit())
    history.write("data/train.csv", spaced((history.folder / "data/train.csv").read_text()))
    assert settle(old, history.snapshot()).fingerprint.training != old.fingerprint.training


def test_a_command_reads_bytes(history: Any, model: Any) -> None:
    chosen = model(job=CommandJob("python churn/train.py", model="m.pkl"))
    old = history.snapshot(history.git("rev-parse", "HEAD"), chosen)
    history.write("data/train.csv", spaced((history.folder / "data/train.csv").read_text()))
    new = history.snapshot(model=chosen)
    assert settle(old, new).fingerprint.training != old.fingerprint.training
    said = "bytes changed, no value did, and the job reads the bytes itself: it may see other values"
    assert [change.summary for change in describe(old, new)] == [said]


@pytest.mark.parametrize("cold", [True, False])
def test_a_header_that_moved_into_the_spec_is_a_change(history: Any, model: Any, cold: bool) -> None:
    old = history.snapshot(history.git("rev-parse", "HEAD"), cold=cold)
    header, _, rows = (history.folder / "data/train.csv").read_text().partition("\n")
    history.write("data/train.csv", rows)
    chosen = model(data={"train": FileEntry("data/train.csv", tuple(header.split(",")))})
    new = history.snapshot(model=chosen, cold=cold)
    assert settle(old, new).fingerprint.training == new.fingerprint.training != old.fingerprint.training


def test_two_files_that_are_no_tables_are_not_the_same(history: Any, model: Any) -> None:
    chosen = model(data={"train": FileEntry("data/train.parquet")})
    history.write("data/train.parquet", "no table")
    old = history.snapshot(history.commit(), chosen)
    history.write("data/train.parquet", "no table either")
    assert train_part(settle(old, history.snapshot(model=chosen))) != train_part(old)


def test_a_function_that_began_to_read_bytes_is_not_fooled_by_what_was_kept(history: Any) -> None:
    old = history.snapshot(history.git("rev-parse", "HEAD"))
    history.write("data/train.csv", spaced((history.folder / "data/train.csv").read_text()))
    settled = settle(old, history.snapshot())
    assert train_part(settled) == train_part(old)
    history.write("churn/train.py", "from pathlib import Path\ndef train(train: Path): return 1\n")
    assert train_part(history.snapshot()) != train_part(old)


def test_a_rewritten_holdout_is_the_same_holdout(history: Any) -> None:
    old = history.snapshot(history.git("rev-parse", "HEAD"))
    history.write("data/holdout.csv", spaced((history.folder / "data/holdout.csv").read_text()))
    assert settle(old, history.snapshot()).fingerprint.holdout == old.fingerprint.holdout


def test_parquet_written_again(history: Any, model: Any) -> None:
    import duckdb

    chosen = model(data={"train": FileEntry("data/train.parquet")})
    place = history.folder / "data/train.parquet"

    def write(codec: str, what: str = "1 AS a, NULL AS b, 'x ' AS c") -> None:
        duckdb.connect().execute(f"COPY (SELECT {what}) TO '{place}' (FORMAT parquet, COMPRESSION {codec})")

    write("zstd")
    old = history.snapshot(history.commit(), chosen)
    write("snappy")
    new = history.snapshot(model=chosen)
    assert train_part(new) != train_part(old) == train_part(settle(old, new))
    for other in ("1::DOUBLE AS a, NULL AS b, 'x ' AS c", "1 AS a, '' AS b, 'x ' AS c", "1 AS a, NULL AS b, 'x' AS c"):
        write("zstd", other)
        new = history.snapshot(model=chosen)
        assert train_part(settle(old, new)) != train_part(old)
