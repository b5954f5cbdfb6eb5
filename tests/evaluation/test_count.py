from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from ml_ci.errors import StageFailed, UserError
from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.evaluation.count import Cells, count
from ml_ci.evaluation.labels import read_labels
from ml_ci.evaluation.scores import Predictions, write
from ml_ci.evaluation.slices import Slices, read_slices
from ml_ci.evaluation.stream import stream
from ml_ci.spec.values import Positive, SliceSpec
from ml_ci.tables.table import Table


def test_cells_are_named_right() -> None:
    y = np.array([0, 0, 0, 0, 1, 1, 1, 1], np.bool_)
    candidate = np.array([0, 0, 1, 1, 0, 0, 1, 1], np.bool_)
    baseline = np.array([0, 1, 0, 1, 0, 1, 0, 1], np.bool_)
    cells = count(np.repeat(y, range(1, 9)), np.repeat(candidate, range(1, 9)), np.repeat(baseline, range(1, 9))).all
    assert cells.n == (1, 2, 3, 4, 5, 6, 7, 8)
    assert cells.candidate == Confusion(tp=15, fp=7, tn=3, fn=11)
    assert cells.baseline == Confusion(tp=14, fp=6, tn=4, fn=12)
    assert cells.paired == Paired(
        negatives=PairedErrors(both=4, candidate_only=3, baseline_only=2, neither=1),
        positives=PairedErrors(both=5, candidate_only=6, baseline_only=7, neither=8),
    )


BITS = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(rows=BITS, sizes=st.lists(st.integers(1, 300), max_size=6), seed=st.integers(0, 99))
def test_slices_sum_to_the_total_and_each_is_the_plain_count(
    rows: list[tuple[bool, bool, bool]], sizes: list[int], seed: int
) -> None:
    y, c, b = (np.array(column, np.bool_) for column in zip(*rows, strict=True))
    random = np.random.default_rng(seed)
    slices = []
    for place, size in enumerate(sizes):
        codes = random.integers(0, size, len(y)).astype(np.min_scalar_type(size - 1))
        slices.append(Slices(f"s{place}", codes, tuple(map(str, range(size)))))
    counts = count(y, c, b, slices)
    assert list(counts.slices) == [one.name for one in slices]
    for one in slices:
        values = counts.slices[one.name]
        assert tuple(map(sum, zip(*(cells.n for cells in values.values()), strict=True))) == counts.all.n
        for code in np.unique(one.codes):
            inside = one.codes == code
            assert values[str(code)] == count(y[inside], c[inside], b[inside]).all


def test_a_count_agrees_with_scikit_learn() -> None:
    random = np.random.default_rng(0)
    y, c, b = random.random((3, 5000)) < 0.4
    codes = random.integers(0, 900, 5000).astype(np.uint16)
    wide = [Slices(name, codes, tuple(map(str, range(900)))) for name in "ab"]
    counts = count(y, c, b, wide)
    for decision, found in ((c, counts.all.candidate), (b, counts.all.baseline)):
        tn, fp, fn, tp = confusion_matrix(y, decision).ravel()
        assert found == Confusion(tp, fp, tn, fn)
    assert counts.slices["a"] == counts.slices["b"]
    assert sum(cells.candidate.rows for cells in counts.slices["a"].values()) == 5000


def test_without_a_baseline_and_without_rows() -> None:
    y = np.array([True, False])
    assert count(y, y).all.candidate == Confusion(tp=1, tn=1)
    empty = np.zeros(0, np.bool_)
    assert count(empty, empty, empty).all == Cells()


VALUE = st.sampled_from(["a", " b", "b ", "", "c,d", "7"])
AGE = st.sampled_from(["", "5", "18", "29.5", "77", " 30 "])
RECORD = st.tuples(st.booleans(), st.booleans(), st.sampled_from(["1", "0", "1.0", " 2"]), VALUE, VALUE, AGE)
SPECS = (SliceSpec(("u",)), SliceSpec(("u", "v")), SliceSpec(("age",), (18, 30)))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(RECORD, min_size=1, max_size=30), parquet=st.booleans(), paired=st.booleans())
def test_streamed_counts_are_those_in_memory(
    rows: list[tuple[bool, bool, str, str, str, str]], parquet: bool, paired: bool, tmp_path: Path
) -> None:
    rows = [*rows, (True, False, "1", "a", "a", "20"), (True, True, "0", "a", "a", "20")]
    path = tmp_path / "h.csv"
    path.write_text("y,u,v,age\n" + "".join(f'{y},"{u}","{v}",{age}\n' for _, _, y, u, v, age in rows))
    if parquet:
        query = f"COPY (FROM read_csv('{path}', all_varchar = true)) TO '{tmp_path}/h.parquet' (FORMAT parquet)"
        duckdb.execute(query)
        path = tmp_path / "h.parquet"
    table = Table.open(path)
    candidate, baseline = (np.array([row[side] for row in rows]) for side in (0, 1))
    files = [tmp_path / "c.parquet", tmp_path / "b.parquet"]
    for decision, file in zip((candidate, baseline), files, strict=True):
        write(Predictions(decision, "label"), file)
    positive = Positive((1,))
    expected = count(
        read_labels(table, "y", positive).y_true,
        candidate,
        baseline if paired else None,
        [read_slices(table, spec) for spec in SPECS],
    )
    found = stream(table, "y", positive, SPECS, files[0], files[1] if paired else None)
    assert found == expected
    assert [list(values) for values in found.slices.values()] == [list(v) for v in expected.slices.values()]


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / "c.parquet"
    write(Predictions(np.array([True, False, True]), "label"), path)
    return path


def test_streaming_by_comparison(stored: Path, tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("y,n\n31,1\n30,1\n2,1\n")
    table = Table.open(tmp_path / "h.csv")
    found = stream(table, "y", Positive(comparison=(">=", 30.0)), (), stored)
    assert found.all.candidate == Confusion(tp=1, fp=1, fn=1)


@pytest.mark.parametrize(
    ("content", "positive", "message"),
    [
        ("y,n\n1,1\n0,2\n,3\n", Positive((1,)), "h.csv, line 4: no label in column 'y'"),
        ("y,n\n0,1\n0,2\n0,3\n", Positive((1,)), "positive value '1' never occurs in column 'y' of h.csv"),
        ("y,n\n1,1\nnan,2\n3,3\n", Positive(comparison=(">", 1.0)), "h.csv, line 3: no label in column 'y'"),
        ("y,n\n1,1\nx,2\n3,3\n", Positive(comparison=(">", 1.0)), "h.csv, line 3: 'x' in column 'y' is no number"),
        ("y,n\n1,1\n1,2\n1,3\n", Positive(comparison=(">", 1.0)), "no label in column 'y' of h.csv is > 1"),
    ],
)
def test_streaming_refuses_what_the_memory_count_refuses(
    stored: Path, tmp_path: Path, content: str, positive: Positive, message: str
) -> None:
    (tmp_path / "h.csv").write_text(content)
    with pytest.raises(UserError) as caught:
        stream(Table.open(tmp_path / "h.csv", shown="h.csv"), "y", positive, (), stored)
    assert caught.value.message.startswith(message)


def test_streaming_refuses_another_number_of_rows_and_ids(stored: Path, tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("y,n\n1,1\n0,2\n")
    with pytest.raises(StageFailed, match=r"c.parquet has 3 rows, and the holdout h.csv has 2"):
        stream(Table.open(tmp_path / "h.csv", shown="h.csv"), "y", Positive((1,)), (), stored)
    (tmp_path / "more.csv").write_text("y,n\n1,1\n0,2\n1,3\n0,4\n")
    with pytest.raises(StageFailed, match=r"c.parquet has 3 rows, and the holdout more.csv has 4"):
        stream(Table.open(tmp_path / "more.csv", shown="more.csv"), "y", Positive((1,)), (), stored)
    (tmp_path / "i.csv").write_text("y,id\n" + "".join(f"{i % 2},{i}\n" for i in range(20_000)))
    write(Predictions(np.zeros(20_000, np.bool_), "label"), stored)
    with pytest.raises(UserError, match=r"column .id. has .* different values, more than 1,000"):
        stream(Table.open(tmp_path / "i.csv"), "y", Positive((1,)), (SliceSpec(("id",)),), stored)


@pytest.mark.parametrize(("values", "refused"), [(1_000, False), (1_001, True)])
def test_streaming_and_counting_refuse_the_same_number_of_slices(
    stored: Path, tmp_path: Path, values: int, refused: bool
) -> None:
    rows = 2 * values
    (tmp_path / "h.csv").write_text("y,id\n" + "".join(f"{row % 2},v{row // 2}\n" for row in range(rows)))
    write(Predictions(np.zeros(rows, np.bool_), "label"), stored)
    table, spec = Table.open(tmp_path / "h.csv"), SliceSpec(("id",))
    if not refused:
        assert len(stream(table, "y", Positive((1,)), (spec,), stored).slices["id"]) == values
        assert len(read_slices(table, spec).values) == values
        return
    for ask in (lambda: stream(table, "y", Positive((1,)), (spec,), stored), lambda: read_slices(table, spec)):
        with pytest.raises(UserError, match="has 1,001 different values, more than 1,000"):
            ask()
