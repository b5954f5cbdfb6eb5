"""Records of the store, in words and columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from ml_ci.changes.read_states import ABSENT
from ml_ci.frozen import dataclass
from ml_ci.records.manifests import unpack_entries
from ml_ci.records.origin import Origin
from ml_ci.reports.columns import padded
from ml_ci.reports.text import label, log_lines, plural

_SHORT = 12
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))
_SIZES = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))
_NESTED = 3


@dataclass(frozen=True)
class RecordRow:
    """One record: sizes in bytes, ages in seconds; `damage` says why `content` is empty, `origin` where it was made."""

    kind: str
    key: str
    size: int
    age: float
    unused: float
    content: Mapping[str, Any] = field(default_factory=dict)
    damage: str = ""
    origin: Origin | None = None

    @property
    def commit(self) -> str:
        """The commit that was trained, with `+` where the tree had changes."""
        commit = self.content.get("commit")
        return f"{commit[:7]}{'+' if self.content.get('dirty') else ''}" if isinstance(commit, str) else ""

    @property
    def parts(self) -> Mapping[str, str]:
        """The parts of the fingerprint, of a training."""
        parts = self.content.get("parts", {})
        return parts if isinstance(parts, dict) else {}


def table(rows: Sequence[RecordRow], most: int) -> Iterator[str]:
    """Give a line for each of the last `most` records, under a head line, and one that adds up all."""
    head = ["KIND", "MODEL", "KEY", "COMMIT", "SIZE", "AGE", "UNUSED", "PARTS"]
    lines = [head, *([*_cells(row)] for row in rows[-most:])]
    if rows:
        yield from ("  ".join(cells).rstrip() for cells in padded(lines, "<<<<>>><"))
    yield f"{plural(len(rows), 'record')}, {said_size(sum(row.size for row in rows))}"
    if len(rows) > most:
        yield f"the {most} that were used last; all of them: ml-ci records list --all"


def shown(row: RecordRow, files: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Give everything that a person wants to know of one record."""
    yield f"{row.kind}/{row.key}"
    yield f"made {said_age(row.age)} ago, last used {said_age(row.unused)} ago, {said_size(row.size)}"
    yield f"made {_where(row.origin)}"
    if row.damage:
        yield f"damaged: {label(row.damage, 300)}"
    yield from _tree({name: item for name, item in row.content.items() if name != "reads"}, 0)
    yield from _reads(row.content)
    yield "files:"
    for name, known in files.items():
        yield f"  {label(name)}  {said_size(known['size'])}  sha256 {known['sha256'][:_SHORT]}"


def _where(origin: Origin | None) -> str:
    if origin is None:
        return "nobody knows where: it does not say"
    if not origin.event:
        return "by hand, outside of GitHub Actions"
    return f"by `{label(origin.event, 40)}` on {label(origin.ref, 100)}, run {label(origin.run, 30)}"


def _reads(content: Mapping[str, Any]) -> Iterator[str]:
    """List what the jobs behind a record were seen to read; a record of an older version does not know."""
    if "reads" not in content:
        return
    found = {
        f"{path or '.'}{'/' if kind == 'folders' else ''}"
        for entry in unpack_entries(content)
        for kind in ("files", "sources", "folders", "everything")
        for path, state in entry.states.get(kind, {}).items()
        if state != ABSENT
    }
    yield "reads:" if found else "reads: nothing that no declared part holds"
    yield from (f"  {label(path)}" for path in sorted(found))
    outside = {path for entry in unpack_entries(content) for path in entry.outside}
    if outside:
        yield "read outside of the repository, in no fingerprint:"
        yield from (f"  {label(path)}" for path in sorted(outside))


def said_log(text: str | None) -> Iterator[str]:
    """Give the last lines of a job's log, without what would move the cursor; None stands for no log."""
    if not text or not text.strip():
        yield "log: none, only trainings have one" if text is None else "log: the job wrote nothing"
        return
    yield "log, its last lines:"
    yield from (f"  {line}" for line in log_lines(text, most=40))


def said_size(size: int) -> str:
    """Say bytes: `12.3 MB`."""
    for unit, bytes_ in _SIZES:
        if size >= bytes_:
            return f"{size / bytes_:.1f} {unit}"
    return f"{size} B"


def said_age(seconds: float) -> str:
    """Say a time in its largest unit: `3 h`, `2 d`."""
    for unit, length in _UNITS:
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def _cells(row: RecordRow) -> Iterator[str]:
    model = row.content.get("model", "damaged" if row.damage else "")
    yield from (row.kind, label(str(model), 40), row.key[:_SHORT], row.commit)
    yield from (said_size(row.size), said_age(row.age), said_age(row.unused))
    yield " ".join(f"{label(part, 40)}:{str(digest)[:4]}" for part, digest in sorted(row.parts.items()))


def _tree(value: Mapping[str, Any], depth: int) -> Iterator[str]:
    space = "  " * depth
    for name, item in value.items():
        if isinstance(item, Mapping) and item and depth < _NESTED:
            yield f"{space}{label(str(name))}:"
            yield from _tree(item, depth + 1)
        elif isinstance(item, list) and item and depth < _NESTED and all(isinstance(one, Mapping) for one in item):
            yield f"{space}{label(str(name))}:"
            for one in item:
                yield f"{space}  -"
                yield from _tree(one, depth + 2)
        else:
            yield f"{space}{label(str(name))}: {label(_plain(item), 300)}"


def _plain(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_plain(one) for one in value) or "none"
    return str(value)
