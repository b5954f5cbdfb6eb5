"""What ml-ci reads that somebody else wrote: the seeds of each, and how it is read."""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_ci.errors import StageFailed, UserError

TESTS = Path(__file__).parents[2]
Read = Callable[[bytes], object]


@dataclass(frozen=True)
class Reader:
    """Give the `seeds`, which are read; raise one of `refuses` for what is not, and nothing else."""

    seeds: Sequence[bytes]
    read: Read
    refuses: tuple[type[Exception], ...] = (UserError,)
    words: Sequence[bytes] = ()


def yaml(work: Path) -> Reader:
    from ml_ci.spec.load import decode, load

    places = [*(TESTS.parent / "examples").rglob("ml-ci.yaml"), *(TESTS.parent / "ml_ci").rglob("ml-ci.yaml")]
    words = (
        b"models: data: train holdout label positive gates baseline seeds: behaviours: !!python/object <<: *a ? |- >"
    )
    return Reader(
        [place.read_bytes() for place in places],
        lambda content: load(decode(content, "ml-ci.yaml"), "ml-ci.yaml"),
        words=words.split(),
    )


def conditions(work: Path) -> Reader:
    from ml_ci.conditions import ConditionError, parse

    seeds = (
        "fpr <= 0.05|fnr <= baseline.fnr + 0.01|each(fnr, by=region) <= 0.20|gap(fpr, by=[region, age]) <= 0.05 @ 0.95"
        "|worst(tpr, by=class) >= 0.5 and not (precision < 0.2 or f1 <= .1)|ratio(fpr, by=region) <= 1.25 - 2 * 1e-3"
        "|1 <= 1|11111111 <= fpr|fpr ≤ 5%|(((fpr)))<=(0.1)|cost <= baseline.cost"
    )
    words = b"fpr fnr auc baseline . + - * ** <= < >= > == @ and or not ( ) [ ] , = by each worst gap ratio 1e lambda"
    return Reader(
        [seed.encode() for seed in seeds.split("|")],
        lambda content: parse(content.decode("utf-8", "replace"), ("own",)),
        (ConditionError,),
        [*words.split(), b" " * 50, b"1" * 50, b"(" * 50],
    )


def reports(work: Path) -> Reader:
    from ml_ci.reports import junit, markdown, plain, sarif, terminal
    from ml_ci.reports.as_json import dumps, loads
    from ml_ci.review.draft import draft
    from ml_ci.review.shards import held_to
    from ml_ci.review.statuses import statuses
    from ml_ci.spec.load import load

    spec = load((TESTS.parent / "examples" / "tumours" / "ml-ci.yaml").read_text(), "ml-ci.yaml")

    def read(content: bytes) -> None:
        report = held_to(loads(content), spec)
        assert len(draft(report, "key").body) <= 65_536
        assert all(len(one.description) <= 140 for one in statuses(report))
        for render in (markdown.render, junit.render, sarif.render, plain.plain, terminal.render, dumps):
            render(report)

    at = TESTS / "reports" / "conftest.py"
    known = importlib.util.spec_from_file_location("reports_to_mutate", at)
    assert known is not None
    assert known.loader is not None
    module = importlib.util.module_from_spec(known)
    known.loader.exec_module(module)
    return Reader(
        [dumps(make()).encode() for make in module.REPORTS.values()],
        read,
        words=b'"pass" "fail" "error" null 1e308 -1 0 18446744073709551616 "tp" : , { } [ ] "@all" NaN'.split(),
    )


HOLDOUT = "id,name,y\n" + "".join(f"{row},n{row},{'yes' if row % 3 else 'no'}\n" for row in range(30))


def _predictions(work: Path, seeds: Sequence[bytes], pack: Callable[[bytes], bytes] = bytes) -> Reader:
    from ml_ci.evaluation.predictions import read
    from ml_ci.spec.values import Positive
    from ml_ci.tables.table import Table

    (work / "holdout.csv").write_text(HOLDOUT)
    holdout, given = Table.open(work / "holdout.csv"), work / "given"

    def put(content: bytes) -> None:
        given.write_bytes(pack(content))
        read(given, holdout, "y", Positive(("yes",)), id="id" if b"id" in content[:99] else None)

    return Reader(seeds, put, (StageFailed, UserError), [b"score", b"prediction", b"id", b"0.5", b"yes", b",", b'""'])


def _texts() -> list[bytes]:
    rows = range(30)
    return [
        b"score\n" + b"".join(b"0.%d\n" % row for row in rows),
        b"prediction\n" + b"yes\nno\n" * 15,
        b"id,score,name\n" + b"".join(b"%d,0.%d,n%d\n" % (row, row, row) for row in reversed(rows)),
        b"prediction;note\n" + b'1;"a ""b"" c\nd"\n0;\n' * 15,
        "prediction\tsprächlich\r\n".encode() + b"true\t\xe4\r\n" * 30,
        b"\xef\xbb\xbfid,prediction\n" + b"".join(b'"%d","no"\n' % row for row in rows),
    ]


def csv_predictions(work: Path) -> Reader:
    return _predictions(work, _texts())


def gzip_predictions(work: Path) -> Reader:
    return _predictions(work, [gzip.compress(text, mtime=0) for text in _texts()])


def packed_predictions(work: Path) -> Reader:
    return _predictions(work, _texts(), lambda content: gzip.compress(content, 1, mtime=0))


def parquet_predictions(work: Path) -> Reader:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = [
        pa.table({"score": pa.array([row / 30 for row in range(30)], pa.float32())}),
        pa.table({"id": list(range(30)), "prediction": ["yes", "no"] * 15, "name": [f"n{row}" for row in range(30)]}),
        pa.table({"prediction": pa.array(["yes", "no"] * 15).dictionary_encode(), "x": [[1, 2], None] * 15}),
        pa.table({"id": pa.array([str(row) for row in range(30)]), "prediction": [True, False] * 15}),
    ]
    seeds = []
    for table in tables:
        for options in ({"compression": "none"}, {"compression": "zstd"}, {"data_page_version": "2.0"}):
            out = io.BytesIO()
            pq.write_table(table, out, **options)
            seeds.append(out.getvalue())
    return _predictions(work, seeds)


def _tables(work: Path, seeds: Sequence[bytes]) -> Reader:
    """Do with a table what is done with data: look at every column, cut it, compare it with the one before."""
    from ml_ci.changes.table_pair import TablePair
    from ml_ci.spec.values import PartEntry
    from ml_ci.tables.content import content as content_of
    from ml_ci.tables.kinds import kinds
    from ml_ci.tables.parts import cut
    from ml_ci.tables.table import Table

    given, before = work / "given", work / "before.csv"
    before.write_text(HOLDOUT)
    old = Table.open(before)

    def read(content: bytes) -> None:
        given.write_bytes(content)
        table = Table.open(given)
        for column in table.names[:4]:
            table.text(column)
            table.counts(column)
            table.codes([column])
            table.where(table.rows - 1)
            with suppress(UserError):
                table.numbers(column)
                table.span(column)
        content_of(table)
        kinds(given, None, "given")
        for batch in () if table.layout.parquet else table.raw():
            assert all(isinstance(one, bytes) for one in batch)
        with suppress(UserError), TablePair(old, table) as pair:
            pair.rows()
            for column in pair.common[:2]:
                pair.kinds(column)
                pair.missing(column)
                pair.drift(column)
        part = PartEntry("train", share=0.5, by=table.names[0] or None)
        cut(given, part, work / "rest", work / "part", shown="given", blank=table.names[-1])

    words = [b"id", b"y", b"1e400", b"0x10", b"NaN", b"2024-01-01", b"true", b"1_000", b",", b'""', b";", b"\t"]
    return Reader(seeds, read, words=words)


def text_tables(work: Path) -> Reader:
    return _tables(work, [HOLDOUT.encode(), *_texts(), *(gzip.compress(text, mtime=0) for text in _texts()[:2])])


def parquet_tables(work: Path) -> Reader:
    from datetime import UTC, date, datetime
    from decimal import Decimal

    import pyarrow as pa
    import pyarrow.parquet as pq

    moments = [datetime(2024, 1, 1 + row, tzinfo=UTC) for row in range(20)]
    table = pa.table(
        {
            "id": list(range(20)),
            "decimal": [Decimal("1.10")] * 20,
            "moment": pa.array(moments, pa.timestamp("ns", "Europe/Rome")),
            "day": [date(2024, 1, 1)] * 20,
            "text": pa.array(["a", None] * 10).dictionary_encode(),
            "bytes": [b"\xff\x00"] * 20,
            "nested": [{"a": [1, 2], "b": None}] * 20,
            "half": pa.array([0.5] * 20, pa.float32()),
            "y": ["yes", "no"] * 10,
        }
    )
    seeds = []
    for columns in (["id", "y"], ["moment", "decimal", "day"], ["text", "bytes", "nested", "half"], table.column_names):
        for compression in ("none", "snappy"):
            out = io.BytesIO()
            pq.write_table(table.select(columns), out, compression=compression)
            seeds.append(out.getvalue())
    return _tables(work, seeds)


class _Tree:
    """A tree of files in memory."""

    commit = None
    folder = None
    left_out: frozenset[str] = frozenset()

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def files(self) -> Mapping[str, str | None]:
        return dict.fromkeys(sorted(self._files))

    def read(self, path: str) -> bytes:
        if path not in self._files:
            raise FileNotFoundError(path)
        return self._files[path]

    def beside(self, folder: str) -> _Tree:
        return self


def pointers(work: Path) -> Reader:
    from ml_ci.changes.pointers import LfsPatterns, dvc_pointer, lfs_pointer, pointers_below

    lock = b"""schema: '2.0'
stages:
  train:
    cmd: python train.py
    deps:
    - path: data/raw.csv
      md5: a304afb96060aad90176268345e10355
    outs:
    - path: data/train.csv
      hash: md5
      md5: ec1d2935f811b77cc49b031b999cbf17
      size: 37
"""
    written = (
        b"outs:\n- md5: ec1d2935f811b77cc49b031b999cbf17.dir\n  size: 37\n  nfiles: 2\n  hash: md5\n  path: train.csv\n"
    )
    lfs = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d" * 32 + b"\nsize 12345\n"
    attributes = b'# x\n*.csv filter=lfs diff=lfs merge=lfs -text\n"a b" !filter\n[attr]big filter=lfs\ndata/** big\n'

    def read(content: bytes) -> None:
        lfs_pointer(content)
        paths = ("data/train.csv", "data", "data/train.csv/x", "train.csv", "/etc/passwd", "../x", "data/raw.csv")
        refused: Exception | None = None
        for name in ("data/train.csv.dvc", "dvc.lock", "data.dvc", ".gitattributes", "data/.gitattributes", "dvc.yaml"):
            tree: Any = _Tree({name: content, "data/raw.csv": b"x"})
            for path in paths:
                for ask in (dvc_pointer, pointers_below, lambda path, tree: path in LfsPatterns(tree)):
                    try:
                        ask(path, tree)
                    except UserError as error:
                        refused = error
        if refused is not None:
            raise refused

    words = b"outs: path: md5: .dir size: ../ / deps: stages: hash: sha256 oid filter=lfs -filter !filter [attr] ** [ ]"
    return Reader([lock, written, lfs, attributes], read, words=words.split())


def archives(work: Path) -> Reader:
    from ml_ci.records.archive import pack, unpack
    from ml_ci.records.record import DamagedRecordError, write

    kind, key = "trainings", "ab" + "0" * 62
    record = work / "record"
    (record / "model" / "deep").mkdir(parents=True)
    (record / "model" / "deep" / "weights").write_bytes(b"weights" * 100)
    (record / "model.pkl").write_bytes(b"\x80\x04")
    (record / "job.log").write_text("log\n")
    write(record, kind, key, {"seconds": 1.5, "artifact": "model"})
    out = io.BytesIO()
    pack(record, kind, key, out)
    outside = work / "outside"
    outside.mkdir()
    count = 0

    def read(content: bytes) -> None:
        nonlocal count
        count += 1
        at = outside / f"{count}"
        at.mkdir()
        try:
            unpack(io.BytesIO(content), at, kind, key)
        finally:
            assert not [one for one in at.rglob("*") if one.is_symlink()]
            assert sorted(one.name for one in outside.iterdir()) == [at.name]
            _remove(at)

    return Reader(
        [out.getvalue(), *_hostile(out.getvalue())],
        read,
        (DamagedRecordError,),
        [b"ustar", b"0000644\0", b"77777777777\0", b"..", b"x" * 300, b"\0" * 512, b"\x80" + b"\xff" * 11],
    )


def _remove(at: Path) -> None:
    import shutil

    shutil.rmtree(at)


def _hostile(content: bytes) -> list[bytes]:
    """Put links, devices, sparse files and names that lead elsewhere behind an archive's own first file."""
    kinds = (
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.FIFOTYPE,
        tarfile.CHRTYPE,
        tarfile.DIRTYPE,
        tarfile.GNUTYPE_SPARSE,
    )
    names = ("../out", "/tmp/out", "model/../../out", "model", "x" * 300, "a/" * 200 + "b", "\udcff", "model.pkl")
    made = []
    for kind in kinds:
        for name in names:
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
                with tarfile.open(fileobj=io.BytesIO(content), mode="r:*") as source:
                    first = source.next()
                    assert first is not None
                    archive.addfile(first, source.extractfile(first))
                member = tarfile.TarInfo(name)
                member.type, member.linkname = kind, "/etc/passwd"
                archive.addfile(member)
            made.append(out.getvalue())
    return made


def results(work: Path) -> Reader:
    """What a worker of a job leaves: its result, its usage, and what its Pythons told."""
    from ml_ci.training.ending import check
    from ml_ci.training.process import Order, Outcome, _read_reported_peak
    from ml_ci.training.told import read as told

    files = [work / name for name in ("result.json", "usage.json", "told.tsv")]
    order = Order("m", work, work / "request.json", work / "job.log", {}, 10.0)
    seeds = [
        json.dumps({"format": 1, "ok": True, "artifact": "/x/model.pkl", "kind": "label", "rows": 3}).encode(),
        json.dumps({"format": 1, "ok": False, "code": "job-raised", "message": "no", "hint": ""}).encode(),
        json.dumps({"format": 1, "peak": 123456}).encode(),
        b"module\t17\t/a/b.py\tinstalled\npython\t17\tx\\ty\nopened\t18\t/tmp/\xff\\n\n",
    ]

    def read(content: bytes) -> None:
        for file in files:
            file.write_bytes(content)
        _read_reported_peak(order.request)
        list(told(files[2]))
        check(Outcome(0, 1.0, 1.0), order, files[0], worker=True, shell=False, top=work)

    return Reader(seeds, read, (StageFailed,), [b'"ok"', b"true", b'"format"', b"1e999", b"\t", b"\\", b"9" * 5000])


def manifests(work: Path) -> Reader:
    """What a record says of reads, and a record.json."""
    from ml_ci.records.manifests import unpack_entries
    from ml_ci.records.record import NAME, DamagedRecordError, read, write

    said = {"manifest": "ab12", "key": "cd34", "states": {"file": {"a.csv": "sha"}}, "outside": ["/data"]}
    write(work, "trainings", "k", {"reads": [said], "seconds": 1.5})
    whole = (work / NAME).read_bytes()

    def put(content: bytes) -> None:
        try:
            found = json.loads(content)
        except (ValueError, RecursionError):
            found = {}
        list(unpack_entries(found if isinstance(found, dict) else {}))
        (work / NAME).write_bytes(content)
        read(work, "trainings", "k")

    return Reader(
        [json.dumps({"reads": [said, said]}).encode(), whole],
        put,
        (DamagedRecordError,),
        [b'"reads"', b"[", b"{", b"null", b"1e999", b'"\\ud800"'],
    )


READERS: Mapping[str, Callable[[Path], Reader]] = {
    "yaml": yaml,
    "conditions": conditions,
    "reports": reports,
    "csv": csv_predictions,
    "gzip": gzip_predictions,
    "packed csv": packed_predictions,
    "parquet": parquet_predictions,
    "text tables": text_tables,
    "parquet tables": parquet_tables,
    "pointers": pointers,
    "archives": archives,
    "results": results,
    "manifests": manifests,
}
