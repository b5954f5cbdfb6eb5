"""Rows that are written out of live rows: the next holdout, and those worth a label."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from ml_ci.errors import UserError
from ml_ci.live.selecting import write_labelled, write_to_label

from .conftest import CHAMPION, SINCE, Service, at, make_model
from .test_beside import CANDIDATE, row

NOW = SINCE + timedelta(days=9)


def read(file: Path) -> list[dict[str, object]]:
    found = duckdb.sql(f"SELECT * EXCLUDE (\"at\") FROM '{file}'")
    return [dict(zip(found.columns, values, strict=True)) for values in found.fetchall()]


def test_labelled_rows_are_the_next_holdout(service: Service, tmp_path: Path) -> None:
    service.model = make_model(version="version", labels="{path: outcomes.jsonl, time: known}")
    service.log(row("a", 1, 7, 0.9, age=30), row("a", 1, 6, 0.1, age=30), row("b", 2, 7, 0.1, age=40))
    service.log(row("young", 8.9, 7, 0.1, age=50), row("c", 3, 7, 0.1, age=60))
    service.label({"request": "a", "churned": "0", "known": at(2)}, {"request": "a", "churned": "1", "known": at(3)})
    service.label(
        {"request": "b", "churned": "0", "known": at(3)}, {"request": "young", "churned": "1", "known": at(9)}
    )
    file = tmp_path / "next.csv"
    assert write_labelled(service.model, CHAMPION, tmp_path, NOW, {}, file) == 2
    assert [(one["request"], one["age"], one["churned"]) for one in read(file)] == [("a", 30, 1), ("b", 40, 0)]
    assert not {"score", "version"} & set(read(file)[0])
    with pytest.raises(UserError, match=r"rows are written as \.csv or \.parquet"):
        write_labelled(service.model, CHAMPION, tmp_path, NOW, {}, tmp_path / "next.txt")


def test_rows_worth_a_label(service: Service, tmp_path: Path) -> None:
    service.model = make_model(version="version")
    for n in range(200):
        service.log(row(f"r{n:03}", 1, 7, n % 2, age=n), row(f"r{n:03}", 1, 8, 1 if n < 10 else n % 2, age=n))
    service.label({"request": "r000", "churned": 1}, {"request": "r001", "churned": 1})
    file = tmp_path / "ask.parquet"
    number = write_to_label(service.model, CHAMPION, CANDIDATE, tmp_path, NOW, {}, file)
    found = read(file)
    assert len(found) == number
    assert [one["request"] for one in found if one["why"] == "disagree"] == ["r002", "r004", "r006", "r008"]
    agree = [one for one in found if one["why"] == "agree"]
    assert 8 <= len(agree) <= 35  # one of ten of 195, by a hash
    assert {one["stands_for"] for one in agree} == {10}
    again = tmp_path / "again.parquet"
    write_to_label(service.model, CHAMPION, CANDIDATE, tmp_path, NOW, {}, again)
    assert read(again) == found
    alone = tmp_path / "alone.csv"
    write_to_label(service.model, CHAMPION, None, tmp_path, NOW, {}, alone)
    sure = [one["request"] for one in read(alone) if one["why"] == "decided positive"]
    assert sure == [f"r{n:03}" for n in range(3, 200, 2)]


def test_nothing_to_write(service: Service, tmp_path: Path) -> None:
    service.log({"request": "a", "at": at(1), "score": 0.5})
    with pytest.raises(UserError, match="there is no labelled row that is due of churn yet"):
        write_labelled(service.model, CHAMPION, tmp_path, NOW, {}, tmp_path / "next.csv")
