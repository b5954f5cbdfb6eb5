"""The bias audit: the rule's own examples, COMPAS and Adult to the last digit, in memory and streamed."""

from __future__ import annotations

import copy
import csv
import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.errors import UserError
from ml_ci.evaluation.audit import Audit, AuditCell
from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.count_audit import count_audit, find_median, stream_audit
from ml_ci.evaluation.evaluate import holdout_of
from ml_ci.evaluation.scores import Predictions, write
from ml_ci.reports.as_json import dumps, from_json, loads, schema, to_json
from ml_ci.reports.audit import AuditRow, count_unknown, make_tables
from ml_ci.reports.values import ModelReport, Report, Side
from ml_ci.spec.values import AuditSpec, Card, FileEntry, FunctionJob, ModelSpec, Positive
from ml_ci.tables.table import Table

Cells = Iterable[tuple[str, str, int, int]]


def _audit(cells: Cells, scored: bool = False, **more: Any) -> Audit:
    """Audit (sex, race, rows, chosen), of which the chosen are selected, or score above the median."""
    made = [
        AuditCell(
            sex,
            race,
            Confusion(0 if scored else chosen, 0, rows - (0 if scored else chosen), 0),
            chosen if scored else None,
        )
        for sex, race, rows, chosen in cells
    ]
    return Audit("sex", "race", tuple(made), 0.5 if scored else None, **more)


def _tables(audit: Audit, measure: Any = "selection") -> Any:
    made = make_tables(audit, measure)
    assert made is not None
    return made


def _two(row: AuditRow) -> tuple[str, int, int, str]:
    return row.category[-1], row.rows, row.chosen, f"{row.ratio:.2f}"


def test_the_rules_example_of_selection_rates() -> None:
    counts = {"Hispanic or Latino": (408, 204), "White": (797, 412), "Black": (390, 170)}
    rows = _tables(_audit(("m", race, *both) for race, both in counts.items())).race
    assert [_two(row) for row in rows] == [
        ("Black", 390, 170, "0.84"),
        ("Hispanic or Latino", 408, 204, "0.97"),
        ("White", 797, 412, "1.00"),
    ]
    assert [f"{row.ratio:.4f}" for row in rows] == ["0.8432", "0.9672", "1.0000"]


def test_the_rules_example_of_scoring_rates() -> None:
    sexes = _tables(_audit([("Male", "x", 92, 50), ("Female", "x", 76, 34)], scored=True), "scoring").sex
    assert [(row.category, f"{row.rate:.3f}", f"{row.ratio:.2f}") for row in sexes] == [
        (("Female",), "0.447", "0.82"),
        (("Male",), "0.543", "1.00"),
    ]
    counts = {"Hispanic": (28, 18), "White": (40, 15), "Black": (32, 16), "Native Hawaiian": (8, 5), "Asian": (24, 10)}
    races = _tables(_audit((("m", race, *both) for race, both in counts.items()), scored=True), "scoring").race
    assert {row.category[0]: f"{row.ratio:.2f}" for row in races} == {
        "Hispanic": "1.00",
        "White": "0.58",
        "Black": "0.78",
        "Native Hawaiian": "0.97",
        "Asian": "0.65",
    }


# name: (Female, Male, both), each `n · chosen · rate · ratio (ratio with all)`, as compliance tables are written.
COMPAS = """
African-American | 652 · 337 · .5169 · .8565 (.6892) | 3,044 · 1,837 · .6035 · 1.0000 (.8046) | 3,696 · 2,174 · .5882 · 1.0000 (.8823)
Asian | 2 · 0 · .0000 · – (.0000) | 30 · 8 · .2667 · – (.3556) | 32 · 8 · .2500 · – (.3750)
Caucasian | 567 · 224 · .3951 · .6546 (.5267) | 1,887 · 630 · .3339 · .5532 (.4452) | 2,454 · 854 · .3480 · .5916 (.5220)
Hispanic | 103 · 16 · .1553 · – (.2071) | 534 · 174 · .3258 · .5399 (.4345) | 637 · 190 · .2983 · .5071 (.4474)
Native American | 4 · 3 · .7500 · – (1.0000) | 14 · 9 · .6429 · – (.8571) | 18 · 12 · .6667 · – (1.0000)
Other | 67 · 11 · .1642 · – (.2189) | 310 · 68 · .2194 · .3635 (.2925) | 377 · 79 · .2095 · .3563 (.3143)
"""  # noqa: E501
COMPAS_SEX = {"Female": "1,395 · 591 · .4237 · .9043", "Male": "5,819 · 2,726 · .4685 · 1.0000"}
ADULT = """
Amer-Indian-Eskimo | 66 · 3 · .0455 · – (.1313) | 93 · 16 · .1720 · – (.4968) | 159 · 19 · .1195 · – (.4313)
Asian-Pac-Islander | 171 · 26 · .1520 · – (.4391) | 309 · 107 · .3463 · – (1.0000) | 480 · 133 · .2771 · 1.0000 (1.0000)
Black | 753 · 42 · .0558 · .1792 (.1611) | 808 · 137 · .1696 · .5447 (.4896) | 1,561 · 179 · .1147 · .4138 (.4138)
Other | 46 · 5 · .1087 · – (.3139) | 89 · 20 · .2247 · – (.6490) | 135 · 25 · .1852 · – (.6683)
White | 4,385 · 514 · .1172 · .3766 (.3385) | 9,561 · 2,976 · .3113 · 1.0000 (.8989) | 13,946 · 3,490 · .2503 · .9032 (.9032)
"""  # noqa: E501
ADULT_SEX = {"Female": "5,421 · 590 · .1088 · .3630", "Male": "10,860 · 3,256 · .2998 · 1.0000"}
ADULT_HOURS = {
    ("Female",): "886 .1634 .4569",
    ("Male",): "3,885 .3577 1.0000",
    ("White",): "4,349 .3118 1.0000",
    ("Asian-Pac-Islander",): "113 .2354 .7549",
    ("Black",): "250 .1602 .5136",
    ("Amer-Indian-Eskimo",): "35 .2201 (.7059)",
    ("Other",): "24 .1778 (.5701)",
}
COMPAS_NEGATIVE = {
    ("African-American",): "1,522 .4118 .5210",
    ("Caucasian",): "1,600 .6520 .8248",
    ("Hispanic",): "447 .7017 .8878",
    ("Other",): "298 .7905 1.0000",
    ("Asian",): "24 .7500 (.9488)",
    ("Native American",): "6 .3333 (.4217)",
    ("Female",): "804 .5763 1.0000",
    ("Male",): "3,093 .5315 .9223",
}


def _digits(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}".removeprefix("0")


def _long(row: AuditRow) -> str:
    return f"{row.rows:,} · {row.chosen:,} · {_digits(row.rate)} · {_digits(row.ratio)} ({_digits(row.ratio_of_all)})"


def _short(row: AuditRow) -> str:
    ratio = f"({_digits(row.ratio_of_all)})" if row.small else _digits(row.ratio)
    return f"{row.chosen:,} {_digits(row.rate)} {ratio}"


def _golden(table: str) -> dict[tuple[str, ...], str]:
    lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    found = {("Female", race): female for race, female, _, _ in lines}
    found |= {("Male", race): male for race, _, male, _ in lines}
    return found | {(race,): both for race, _, _, both in lines}


Rows = list[dict[str, str]]


def _compas(shared_data: Path) -> tuple[Rows, Any, Any]:
    rows = list(csv.DictReader((shared_data / "compas-two-years-min.csv").open(encoding="utf-8")))
    return rows, [row["score_text"] != "Low" for row in rows], [float(row["decile_score"]) for row in rows]


def _adult(shared_data: Path) -> tuple[Rows, Any, Any]:
    every = csv.DictReader((shared_data / "adult.csv").open(encoding="utf-8"))
    rows = [row for row in every if row["split"] == "test"]
    selected = [row["income"].startswith(">50K") for row in rows]
    return rows, selected, [float(row["hours_per_week"]) for row in rows]


@pytest.fixture(params=["in memory", "streamed", "in another order"])
def count(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Count an audit of rows that were selected and scored, one way or the other."""

    def counted(rows: Rows, selected: Any, score: Any, spec: AuditSpec) -> Audit:
        order = list(range(len(rows)))
        if request.param == "in another order":
            random.Random(1).shuffle(order)
        path = tmp_path / "holdout.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["sex", "race", "y"])
            writer.writerows([rows[at]["sex"], rows[at]["race"], at % 2] for at in order)
        scores = np.array([score[at] for at in order])
        side = Predictions(np.array([selected[at] for at in order]), "margin", scores)
        asked = _asked(spec)
        table = Table.open(path)
        if request.param == "streamed":
            write(side, tmp_path / "p.parquet")
            found = stream_audit(table, asked, tmp_path / "p.parquet")
        else:
            holdout = holdout_of(table, asked)
            found = count_audit(table, asked, holdout.y_true, [side])
        assert found is not None
        return replace(found, unknown=spec.unknown, selected=spec.selected)

    return counted


def _asked(spec: AuditSpec, **more: Any) -> ModelSpec:
    return ModelSpec(
        "m", FunctionJob("m:t"), {}, FileEntry("h.csv"), "y", Positive((1,)), card=Card(audit=spec), **more
    )


SPEC = AuditSpec("sex", "race")


def test_compas_to_the_last_digit(count: Any, shared_data: Path) -> None:
    given = _compas(shared_data)
    audit = count(*given, SPEC)
    made = _tables(audit)
    assert {row.category: _long(row) for row in (*made.both, *made.race)} == _golden(COMPAS)
    assert {row.category[0]: _long(row).rpartition(" (")[0] for row in made.sex} == COMPAS_SEX
    assert audit.median == 4.0
    assert _tables(audit, "scoring") == made  # 3,317 strictly above; 769 tie, and none of those counts
    assert sum(row.chosen for row in made.sex) == 3_317
    unknown = count_unknown(audit)
    assert (unknown.sex, unknown.race, unknown.either, unknown.rows) == (0, 0, 0, 7_214)


def test_compas_with_the_negative_class_as_the_favourable_one(count: Any, shared_data: Path) -> None:
    made = _tables(count(*_compas(shared_data), replace(SPEC, selected="negative")))
    assert {row.category: _short(row) for row in (*made.race, *made.sex)} == COMPAS_NEGATIVE


def test_compas_with_a_value_that_says_nothing(count: Any, shared_data: Path) -> None:
    audit = count(*_compas(shared_data), replace(SPEC, unknown=("Other",)))
    unknown, made = count_unknown(audit), _tables(audit)
    assert (unknown.sex, unknown.race, unknown.either) == (0, 377, 377)
    assert {row.category[0]: _long(row).rpartition(" (")[0] for row in made.sex} == {
        "Female": "1,328 · 580 · .4367 · .9052",
        "Male": "5,509 · 2,658 · .4825 · 1.0000",
    }
    races = {key: row for key, row in _golden(COMPAS).items() if len(key) == 1 and key != ("Other",)}
    assert {row.category: _long(row) for row in made.race} == races
    totals = [sum(row.rows for row in table) for table in (made.sex, made.race, made.both)]
    assert totals == [6_837] * 3


def test_adult_to_the_last_digit(count: Any, shared_data: Path) -> None:
    audit = count(*_adult(shared_data), SPEC)
    made = _tables(audit)
    assert {row.category: _long(row) for row in (*made.both, *made.race)} == _golden(ADULT)
    assert {row.category[0]: _long(row).rpartition(" (")[0] for row in made.sex} == ADULT_SEX
    assert audit.median == 40.0
    scoring = _tables(audit, "scoring")
    assert {row.category: _short(row) for row in (*scoring.race, *scoring.sex)} == ADULT_HOURS
    assert sum(row.chosen for row in scoring.sex) == 4_771


def test_ties_for_the_highest_are_several_ones() -> None:
    rows = _tables(_audit([("f", "x", 3, 1), ("m", "x", 6, 2), ("o", "x", 9, 2)])).sex
    assert [row.ratio for row in rows] == [1.0, 1.0, pytest.approx(2 / 3)]


def test_nobody_selected_is_undefined() -> None:
    made = _tables(_audit([("f", "x", 30, 0), ("m", "x", 60, 0)]))
    assert {(row.ratio, row.ratio_of_all, row.rate) for row in (*made.sex, *made.race, *made.both)} == {
        (None, None, 0.0)
    }


def test_where_only_a_small_category_is_selected_the_others_have_no_ratio_but_one_of_all() -> None:
    rows = _tables(_audit([("f", "x", 1, 1), ("m", "x", 99, 0)])).sex
    assert [(row.small, row.ratio, row.ratio_of_all) for row in rows] == [(True, None, 1.0), (False, None, 0.0)]


@pytest.mark.parametrize(("rows", "small"), [(1, True), (2, False), (3, False)])
def test_exactly_two_percent_stays(rows: int, small: bool) -> None:
    found = _tables(_audit([("f", "x", rows, 1), ("m", "x", 100 - rows, 50)])).sex
    assert [row.small for row in found] == [small, False]


def test_what_says_nothing_is_in_no_table_and_all_totals_agree() -> None:
    cells = [
        ("f", "x", 10, 5),
        ("", "x", 3, 3),
        ("m", " ", 4, 0),
        ("m", "n/a", 5, 1),
        ("", "", 2, 2),
        ("m", "y", 20, 4),
    ]
    audit = _audit(cells, unknown=(" n/a ",))
    unknown = count_unknown(audit)
    assert (unknown.sex, unknown.race, unknown.either, unknown.rows) == (5, 11, 14, 44)
    made = _tables(audit)
    assert [[row.rows for row in table] for table in (made.sex, made.race, made.both)] == [[10, 20]] * 3
    assert make_tables(_audit([("", "x", 3, 1)]), "selection") is None


def test_a_model_of_labels_has_no_scoring_rates() -> None:
    assert make_tables(_audit([("f", "x", 3, 1)]), "scoring") is None
    assert find_median(None) is None and find_median(np.zeros(0)) is None
    assert find_median(np.array([4.0, 1.0, 3.0, 2.0])) == 2.5


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["f", "m", "", " f ", "?"]),
            st.sampled_from(["a", "b", "c,d", ""]),
            st.booleans(),
            st.sampled_from([0.0, 0.25, 0.5, 1.0]),
            st.booleans(),
            st.sampled_from(["0", "1", "2.5"]),
        ),
        min_size=1,
        max_size=30,
    ),
    st.booleans(),
    st.booleans(),
)
def test_streamed_is_in_memory_and_both_are_counted_row_by_row(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any], scored: bool, weighted: bool
) -> None:
    folder = tmp_path_factory.mktemp("audit")
    rows = [*rows, ("f", "a", True, 0.5, True, "1"), ("m", "b", False, 0.5, False, "1")]
    path = folder / "h.csv"
    path.write_text("sex,race,y,w\n" + "".join(f'{s},"{r}",{int(y)},{w}\n' for s, r, _, _, y, w in rows))
    asked = _asked(SPEC, weight="w" if weighted else None)
    scores = np.array([row[3] for row in rows])
    decision = np.array([row[2] for row in rows])
    side = Predictions(decision, "probability", scores) if scored else Predictions(decision, "label")
    write(side, folder / "p.parquet")
    table = Table.open(path)
    holdout = holdout_of(table, asked)
    found = count_audit(table, asked, holdout.y_true, [holdout.take(side)], holdout.kept)
    assert found == stream_audit(Table.open(path), asked, folder / "p.parquet") and found is not None
    counted = [row for row in rows if not weighted or row[5] != "0"]
    median = float(np.median([row[3] for row in counted])) if scored else None
    assert found.median == median
    for cell in found.cells:
        mine = [row for row in counted if (row[0].strip(), row[1]) == (cell.sex, cell.race)]
        assert cell.counts.rows == len(mine) > 0
        assert cell.counts.tp + cell.counts.fp == sum(row[2] for row in mine)
        assert cell.counts.positives == sum(row[4] for row in mine)
        assert cell.above == (sum(row[3] > median for row in mine) if median is not None else None)
    assert sum(cell.counts.rows for cell in found.cells) == len(counted)


def test_a_model_that_is_asked_several_times_has_each_answer_counted(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text("sex,race,y\nf,a,1\nm,a,0\nm,b,1\n")
    table, asked = Table.open(path), _asked(SPEC)
    given = [np.array([0.1, 0.6, 0.9]), np.array([0.7, 0.2, 0.8])]
    sides = [Predictions(score >= 0.5, "probability", score) for score in given]
    found = count_audit(table, asked, holdout_of(table, asked).y_true, sides)
    assert found is not None
    assert found.median == pytest.approx(0.65)  # of all answers: 0.1 0.2 0.6 0.7 0.8 0.9
    assert found.cells == (
        AuditCell("f", "a", Confusion(tp=1, fn=1), 1),
        AuditCell("m", "a", Confusion(fp=1, tn=1), 0),
        AuditCell("m", "b", Confusion(tp=2), 2),
    )


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("columns", "said"), [(("sex", "rase"), "no column 'rase'"), (("id", "race"), "more than 1,000")]
)
def test_columns_that_cannot_be_audited_are_refused(tmp_path: Path, columns: Any, said: str, streamed: bool) -> None:
    path = tmp_path / "h.csv"
    path.write_text("sex,race,y,id\n" + "".join(f"f,x,{n % 2},{n}\n" for n in range(8_000)))
    side = Predictions(np.arange(8_000) % 3 == 0, "label")
    write(side, tmp_path / "p.parquet")
    table, asked = Table.open(path), _asked(AuditSpec(*columns))
    with pytest.raises(UserError, match=said):
        if streamed:
            stream_audit(table, asked, tmp_path / "p.parquet")
        else:
            count_audit(table, asked, np.arange(8_000) % 2 == 1, [side])


def _report(audit: Audit) -> Report:
    own = sum((cell.counts for cell in audit.cells), Confusion())
    return Report(
        "fail", None, None, models={"m": ModelReport("fail", "train", candidate=Side("r", own, {}, {}), audit=audit)}
    )


WHOLE = _audit(
    [("f", "a", 100, 30), ("m", "b", 120, 50), ("", "a", 4, 1)], scored=True, unknown=("?",), selected="negative"
)


@pytest.mark.parametrize("audit", [WHOLE, _audit([("f", "a", 10, 3)]), _audit([("", "", 10, 3)])])
def test_an_audit_is_read_back_equal(audit: Audit) -> None:
    report = _report(audit)
    data = to_json(report)
    assert loads(dumps(report)) == report
    jsonschema.validate(data, schema())


def test_the_file_has_the_tables() -> None:
    found = to_json(_report(WHOLE))["models"]["m"]["audit"]
    assert found["unknown_rows"] == {"sex": 4, "race": 0, "either": 4, "rows": 224}
    assert found["tables"]["scoring"]["sex"][0] == {
        "category": ["f"],
        "rows": 100,
        "chosen": 30,
        "rate": 0.3,
        "small": False,
        "ratio": pytest.approx(0.72),
        "ratio_of_all": pytest.approx(0.72),
    }


def test_tables_are_made_again_and_never_believed() -> None:
    data = to_json(_report(WHOLE))
    data["models"]["m"]["audit"]["tables"]["scoring"]["sex"][0]["ratio"] = 1.0
    assert from_json(data) == _report(WHOLE)


HOSTILE: dict[str, tuple[Any, str]] = {
    "a row more": (lambda a: a["cells"][0].update(tn=10**6), "of other rows than the report counts"),
    "a row called otherwise": (lambda a: a["cells"][0].update(tp=1, tn=a["cells"][0]["tn"] - 1), "of other rows than"),
    "a pair twice": (lambda a: a["cells"].append(a["cells"][0]), "counted twice"),
    "more above than there are": (lambda a: a["cells"][0].update(above=10**6), "more rows score above"),
    "more than half above": (lambda a: [cell.update(above=cell["tn"]) for cell in a["cells"]], "more than half"),
    "above no median": (lambda a: a.update(median=None), "above no median"),
    "a median that is no number": (lambda a: a.update(median=float("nan")), "finite number"),
    "counts below none": (lambda a: a["cells"][0].update(fp=-1), "greater than or equal to 0"),
    "too many": (lambda a: a.update(cells=a["cells"] * 1_000), "at most 1000 items"),
    "a long value": (lambda a: a["cells"][0].update(race="x" * 20_001), "at most 20000 characters"),
    "another decision": (lambda a: a.update(selected="all"), "'positive' or 'negative'"),
}


@pytest.mark.parametrize(("change", "said"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_audit_is_refused_by_name(change: Any, said: str) -> None:
    data = copy.deepcopy(to_json(_report(WHOLE)))
    change(data["models"]["m"]["audit"])
    with pytest.raises(UserError, match=said) as raised:
        from_json(data)
    assert "models.m" in raised.value.message
