"""Rows of a table are the rows of the user's own split: the same values, types and index, or the same bytes."""

from __future__ import annotations

import datetime
import gzip
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml_ci.child.frames import read_by_pandas, read_by_polars, take_by_pandas, take_by_polars
from ml_ci.spec.values import PartEntry
from ml_ci.tables.columns import without
from ml_ci.tables.layout import examine
from ml_ci.tables.parts import PART, REST, cut, sample
from ml_ci.training.inputs import describe_writing

N = 60
SPLIT = ["test" if place % 3 == 0 else "train" for place in range(N)]
CUT = PartEntry("train", where=("split", ("test",)))


class Halves:
    """The two halves of a table, as a job gets them."""

    def __init__(self, whole: Path, columns: list[str] | None = None) -> None:
        self.whole, self.columns = whole, columns
        self.flags = whole.with_name("flags")
        self.rest, self.part = whole.with_name("rest"), whole.with_name("part")
        cut(whole, CUT, self.rest, self.part, columns=columns, flags=self.flags)
        self.mask = np.fromfile(self.flags, np.uint8) == PART

    def entry(self, wanted: int, left_out: str | None = None) -> dict[str, Any]:
        said = describe_writing(examine(self.whole, self.columns, "d"))
        asked = None if said is None else vars(said)
        whole = {"flags": str(self.flags), "wanted": wanted, "without": left_out}
        return {"path": str(self.whole), "columns": self.columns, "written": asked, "whole": whole}

    def by_pandas(self, wanted: int, left_out: str | None = None) -> pd.DataFrame:
        entry = self.entry(wanted, left_out)
        return take_by_pandas(read_by_pandas(pd, entry), entry)

    def by_polars(self, wanted: int) -> pl.DataFrame:
        entry = self.entry(wanted)
        return take_by_polars(pl, read_by_polars(pl, entry), entry)


def _csv(rows: Callable[[int], object], header: str = "v") -> bytes:
    lines = [f"{header},split", *(f"{rows(place)},{SPLIT[place]}" for place in range(N))]
    return ("\n".join(lines) + "\n").encode()


# What a column holds, and the type that pandas gives the whole of it. Each has something in one half only.
TEXTS: dict[str, tuple[bytes, str]] = {
    "a gap in the training rows": (_csv(lambda n: "" if n == 1 else n % 7), "float64"),
    "a gap in the holdout's rows": (_csv(lambda n: "" if n == 3 else n % 7), "float64"),
    "a rare word": (_csv(lambda n: "other" if n == 4 else n % 7), "str"),
    "one fraction": (_csv(lambda n: "2.5" if n == 6 else n), "float64"),
    "NA and NULL": (_csv(lambda n: {1: "NA", 3: "NULL"}.get(n, n)), "float64"),
    "None among words": (_csv(lambda n: "None" if n == 3 else "yes"), "str"),
    "leading zeros": (_csv(lambda n: f"00{n}"), "int64"),
    "leading zeros and a letter": (_csv(lambda n: "A01" if n == 2 else f"00{n}"), "str"),
    "booleans": (_csv(lambda n: n % 2 == 0), "bool"),
    "booleans with a gap": (_csv(lambda n: "" if n == 5 else n % 2 == 0), "object"),
    "booleans and a number": (_csv(lambda n: 1 if n == 5 else n % 2 == 0), "str"),
    "dates": (_csv(lambda n: datetime.date(2026, 1, 1) + datetime.timedelta(n)), "str"),
    "twenty digits": (_csv(lambda n: 10**19 + n), "uint64"),
    "twenty-five digits": (_csv(lambda n: 10**25 if n == 2 else n), "object"),
    "empty texts in quotes": (_csv(lambda n: '""' if n == 3 else f'"w{n}"'), "str"),
    "thousands": (_csv(lambda n: '"1,000"' if n == 3 else n), "str"),
    "infinity": (_csv(lambda n: "inf" if n == 3 else n), "float64"),
    "a byte order mark": (b"\xef\xbb\xbf" + _csv(lambda n: "x" if n == 3 else n), "str"),
    "Latin-1": (_csv(lambda n: "Köln" if n == 3 else "Bonn").decode().encode("latin-1"), "str"),
    "blanks around values": (_csv(lambda n: f" {n} " if n % 2 else ""), "float64"),
    "semicolons": (_csv(lambda n: "" if n == 3 else n).replace(b",", b";"), "float64"),
    "line ends of Windows": (_csv(lambda n: "" if n == 3 else n).replace(b"\n", b"\r\n"), "float64"),
    "mixed line ends": (_csv(lambda n: "" if n == 3 else n).replace(b"train\n", b"train\r\n"), "float64"),
    "line ends inside of quotes": (_csv(lambda n: f'"a\r\n{n}"'), "str"),
    "gzip": (gzip.compress(_csv(lambda n: "" if n == 3 else n)), "float64"),
}


def _own(texts: pd.DataFrame) -> pd.DataFrame:
    return texts.reset_index(drop=True)


@pytest.mark.parametrize("case", TEXTS)
def test_a_part_of_a_text_is_typed_as_the_whole(case: str, tmp_path: Path) -> None:
    content, kind = TEXTS[case]
    file = tmp_path / "all.csv"
    file.write_bytes(content)
    halves = Halves(file)
    assert halves.mask.tolist() == [one == "test" for one in SPLIT]
    own = pd.read_csv(
        file,
        sep=";" if case == "semicolons" else ",",
        compression="gzip" if case == "gzip" else None,
        encoding="latin-1" if case == "Latin-1" else "utf-8",
        skipinitialspace=True,
    )
    if case == "blanks around values":
        own["v"] = pd.to_numeric(own["v"].astype(str).str.strip(), errors="coerce")
    for wanted, mask in ((REST, ~halves.mask), (PART, halves.mask)):
        given = halves.by_pandas(wanted)
        assert str(given["v"].dtype) == kind
        pd.testing.assert_frame_equal(given, _own(own[mask]))
    assert list(halves.by_pandas(PART, left_out=" split ").columns) == ["v"]
    kinds = {str(halves.by_polars(wanted)["v"].dtype) for wanted in (REST, PART)}
    assert len(kinds) == 1
    assert halves.by_polars(PART).height == halves.mask.sum()


def test_a_table_between_white_space_without_a_header(tmp_path: Path) -> None:
    file = tmp_path / "x y.data"
    file.write_text("".join(f"{'?' if n == 4 else n}   {n}.5\t{SPLIT[n]}\n" for n in range(N)))
    halves = Halves(file, ["v", "w", "split"])
    own = pd.read_csv(file, sep=r"\s+", header=None, names=["v", "w", "split"])
    pd.testing.assert_frame_equal(halves.by_pandas(PART), _own(own[halves.mask]))
    assert halves.by_polars(REST)["v"].dtype == pl.String
    without(file, "w", tmp_path / "out", columns=["v", "w", "split"])
    assert (tmp_path / "out").read_text().startswith("0   test\n1   train\n")


def _frames() -> Iterator[tuple[str, pd.DataFrame]]:
    plain = pd.DataFrame({"v": np.arange(N) * 1.5, "split": SPLIT})
    moments = pd.date_range("2026-01-01", periods=N, freq="37min", tz="Europe/Paris")
    yield "numbered", plain
    yield "an index of labels", plain.set_index(pd.Index([f"r{n}" for n in range(N)]))
    yield "a named index", plain.set_index(pd.Index(range(N, 0, -1), name="customer_id"))
    yield "a range that begins elsewhere", plain.set_index(pd.RangeIndex(100, 100 + 2 * N, 2))
    yield "a range with a name", plain.set_index(pd.RangeIndex(N, name="row"))
    yield "two levels", plain.set_index(pd.MultiIndex.from_product([list("ab"), range(N // 2)], names=["g", None]))
    yield "moments as index", plain.set_index(moments)
    yield "categories", plain.assign(c=pd.Categorical(["x", "y"] * (N // 2), categories=["z", "y", "x"]))
    yield "ordered", plain.assign(c=pd.Categorical(["lo", "hi"] * (N // 2), categories=["lo", "hi"], ordered=True))
    yield "categories of numbers", plain.assign(c=pd.Categorical([3, 1] * (N // 2), categories=[3, 2, 1]))
    yield "Int64", plain.assign(c=pd.array([None, 2**62 + 1] * (N // 2), dtype="Int64"))
    yield "Int8", plain.assign(c=pd.array([1, None] * (N // 2), dtype="Int8"))
    yield "boolean", plain.assign(c=pd.array([True, None] * (N // 2), dtype="boolean"))
    yield "string", plain.assign(c=pd.array(["", None] * (N // 2), dtype="string"))
    yield "Float32", plain.assign(c=pd.array([0.1, None] * (N // 2), dtype="Float32"))
    yield "zones", plain.assign(c=moments)
    yield "nanoseconds", plain.assign(c=pd.to_datetime(np.arange(N) + 1))
    yield "spans", plain.assign(c=pd.to_timedelta(np.arange(N), unit="s"))
    yield "periods", plain.assign(c=pd.period_range("2026-01", periods=N, freq="M"))
    yield "intervals", plain.assign(c=pd.interval_range(0, N))
    yield "small numbers", plain.assign(c=np.arange(N, dtype="uint8"), d=np.arange(N, dtype="float32"))
    yield "float16", plain.assign(c=np.arange(N).astype("float16"))
    yield "lists", plain.assign(c=[[n, None] for n in range(N)])
    yield "odd names", plain.rename(columns={"v": "belongs"}).assign(filename="x", rowid=1, A=1, a=2)


FRAMES = dict(_frames())


@pytest.mark.parametrize("groups", [N, 7])
@pytest.mark.parametrize("case", FRAMES)
def test_a_part_of_a_data_frame_is_the_users_own_split(case: str, groups: int, tmp_path: Path) -> None:
    file = tmp_path / "all.parquet"
    FRAMES[case].to_parquet(file, row_group_size=groups)
    whole = pd.read_parquet(file)
    halves = Halves(file)
    for wanted, mask, path in ((REST, ~halves.mask, halves.rest), (PART, halves.mask, halves.part)):
        numbers = isinstance(whole.index, pd.RangeIndex) and (whole.index.start, whole.index.name) == (0, None)
        own = _own(whole[mask]) if numbers else whole[mask]
        pd.testing.assert_frame_equal(halves.by_pandas(wanted), own)
        pd.testing.assert_frame_equal(pd.read_parquet(path), own)  # what a job that reads the file itself finds
    pd.testing.assert_frame_equal(
        halves.by_pandas(PART, left_out="split"), halves.by_pandas(PART).drop(columns="split")
    )
    sample(file, 10, 0, tmp_path / "sample")
    drawn = pd.read_parquet(tmp_path / "sample")
    assert (len(drawn), list(drawn.dtypes)) == (10, list(whole.dtypes))
    without(file, "split", tmp_path / "out")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "out"), whole.drop(columns="split"))


ARROW: dict[str, pa.Array] = {
    "date64": pa.array([n * 86_400_000 for n in range(N)], pa.date64()),
    "decimal256": pa.array([Decimal(10**40 + n) for n in range(N)], pa.decimal256(50, 2)),
    "decimal128": pa.array([Decimal("0.50")] * N, pa.decimal128(9, 2)),
    "fixed lists": pa.array([[n, n + 1] for n in range(N)], pa.list_(pa.int16(), 2)),
    "large texts": pa.array(["x"] * N, pa.large_string()),
    "dictionary": pa.array(["x", "y", None] * (N // 3)).dictionary_encode(),
    "nested": pa.array([{"a": [n], "b": {"c": "x"}} for n in range(N)]),
    "maps": pa.array([[("k", n)] for n in range(N)], pa.map_(pa.string(), pa.int8())),
    "durations": pa.array(list(range(N)), pa.duration("ms")),
    "times": pa.array(list(range(N)), pa.time32("s")),
    "bytes": pa.array([bytes([n]) for n in range(N)], pa.binary()),
    "fixed bytes": pa.array([b"ab"] * N, pa.binary(2)),
    "uint64": pa.array([2**64 - 1 - n for n in range(N)], pa.uint64()),
    "half floats": pa.array(np.arange(N).astype("float16")),
    "moments with a zone": pa.array(list(range(N)), pa.timestamp("ns", "Asia/Tokyo")),
    "nothing": pa.nulls(N),
}


@pytest.mark.parametrize("codec", ["snappy", "zstd", "none"])
@pytest.mark.parametrize("case", ARROW)
def test_arrow_types_stay(case: str, codec: str, tmp_path: Path) -> None:
    file = tmp_path / "d.parquet"
    table = pa.table({"c": ARROW[case], "split": SPLIT})
    pq.write_table(table, file, compression=codec, row_group_size=13)
    halves = Halves(file)
    read = pq.read_table(file)
    for path, mask in ((halves.rest, ~halves.mask), (halves.part, halves.mask)):
        assert pq.read_table(path).equals(read.filter(pa.array(mask)))
        assert pq.read_table(path).schema.equals(read.schema, check_metadata=True)
    cut(file, CUT, None, halves.part, blank="c")
    assert pq.read_table(halves.part).schema.field("c").type == read.schema.field("c").type
    assert pq.read_table(halves.part)["c"].null_count == halves.mask.sum()
