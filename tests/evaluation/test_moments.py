"""Moments of clusters: against the plainest count there is, in memory and streamed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml_ci.conditions import parse
from ml_ci.evaluation import packing
from ml_ci.evaluation.clusters import Clusters, Moments, Weighted
from ml_ci.evaluation.count import count
from ml_ci.evaluation.evaluate import compare, holdout_of
from ml_ci.evaluation.grouping import Grouping, read_grouping
from ml_ci.evaluation.large import compare as compare_in_chunks
from ml_ci.evaluation.metrics import OF_SCORES
from ml_ci.evaluation.moments import count_clusters
from ml_ci.evaluation.scores import Predictions, write
from ml_ci.evaluation.slices import Slices
from ml_ci.spec.evidence import ClusterSpec
from ml_ci.spec.values import Cost, FileEntry, FunctionJob, GateSpec, ModelSpec, Positive, SliceSpec
from ml_ci.tables.table import Table

Row = tuple[bool, bool, bool, str, str, float]
CLASSES = (slice(0, 4), slice(4, 8), slice(0, 8))
WHO, NOBODY = ClusterSpec(("who",)), ClusterSpec()


def plainly(rows: list[Row], known: tuple[str, ...] = (), alone: bool = False, distinct: bool = False) -> Moments:
    """Count (label, candidate, baseline, cluster, slice, weight) one by one; a weight of 0 counts nothing."""
    number, clusters, own = np.zeros(8, int), defaultdict(lambda: np.zeros(8)), set()
    for place, (y, c, b, who, _, weight) in enumerate(rows):
        if weight:
            key = (who, place) if alone or who in known else (who, -1)
            own |= {key} if who in known else set()
            clusters[key][4 * y + 2 * c + b] += weight
            number[4 * y + 2 * c + b] += 1
    table = [*clusters.values()]
    if not table:
        return Moments(flagged=(0.0, 0.0))
    weights = np.array(table)
    counted = [int((weights[:, cells].sum(axis=1) > 0).sum()) for cells in CLASSES]
    are_known = np.array([key in own for key in clusters])
    knowns = [int((weights[are_known][:, cells].sum(axis=1) > 0).sum()) for cells in CLASSES]
    most = [float(weights[:, cells].sum(axis=1).max()) for cells in CLASSES]
    flags = [float(weights[:, cells].sum(axis=1).max()) for cells in ([0, 1, 4, 5], [2, 3, 6, 7])]
    different: dict[tuple[float, ...], int] = defaultdict(int)
    for one in weights.tolist():
        different[tuple(one)] += 1
    return Moments(
        tuple(number.tolist()),
        tuple(weights.sum(axis=0).tolist()),
        tuple(tuple(row) for row in (weights.T @ weights).tolist()),
        (counted[0], counted[1], counted[2]),
        (most[0], most[1], most[2]),
        (flags[0], flags[1]),
        (knowns[0], knowns[1], knowns[2]),
        tuple(sorted(different.items())) if distinct else None,
    )


def grouped(rows: list[Row], weighted: bool = False, known: tuple[str, ...] = (), **keys: Any) -> tuple[Any, ...]:
    """Give arrays, the slice and the grouping of rows, as evaluation reads them."""
    y, c, b, who, where, weights = zip(*rows, strict=True)
    names = sorted({(one in known, f"{place}" if one in known else "", one) for place, one in enumerate(who)})
    place = {name: code for code, name in enumerate(names)}
    codes = np.array([place[one in known, f"{row}" if one in known else "", one] for row, one in enumerate(who)])
    first = next((code for code, name in enumerate(names) if name[0]), None)
    values = tuple(sorted(set(where)))
    of = Slices("where", np.array([values.index(one) for one in where], np.uint8), values)
    arrays = tuple(np.array(one, np.bool_) for one in (y, c, b))
    return (
        arrays,
        of,
        Grouping(
            ("who",),
            known,
            "w" if weighted else None,
            codes.astype(np.int64),
            len(names),
            first,
            np.array(weights, np.float64) if weighted else None,
            **keys,
        ),
    )


def counted(rows: list[Row], **keys: Any) -> Clusters:
    arrays, of, grouping = grouped(rows, **keys)
    return count_clusters(grouping, count(*arrays, [of]), *arrays, [of])


WEIGHT = st.sampled_from([1.0, 2.0, 5.0])
ROW = st.tuples(
    st.booleans(), st.booleans(), st.booleans(), st.sampled_from("abcde"), st.sampled_from(["N", "S"]), WEIGHT
)


@pytest.mark.parametrize("way", ["packed", "in bytes", "crowded", "sorted", "facts"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=40), weighted=st.booleans(), known=st.booleans(), distinct=st.booleans())
def test_moments_are_those_of_counting_one_by_one(
    way: str, rows: list[Row], weighted: bool, known: bool, distinct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "BYTE", -1 if way == "sorted" else 255)
    monkeypatch.setattr(packing, "NIBBLE", -1 if way == "in bytes" else 15)
    monkeypatch.setattr(packing, "_SLOTS", 2 if way == "crowded" else 16)
    if way == "facts":
        rows = [(y, c, b, who, "N" if who < "c" else "S", weight) for y, c, b, who, _, weight in rows]
    if not weighted:
        rows = [(*row[:5], 1.0) for row in rows]
    names = ("a",) if known else ()
    found = counted(rows, weighted=weighted, known=names, distinct=distinct)
    assert found.all == plainly(rows, names, distinct=distinct)
    for value in {row[4] for row in rows}:
        assert found.slices["where"][value] == plainly([row for row in rows if row[4] == value], names, False, distinct)


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=30))
def test_rows_of_slices_by_the_clusters_stand_for_themselves(rows: list[Row]) -> None:
    found = counted(rows, weighted=True, alone=frozenset(["where"]))
    assert found.all == plainly(rows)
    for value in {row[4] for row in rows}:
        assert found.slices["where"][value] == plainly([row for row in rows if row[4] == value], alone=True)


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=30), distinct=st.booleans())
def test_rows_without_clusters_stand_for_themselves(rows: list[Row], distinct: bool) -> None:
    arrays, of, grouping = grouped(rows, weighted=True)
    found = count_clusters(
        replace(grouping, codes=None, number=0, distinct=distinct), count(*arrays, [of]), *arrays, [of]
    )
    assert found.all == plainly(rows, alone=True, distinct=distinct)
    for value in {row[4] for row in rows}:
        part = [row for row in rows if row[4] == value]
        assert found.slices["where"][value] == plainly(part, alone=True, distinct=distinct)


@pytest.mark.parametrize("size", [15, 16, 255, 256, 300, 70_000])
def test_clusters_of_any_size_are_counted_exactly(size: int) -> None:
    rows: list[Row] = [(False, True, False, "big", "N", 1.0)] * size
    rows += [(False, False, False, "big", "S", 1.0), (True, True, True, "small", "S", 1.0)]
    found = counted(rows)
    assert found.all.products[2][2] == float(size**2)
    assert found.slices["where"]["N"].products[2][2] == float(size**2)
    assert (found.all.largest, found.slices["where"]["N"].largest) == ((size + 1, 1, size + 1), (size, 0, size))


def test_many_clusters_of_many_rows_are_counted_exactly() -> None:
    """Beyond what a float32 holds: 2 slices of 40,000 clusters with 30 rows each."""
    codes = np.repeat(np.arange(80_000), 30)
    none = np.zeros(len(codes), np.bool_)
    of = Slices("where", (np.arange(len(codes)) % 2).astype(np.uint8), ("N", "S"))
    found = count_clusters(
        Grouping(("who",), codes=codes, number=80_000), count(none, none, None, [of]), none, none, None, [of]
    )
    assert found.slices["where"]["N"].products[0][0] == 80_000 * 15.0**2


def test_a_code_of_no_value_is_refused() -> None:
    none = np.zeros(3, np.bool_)
    of = Slices("where", np.array([0, 1, 2], np.uint8), ("N", "S"))
    packer = packing.Packer(np.array([0, 0, 1]), 2, none.astype(np.uint8), 2, 1)
    with pytest.raises(IndexError, match="where: a code is none of 2 values"):
        list(packer.count(of, None))


def test_distinct_clusters_are_kept_up_to_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[Row] = [(False, False, False, f"{who}", "N", 1.0) for who in range(5) for _ in range(who + 1)]
    assert len(counted(rows, distinct=True).all.distinct or ()) == 5
    monkeypatch.setattr(packing, "MOST_DISTINCT", 4)
    assert counted(rows, distinct=True).all.distinct is None


def test_weighted_counts_of_both_sides() -> None:
    found = Moments(totals=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0))
    assert (found.candidate, found.baseline) == (Weighted(15, 7, 3, 11), Weighted(14, 6, 4, 12))
    assert (found.candidate.rows, found.candidate.positives, found.candidate.negatives) == (36, 26, 10)


def model(**keys: Any) -> ModelSpec:
    plain = ModelSpec("m", FunctionJob("m:t"), {}, FileEntry("h.csv"), "y", Positive((1,)))
    return replace(plain, **keys)


SPECS = (SliceSpec(("u",)), SliceSpec(("u", "who")), SliceSpec(("v",), (1.5,)), SliceSpec(("u", "v")))
RECORD = st.tuples(
    st.booleans(),
    st.booleans(),
    st.sampled_from(["1", "0", "1.0", " 2"]),
    st.sampled_from(["a", " b", "b ", "c,d", "7", "7.0"]),
    st.sampled_from(["x", " x", "", "(missing)", "y,z"]),
    st.sampled_from(["", "1", "2", " 2.0"]),
    st.sampled_from(["1", "0", "2", "0.5"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(RECORD, min_size=1, max_size=25),
    cluster=st.sampled_from([WHO, ClusterSpec(("who",), (7, "zz")), ClusterSpec(("who", "u2")), NOBODY]),
    weighted=st.booleans(),
    paired=st.booleans(),
    proof=st.booleans(),
)
def test_streamed_is_in_memory(
    rows: list[Any], cluster: ClusterSpec, weighted: bool, paired: bool, proof: bool, tmp_path: Path
) -> None:
    rows = [*rows, (True, False, "1", "a", "x", "1", "1"), (True, True, "0", "a", "x", "1", "1")]
    path = tmp_path / "h.csv"
    lines = (f'{y},"{who}","{u}",{v},{w},k\n' for _, _, y, who, u, v, w in rows)
    path.write_text("y,who,u,v,w,u2\n" + "".join(lines))
    table = Table.open(path)
    asked = model(
        cluster=cluster,
        weight="w" if weighted else None,
        slices=SPECS,
        confidence=0.9 if proof else None,
        cost=Cost(1, 3),
    )
    both = [Predictions(np.array([row[side] for row in rows]), "label") for side in (0, 1)]
    files = [tmp_path / "c.parquet", tmp_path / "b.parquet"]
    for one, file in zip(both, files, strict=True):
        write(one, file)
    expected = compare(holdout_of(table, asked), both[0], both[1] if paired else None, price=asked.cost)
    sides = [(file, {}) for file in files[: 2 if paired else 1]]
    found = compare_in_chunks(table, asked, sides, OF_SCORES)
    assert found.clusters == expected.clusters
    assert (found.clusters is None) is (cluster == NOBODY and not weighted)
    assert (found.candidate.confusion, found.candidate.slices, found.paired) == (
        expected.candidate.confusion,
        expected.candidate.slices,
        expected.paired,
    )
    assert found.candidate.metrics["cost"] == pytest.approx(expected.candidate.metrics["cost"])


def test_by_class_each_class_has_its_clusters(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text("y,who\nr,a\ng,a\nb,b\nr,b\nr,c\n")
    gate = GateSpec("each(fnr, by=class) <= 0.5", parse("each(fnr, by=class) <= 0.5"))
    asked = model(cluster=WHO, positive=Positive(("r",)), gates=(gate,))
    table = Table.open(path)
    codes = np.array([2, 1, 0, 0, 2], np.int32)
    predicted = Predictions(codes == 2, "label", None, codes, ("b", "g", "r"))
    found = compare(holdout_of(table, asked), predicted).clusters
    assert found is not None and set(found.slices) == {"class"}
    rows: list[Row] = [
        (y == "b", p == 0, False, who, "", 1.0) for y, p, who in zip("rgbrr", codes.tolist(), "aabbc", strict=True)
    ]
    assert found.slices["class"]["b"] == plainly(rows)


def test_nothing_is_counted_where_nobody_asks(tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("y,who\n1,a\n0,a\n")
    table = Table.open(tmp_path / "h.csv")
    predicted = Predictions(np.array([True, False]), "label")
    for asked in (model(), model(cluster=NOBODY)):
        assert read_grouping(table, asked) is None
        assert compare(holdout_of(table, asked), predicted).clusters is None
