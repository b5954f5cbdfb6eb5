"""Predictions that unpack to more than a holdout needs end soon and in little memory, however they are packed."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml_ci.evaluation.predictions import read
from ml_ci.spec.values import Positive
from ml_ci.tables.table import Table

ROOT = Path(__file__).parents[2]
ROWS = 1000
CPU, MEGABYTES = 2.0, 300.0
HOLDOUT = "id,y\n" + "".join(f"{row},{row % 2}\n" for row in range(ROWS))

READ = """
    import json, sys, time
    from pathlib import Path
    from ml_ci.errors import StageFailed, UserError
    from ml_ci.evaluation.predictions import read
    from ml_ci.spec.values import Positive
    from ml_ci.tables.table import Table

    holdout = Table.open(Path(sys.argv[1]))
    began = time.process_time()
    try:
        found = read(Path(sys.argv[2]), holdout, "y", Positive(("1",)), shown="predictions").rows
    except StageFailed as error:
        found = [error.failure.code, error.failure.message]
    seconds = time.process_time() - began
    # ru_maxrss starts from that of the process that started this one
    peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(json.dumps([found, seconds, int(peak) / 1000]))
"""


def members(*parts: tuple[bytes, int]) -> bytes:
    """Pack parts that repeat; a gzip file may be many, one after another, which are packed once here."""
    return b"".join(gzip.compress(part, 9) * times for part, times in parts)


MB = 1_000_000


def one_line(at: Path) -> None:
    at.write_bytes(members((b"score\n", 1), (b"1" * 16 * MB, 250)))


def many_lines(at: Path) -> None:
    at.write_bytes(members((b"score\n", 1), (b"0.25\n" * 4 * MB, 200)))


def blank_lines(at: Path) -> None:
    at.write_bytes(members((b"score\n" + b"0.5\n" * ROWS, 1), (b"\n" * 16 * MB, 250)))


def open_quote(at: Path) -> None:
    at.write_bytes(members((b'score,note\n0.5,"', 1), (b"no end\n" * 2 * MB, 200)))


def header(at: Path) -> None:
    at.write_bytes(members((b"score", 1), (b",c" * 8 * MB, 250)))


def many_columns(at: Path) -> None:
    at.write_text(",".join(["score", *(f"c{n}" for n in range(200_000))]) + "\n")


def holes(at: Path) -> None:
    with at.open("wb") as file:
        file.truncate(4_000 * MB)


def long_text(at: Path) -> None:
    with at.open("wb") as file:
        file.write(b"score\n")
        for _ in range(60):
            file.write(b"0" * 10 * MB)


def parquet(at: Path, columns: dict[str, object], **options: object) -> None:
    pq.write_table(pa.table(columns), at, **options)


def one_value_many_times(at: Path) -> None:
    value = pa.DictionaryArray.from_arrays(pa.array([0] * ROWS, pa.int32()), pa.array(["x" * MB]))
    parquet(at, {"prediction": value}, compression="zstd")


def one_nested_value_many_times(at: Path) -> None:
    parquet(at, {"prediction": [["x" * 400_000]] * ROWS}, compression="zstd")


def long_dictionary(at: Path) -> None:
    parquet(at, {"prediction": ["x" * 100 * MB] + ["1"] * (ROWS - 1)}, compression="zstd")


def long_id(at: Path) -> None:
    parquet(at, {"score": [0.5] * ROWS, "id": ["7" * 50_000] * ROWS}, compression="zstd")


def many_rows(at: Path) -> None:
    score = pa.array([0.5], pa.float64()).take(pa.array([0] * 1_000_000, pa.int32()))
    table = pa.table({"score": score})
    with pq.ParquetWriter(at, table.schema, compression="zstd") as writer:
        for _ in range(60):
            writer.write_table(table)


def many_parquet_columns(at: Path) -> None:
    parquet(at, {"score": [0.5], **{f"c{n}": [1] for n in range(5_000)}})


BOMBS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a line of 4 GB": (one_line, "a line of more than"),
    "4 GB of lines": (many_lines, "when it is unpacked"),
    "4 GB of blank lines": (blank_lines, "when it is unpacked"),
    "4 GB inside of a quote": (open_quote, "when it is unpacked"),
    "a header of 4 GB": (header, "a line of more than"),
    "a header of 200,000 columns": (many_columns, " columns: no predictions"),
    "4 GB of nothing": (holes, "NUL bytes"),
    "a line of 600 MB, not packed": (long_text, "a line of more than"),
    "Parquet: one long value in every row": (one_value_many_times, "the column prediction of predictions has more"),
    "Parquet: one long list in every row": (one_nested_value_many_times, "Out of Memory"),
    "Parquet: one value of 100 MB": (long_dictionary, "when it is unpacked"),
    "Parquet: long ids": (long_id, "the column id of predictions has more"),
    "Parquet: 60 million rows": (many_rows, "rows"),
    "Parquet: 5,001 columns": (many_parquet_columns, "5,001 columns"),
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc")
@pytest.mark.parametrize("bomb", BOMBS)
def test_ends_soon_in_little_memory(tmp_path: Path, bomb: str) -> None:
    write, said = BOMBS[bomb]
    holdout, given, script = (tmp_path / name for name in ("holdout.csv", "given", "read.py"))
    holdout.write_text(HOLDOUT)
    write(given)
    script.write_text("\n".join(line[4:] for line in READ.splitlines()))
    command = (sys.executable, str(script), str(holdout), str(given))
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found, seconds, megabytes = json.loads(done.stdout)
    assert found[0] in ("predictions-unreadable", "row-count"), found
    assert said in found[1], found
    assert seconds < CPU
    assert megabytes < MEGABYTES


@pytest.mark.parametrize(
    ("header", "cell", "rows"),
    [
        pytest.param("id,y,text", "x" * 3_000_000, 8, id="texts of 3 MB"),
        pytest.param("id,y," + ",".join(f"c{n}" for n in range(1200)), ",".join(["1"] * 1200), 20, id="1,202 columns"),
    ],
)
def test_predictions_may_repeat_all_that_the_holdout_has(tmp_path: Path, header: str, cell: str, rows: int) -> None:
    whole, given = tmp_path / "holdout.csv", tmp_path / "predictions.csv.gz"
    lines = [f"{row},{row % 2},{cell}" for row in range(rows)]
    whole.write_text("\n".join([header, *lines]) + "\n")
    said = [f"score,{header}", *(f"0.{row},{line}" for row, line in enumerate(lines))]
    given.write_bytes(gzip.compress(("\n".join(said) + "\n").encode()))
    found = read(given, Table.open(whole), "y", Positive(("1",)), id="id")
    assert found.rows == rows
