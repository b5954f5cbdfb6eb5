"""Which rows belong together, and what each weighs: read from the holdout, and refused by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import duckdb
import pytest

from ml_ci.errors import UserError
from ml_ci.evaluation.grouping import note_grouping, read_grouping, refuse_unfit
from ml_ci.spec.evidence import ClusterSpec
from ml_ci.spec.values import FileEntry, FunctionJob, ModelSpec, PartEntry, Positive, SliceSpec
from ml_ci.tables.table import Table
from tests.evaluation.conftest import Make

WHO = ClusterSpec(("who",))


def model(**keys: Any) -> ModelSpec:
    plain = ModelSpec("m", FunctionJob("m:t"), {}, FileEntry("h.csv"), "y", Positive((1,)))
    return replace(plain, **keys)


def partition(codes: Any) -> list[int]:
    """Give each row the first row of its cluster: what codes mean, whatever their numbers are."""
    first: dict[int, int] = {}
    return [first.setdefault(int(code), row) for row, code in enumerate(codes)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a", "b", "a", "c"], [0, 1, 0, 3]),
        (["a", " a ", "A", "a"], [0, 0, 2, 0]),
        (["7", "7.0", "07", "7e0"], [0, 0, 0, 0]),
        (["0.5", ".50", "5e-1", "0.51"], [0, 0, 0, 3]),
        (["nan", "NA", "nan", "none"], [0, 1, 0, 3]),
        (["True", "true", "TRUE", "1"], [0, 0, 0, 3]),
    ],
)
@pytest.mark.parametrize("parquet", [False, True])
def test_equal_values_are_one_cluster_however_they_are_written(
    make: Make, tmp_path: Any, values: list[str], expected: list[int], parquet: bool
) -> None:
    table = make("y,who\n" + "".join(f"{row % 2},{value}\n" for row, value in enumerate(values)))
    if parquet:
        duckdb.execute(f"COPY (FROM read_csv('{table.path}', all_varchar = true)) TO '{tmp_path}/h.parquet'")
        table = Table.open(tmp_path / "h.parquet")
    found = read_grouping(table, model(cluster=WHO))
    assert found is not None
    assert (partition(found.codes), found.number) == (expected, len(set(expected)))
    assert (found.columns, found.known, found.first_known, found.weights) == (("who",), (), None, None)


def test_numbers_of_parquet_are_those_of_text(make: Make, tmp_path: Any) -> None:
    duckdb.execute(
        "COPY (SELECT * FROM (VALUES (1, 7.0::DOUBLE), (0, 7.5), (0, 7.0)) t(y, who)) "
        f"TO '{tmp_path}/h.parquet' (FORMAT parquet)"
    )
    found = read_grouping(Table.open(tmp_path / "h.parquet"), model(cluster=ClusterSpec(("who",), (7,))))
    assert found is not None
    assert (partition(found.codes), found.number, found.first_known) == ([0, 1, 2], 3, 1)


def test_several_columns_make_one_cluster_together(make: Make) -> None:
    table = make("y,shop,who\n1,a,1\n0,a,2\n1,b,1\n0,a,1\n")
    found = read_grouping(table, model(cluster=ClusterSpec(("shop", "who"))))
    assert found is not None and partition(found.codes) == [0, 1, 2, 0]


def test_rows_of_a_known_cluster_are_clusters_of_their_own_and_the_last(make: Make) -> None:
    table = make("y,who\n1,acme\n0,b\n1, acme\n0,c\n1,b\n0,ACME\n")
    found = read_grouping(table, model(cluster=ClusterSpec(("who",), ("acme",))))
    assert found is not None and found.codes is not None
    assert (partition(found.codes), found.number) == ([0, 1, 2, 3, 1, 5], 5)
    assert [code >= (found.first_known or 99) for code in found.codes] == [True, False, True, False, False, False]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, None),
        ({"cluster": ClusterSpec()}, None),
        ({"holdout": PartEntry("train", share=0.5, by="who")}, ("who",)),
        ({"holdout": PartEntry("train", share=0.5, by="who"), "cluster": ClusterSpec()}, None),
        ({"cluster": ClusterSpec(), "weight": "w"}, ()),
        ({"weight": "w"}, ()),
    ],
)
def test_what_is_asked_is_read(make: Make, keys: Any, expected: Any) -> None:
    found = read_grouping(make("y,who,w\n1,a,2\n0,b,0.5\n"), model(**keys))
    assert (found and found.columns) == expected
    if found and found.weight:
        assert found.weights is not None and found.codes is None and found.weights.tolist() == [2.0, 0.5]


def test_slices_by_the_clusters_themselves_are_named(make: Make) -> None:
    slices = (SliceSpec(("who",)), SliceSpec(("shop", "who")), SliceSpec(("shop",)), SliceSpec(("who",), (1.0,)))
    found = read_grouping(make("y,who,shop\n1,1,a\n0,2,a\n"), model(cluster=WHO, slices=slices[:3]))
    assert found is not None and found.alone == {"who", "shop,who"}
    found = read_grouping(make("y,who,shop\n1,1,a\n0,2,a\n"), model(cluster=WHO, slices=slices[2:]))
    assert found is not None and found.alone == frozenset()


@pytest.mark.parametrize(
    ("content", "keys", "message"),
    [
        (
            "y,who\n1,a\n0,\n1, \n",
            {"cluster": WHO},
            "data/holdout.csv, line 3: no value in column 'who', by which rows belong together (and 1 rows more)",
        ),
        ("y,a\n1,a\n0,b\n", {"cluster": WHO}, "data/holdout.csv: there is no column 'who'"),
        ("y,who\n1,a\n0,b\n", {"weight": "w"}, "data/holdout.csv: there is no column 'w'"),
        ("y,w\n1,1\n0,\n", {"weight": "w"}, "data/holdout.csv, line 3: no weight in column 'w'"),
        ("y,w\n1,1\n0,nan\n", {"weight": "w"}, "data/holdout.csv, line 3: the weight 'nan' in column 'w' is no finite"),
        ("y,w\n1,1\n0,inf\n", {"weight": "w"}, "data/holdout.csv, line 3: the weight 'inf' in column 'w' is no finite"),
        ("y,w\n1,1\n0,-2\n1,-3\n", {"weight": "w"}, "data/holdout.csv, line 3: the weight '-2' in column 'w' is neg"),
        ("y,w\n1,1\n0,x\n", {"weight": "w"}, "data/holdout.csv, line 3: the weight 'x' in column 'w' is no number"),
        ("y,w\n1,1\n0,1_0\n", {"weight": "w"}, "data/holdout.csv, line 3: the weight '1_0' in column 'w' is no number"),
        ("y,w\n1,1\n0,1e16\n", {"weight": "w"}, "data/holdout.csv, line 3: the weight '1e16' in column 'w' is not bet"),
        ("y,w\n1,1\n0,1e-16\n", {"weight": "w"}, "data/holdout.csv, line 3: the weight '1e-16' in column 'w' is not b"),
    ],
)
def test_refuses_what_says_nothing(make: Make, content: str, keys: Any, message: str) -> None:
    table = make(content)
    for ask in (refuse_unfit, read_grouping):
        with pytest.raises(UserError) as caught:
            ask(table, model(**keys))
        assert caught.value.message.startswith(message)
        assert caught.value.hint


def test_a_missing_weight_of_a_parquet_file_is_named_by_its_row(tmp_path: Any) -> None:
    duckdb.execute(
        f"COPY (SELECT * FROM (VALUES (1, 1.0), (0, NULL)) t(y, w)) TO '{tmp_path}/h.parquet' (FORMAT parquet)"
    )
    table = Table.open(tmp_path / "h.parquet", shown="h.parquet")
    with pytest.raises(UserError, match=r"^h.parquet, row 2: no weight in column 'w'\n"):
        refuse_unfit(table, model(weight="w"))


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({}, ()),
        ({"cluster": ClusterSpec(("who",), ("a",))}, ()),
        (
            {"cluster": ClusterSpec(("who",), ("a", "acme"))},
            (
                "`cluster:` says that 'acme' is known, and no row of data/holdout.csv has it in column 'who': nothing "
                "is judged otherwise for it.",
            ),
        ),
        ({"weight": "w"}, ("2 rows have a weight of 0 in column 'w' and are not counted.",)),
        ({"weight": "v"}, ("1 row has a weight of 0 in column 'v' and is not counted.",)),
    ],
)
def test_says_what_is_not_there_and_what_is_not_counted(make: Make, keys: Any, said: Any) -> None:
    assert note_grouping(make("y,who,w,v\n1,a,0,1\n0,b,0.0,2\n1,a,3,0\n"), model(**keys)) == said
