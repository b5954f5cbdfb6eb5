"""Live rows in windows: what counts where, what stays as it is, and a message for whatever cannot be counted."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml_ci.errors import UserError
from ml_ci.evaluation.confusion import Confusion
from ml_ci.live.bins import read_reference
from ml_ci.live.values import Bins, Coverage, Reference, Weighed, Window
from ml_ci.tables.table import Table

from .conftest import CHAMPION, Service, at, make_model

Row = dict[str, Any]


def row(name: str | int, days: float, score: float | None = 0.9, **more: Any) -> Row:
    return {"request": name, "at": at(days), "score": score, **more}


def truth(name: str | int, value: Any = 1, **more: Any) -> Row:
    return {"request": name, "churned": value, **more}


def test_a_row_counts_in_the_window_of_its_prediction_once_it_is_delay_old(service: Service) -> None:
    service.log(row("a", 0, 0.5), row("b", 6.99, 0.49), row("c", 7, 0.9), row("d", 9.5), row("before", -0.01))
    service.label(truth("a"), truth("b"), truth("c", 0), truth("d"), truth("nobody"))
    found = service.look(11)
    first, second = found.windows
    assert (first.begin, first.end, first.closed) == ("2026-01-05T00:00:00Z", "2026-01-12T00:00:00Z", True)
    assert (first.rows, first.positive, first.counts) == (2, 1, Confusion(tp=1, fn=1))
    assert (first.decided_positive, first.decided_negative) == (Coverage(1, 1), Coverage(1, 1))
    # d is 1.5 days old: it is seen, and its label does not count before those that come later could have come
    assert (second.closed, second.rows, second.positive, second.counts) == (False, 2, 2, Confusion(fp=1))
    assert (found.waiting, found.last_row) == (1, "2026-01-14T12:00:00Z")
    assert (found.model, found.version, found.since, found.notes) == ("churn", "7", "2026-01-05T00:00:00Z", ())


def test_looking_twice_changes_nothing_and_what_comes_late_is_told(service: Service) -> None:
    service.log(row("a", 1), row("b", 2, 0.1), row("c", 3))
    service.label(truth("a"))
    first = service.look(9)
    assert service.look(9) == first
    service.label(truth("b"), truth("c", 0))
    service.log(row("late", 1), to="logs/b.jsonl")
    later = service.look(10)
    assert replace(later.windows[0], late=0) == first.windows[0]
    assert later.windows[0].late == 2
    assert later.notes[0] == "1 predictions came into the log after their window was closed: not counted"


def test_a_label_that_changes_after_its_window_is_frozen_is_told(service: Service) -> None:
    service.log(row("a", 1), row("b", 2))
    service.label(truth("a", 1), truth("b", 0), to="outcomes.jsonl")
    before = service.look(9).windows[0]
    (service.folder / "outcomes.jsonl").unlink()
    service.label(truth("a", 0), truth("b", 0))
    after = service.look(9).windows[0]
    assert (after.counts, after.late) == (before.counts, 1)


@pytest.mark.parametrize("order", [*itertools.permutations(range(4))][::5])
def test_labels_in_any_order_and_looks_at_any_time_give_the_same(service: Service, order: tuple[int, ...]) -> None:
    service.model = make_model(labels="{path: outcomes.jsonl, time: known}")
    service.log(row("a", 1), row("b", 2, 0.2), row("c", 8))
    labels = [
        truth("a", 0, known=at(3)),
        truth("a", 1, known=at(5)),  # corrected in time
        truth("a", 0, known=at(9.5)),  # and again, after the window closed at day 9
        truth("b", 1, known=at(12)),  # too late
    ]
    for place in order:
        service.label(labels[place])
    once = service.look(12.5)
    assert once.windows[0].counts == Confusion(tp=1)
    assert once.windows[0].late == 2
    service.frozen = ()
    assert service.look(400).windows[0] == once.windows[0]
    assert "the labels of 1 ids were changed: the latest counts that came before its window closed" in once.notes


def test_a_label_that_came_before_its_prediction_is_not_counted(service: Service) -> None:
    service.model = make_model(labels="{path: outcomes.jsonl, time: known}")
    service.log(row("a", 1), row("b", 2))
    service.label(truth("a", 1, known=at(0.5)))
    said = "1 labels came before their prediction (known before at), such as that of 'a'"
    with pytest.raises(UserError, match="no other label is there") as wrong:
        service.look(9)
    assert wrong.value.message == f"outcomes.jsonl: {said}; no other label is there"
    assert wrong.value.hint == "Is a clock or a time zone wrong, or are ids used again?"
    service.label(truth("b", 1, known=at(3)))
    found = service.look(9)
    assert found.windows[0].counts == Confusion(tp=1)
    assert found.notes == (f"{said}: not counted; is a clock wrong, or are ids used again?",)


def test_labels_only_of_what_was_flagged(service: Service) -> None:
    service.log(*(row(f"p{n}", 1) for n in range(5)), *(row(f"n{n}", 1, 0.1) for n in range(20)))
    service.label(*(truth(f"p{n}") for n in range(5)))
    found = service.look(9)
    assert found.windows[0].decided_positive == Coverage(5, 5)
    assert found.windows[0].decided_negative == Coverage(20, 0)
    assert found.notes == (
        "only rows that were decided positive have labels: of 20 others none has one, so that misses cannot be seen; "
        "label a sample of them, with `weight:`",
    )


def test_weighted_labels(service: Service) -> None:
    service.model = make_model(rows="independent", weight="stands_for")
    service.log(
        *(row(f"p{n}", 1, stands_for=1) for n in range(3)), *(row(f"n{n}", 1, 0.1, stands_for=20) for n in range(9))
    )
    service.label(truth("p0"), truth("p1"), truth("p2", 0), truth("n1"), truth("n2", 0))
    window = service.look(9).windows[0]
    negative = (Weighed(False, 1.0, 1, 0), Weighed(False, 0.05, 0, 1))
    assert window.weighed == (*negative, Weighed(True, 1.0, 0, 2), Weighed(True, 0.05, 1, 0))
    service.log(row("bad", 1, stands_for=0.5))
    service.label(truth("bad"))
    service.frozen = ()
    with pytest.raises(UserError, match=r"^1 labelled rows have no weight of at least 1, such as bad"):
        service.look(9)


def test_of_a_unit_the_first_row_of_a_window_counts(service: Service) -> None:
    service.model = make_model(unit="customer")
    service.log(row("a", 1, customer="x"), row("b", 2, 0.1, customer="x"), row("c", 8, customer="x"), row("d", 3))
    found = service.look(8.5)
    assert [window.rows for window in found.windows] == [2, 1]
    assert found.windows[0].positive == 2
    assert found.notes[1] == "1 further rows of units (customer) were not counted: the first counts"


def test_other_versions_are_told_and_not_counted(service: Service) -> None:
    service.model = make_model(version="version")
    service.log(
        row("a", 1, version="7"), row("b", 1, version="v7"), row("c", 1, version="3f2c1ab"), row("d", 2, version="6")
    )
    found = service.look(3)
    assert found.windows[0].rows == 3
    said = "1 rows of '6', which is not the champion's version, the last at 2026-01-07T00:00:00Z: not counted"
    assert found.notes[1] == said
    service.champion = replace(CHAMPION, version="8", commit="0" * 40)
    with pytest.raises(UserError) as wrong:
        service.look(3)
    listed = wrong.value.message.partition("; version is ")[2]
    assert sorted(listed.split(", ")) == ["'3f2c1ab'", "'6'", "'7'", "'v7'"]
    assert wrong.value.message.startswith("logs/*.jsonl: no row was answered by version 8; ")


BAD: list[tuple[str, list[Row], list[Row], str]] = [
    ("no rows at all", [], [], "no live rows at logs/*.jsonl: there is no such file"),
    (
        "two that differ",
        [row("a", 1), row("a", 2)],
        [],
        "logs/*.jsonl: 1 ids stand for predictions that differ, such as 'a': which of them was acted on is not known",
    ),
    (
        "labels that differ",
        [row("a", 1)],
        [truth("a", 1), truth("a", 0)],
        "outcomes.jsonl: 1 ids have labels that differ, such as 'a'",
    ),
    (
        "ids of two types",
        [row("0012", 1), row("0013", 1)],
        [truth(12), truth(13)],
        "no label finds its prediction: request of logs/*.jsonl is text (VARCHAR) such as "
        "'0012', of outcomes.jsonl whole numbers (BIGINT) such as '12'",
    ),
    (
        "no id",
        [row("a", 1), {"at": at(1), "score": 0.5}],
        [],
        "logs/*.jsonl: 1 of 2 rows have no request: no label can find them",
    ),
    (
        "no score",
        [row("a", 1), row("b", 1, None)],
        [],
        "logs/*.jsonl: 1 of 2 rows have no score or prediction (missing or NaN): 'b'",
    ),
    (
        "NaN",
        [row("a", 1), row("b", 1, float("nan"))],
        [],
        "logs/*.jsonl: 1 of 2 rows have no score or prediction (missing or NaN): 'b'",
    ),
    (
        "a time without zone",
        [row("a", 1) | {"at": "2026-01-06T12:00:00"}],
        [],
        "logs/*.jsonl: the column 'at' is '2026-01-06T12:00:00' in one of 1 rows: a time "
        "without a zone may be hours off",
    ),
    (
        "a number for a time",
        [row("a", 1) | {"at": 1767225600}],
        [],
        "logs/*.jsonl: the column 'at' is of type BIGINT: a time without a zone may be hours off",
    ),
    ("no time", [row("a", 1), {"request": "b", "score": 0.5}], [], "logs/*.jsonl: 1 rows have no at"),
    (
        "no score column",
        [{"request": "a", "at": at(1), "scores": 0.5}],
        [],
        "logs/*.jsonl has neither `score` nor `prediction`; its columns are request, at, scores",
    ),
    (
        "another id column",
        [{"requests": "a", "at": at(1), "score": 0.5}],
        [],
        "logs/*.jsonl has no column 'request', did you mean 'requests'?",
    ),
    (
        "no label column",
        [row("a", 1)],
        [{"request": "a", "churn": 1}],
        "outcomes.jsonl has no column 'churned', did you mean 'churn'?",
    ),
]


@pytest.mark.parametrize(("rows", "labels", "said"), [one[1:] for one in BAD], ids=[one[0] for one in BAD])
def test_what_cannot_be_counted_has_its_message(
    service: Service, rows: list[Row], labels: list[Row], said: str
) -> None:
    service.log(*rows) if rows else None
    service.label(*(labels or [truth("a")]))
    with pytest.raises(UserError) as wrong:
        service.look(9)
    assert wrong.value.message == said
    assert wrong.value.hint


def test_labels_need_not_be_there_yet(service: Service) -> None:
    service.log(row("a", 1))
    found = service.look(9)
    assert found.windows[0].decided_positive == Coverage(1, 0)
    assert found.notes == ("no labels at outcomes.jsonl: there is no such file: no rate is known yet",)
    service.label(truth("a", True))
    said = "outcomes.jsonl: labels are true, and `positive:` is 1"
    with pytest.raises(UserError, match=said):
        service.look(9)


def test_equal_repetitions_count_once(service: Service) -> None:
    service.log(row("a", 1), row("a", 1), row("b", 1))
    service.label(truth("a"), truth("a"))
    found = service.look(9)
    assert (found.windows[0].rows, found.windows[0].counts) == (2, Confusion(tp=1))
    assert found.notes == ("1 rows are there twice, alike: each was counted once",)


def test_what_is_said_and_no_mistake(service: Service) -> None:
    service.model = make_model(labels=None)
    service.log(row("a", 1), row("b", 30), to="logs/sub.jsonl")
    found = service.look(9)
    assert [window.counts for window in found.windows] == [Confusion(), Confusion()]
    assert found.notes == (
        "1 rows are of a time to come: not counted; is a clock or a time zone wrong?",
        "there are no labels: rates are not known, drift is",
    )
    service.log(row("c", 2, churned=1), row("d", 2, 0.1, churned=None), to="logs/own.jsonl")
    service.frozen = ()
    assert service.look(9).windows[0].counts == Confusion(tp=1)  # labels beside the predictions
    service.model = make_model()
    service.label(truth("zzz", 0))
    service.frozen = ()
    with pytest.raises(UserError, match="no label finds its prediction"):
        service.look(9)
    service.label(truth("a", 0))
    service.frozen = ()
    said = "none of 2 labels is positive, as `positive:` has it: misses cannot be seen"
    assert said in service.look(9).notes


@pytest.mark.parametrize("kind", ["parquet", "csv", "json"])
def test_the_same_rows_from_every_kind_of_file_folder_glob_and_query(
    service: Service, kind: str, write_table: Callable[[Path, str], None]
) -> None:
    time = "TIMESTAMPTZ '2026-01-06 00:00:00+00' + i * INTERVAL 1 HOUR"
    written = time if kind == "parquet" else f"strftime({time}, '%Y-%m-%dT%H:%M:%SZ')"
    for part in range(2):
        rows = f"FROM range({part * 50}, {part * 50 + 50}) r(i)"
        asked = f"SELECT 'r' || i AS request, {written} AS at, (i % 10) / 10 AS score {rows}"
        write_table(service.folder / "logs" / f"part-{part}.{kind}", asked)
    (service.folder / "logs" / "_writing.parquet").write_text("half")
    write_table(
        service.folder / f"outcomes.{kind}", "SELECT 'r' || i AS request, i % 2 AS churned FROM range(100) r(i)"
    )
    paths = ["logs", f"logs/*.{kind}", str(service.folder / "logs" / f"part-?.{kind}")]
    if kind == "parquet":
        paths.append("{sql: 'select * from ''logs/part-*.parquet'''}")
    found = []
    for path in paths:
        service.model = make_model(predictions=path, labels=f"outcomes.{kind}")
        service.frozen = ()
        found.append(service.look(10).windows)
    assert all(one == found[0] for one in found)
    assert found[0][0].counts == Confusion(tp=30, fp=20, tn=30, fn=20)


def test_a_path_of_a_folder_with_brackets_and_a_column_with_quotes(tmp_path: Path) -> None:
    folder = tmp_path / "[a] b"
    folder.mkdir()
    service = Service(folder, make_model(id="'the \"id\"'", time="'group'"))
    service.log({'the "id"': "a", "group": at(1), "score": 1})
    service.label({'the "id"': "a", "churned": 1})
    assert service.look(9).windows[0].counts == Confusion(tp=1)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select * from nothing", "the query under sql: cannot be read: Catalog Error: "),
        ("select * from (select 1", "the query under sql: cannot be read: Parser Error: "),
        ("from 'logs/*.parquet'", "the query under sql: cannot be read: IO Error: No files found"),
        (
            "with a as (select 1) select * from a",
            "the query under sql: has neither `score` nor `prediction`; its columns are 1",
        ),
    ],
)
def test_a_query_that_cannot_be_read(service: Service, query: str, said: str) -> None:
    service.model = make_model(predictions=f'{{sql: "{query}"}}')
    with pytest.raises(UserError) as wrong:
        service.look(9)
    assert wrong.value.message.startswith(said)


def test_columns_and_scores_are_held_against_the_holdout(service: Service, tmp_path: Path) -> None:
    numbers = random.Random(1)
    holdout = tmp_path / "holdout.csv"
    lines = [f"{n},{numbers.random():.6f},{'ab'[n % 2]},{n % 2 == 0},{n % 2}" for n in range(200)]
    holdout.write_text("customer,age,region,vip,churned\n" + "\n".join(lines) + "\n")
    scores = np.linspace(0, 1, 200)
    reference = read_reference(service.model, Table.open(holdout), scores, CHAMPION.holdout)
    assert list(reference.columns) == ["age", "region", "vip", "score"]
    assert reference.columns["age"].counts == (*(20,) * 10, 0)
    assert reference.columns["score"].counts == (*(20,) * 10, 0)
    assert reference.columns["region"] == Bins("text", (100, 100, 0, 0), values=("a", "b"))
    assert reference.columns["vip"] == Bins("boolean", (100, 100, 0, 0), values=("false", "true"))
    service.reference = reference
    service.log(row("a", 1, 0.95, age=5, region="c", vip=True), row("b", 1, 0.0, age=None, region="a", vip=None))
    found = service.look(3)
    columns = found.windows[0].columns
    assert columns["age"] == (*(0,) * 9, 1, 1)
    assert columns["region"] == (1, 0, 1, 0)
    assert columns["vip"] == (0, 1, 0, 1)
    assert columns["score"] == (1, *(0,) * 8, 1, 0)
    assert found.reference == reference
    service.reference = Reference(CHAMPION.holdout, {"gone": Bins("text", (1, 0, 0), values=("a",))})
    assert service.look(3).notes[1] == "not logged, so that their drift is not seen: gone"


def test_scores_are_compared_in_their_own_type(service: Service, write_table: Callable[[Path, str], None]) -> None:
    service.champion = replace(CHAMPION, threshold=0.7)
    service.model = make_model(predictions="logs/a.parquet", labels=None)
    time = "TIMESTAMPTZ '2026-01-06 00:00:00+00'"
    write_table(service.folder / "logs" / "a.parquet", f"SELECT 1 AS request, {time} AS at, 0.7::FLOAT AS score")
    assert service.look(2).windows[0].positive == 1


def test_labels_and_predictions_of_classes(service: Service) -> None:
    service.champion = replace(CHAMPION, threshold=None)
    service.log({"request": 1, "at": at(1), "prediction": True}, {"request": 2, "at": at(1), "prediction": False})
    service.label(truth("1", "1"), truth("2", "1.0"))
    assert service.look(9).windows[0].counts == Confusion(tp=1, fn=1)


def test_a_window_keeps_its_shape(service: Service) -> None:
    service.log(row("a", 1))
    windows = service.look(22).windows
    assert [window.closed for window in windows] == [True, True, False, False]
    assert windows[1] == Window(at(7)[:-6] + "Z", at(14)[:-6] + "Z", True, 0, 0, Confusion(), Coverage(), Coverage())
