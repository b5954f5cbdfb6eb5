"""What changed, in Markdown, with links to the lines of the diff where it is known where that stands."""

from __future__ import annotations

import hashlib
import posixpath
import re

from ml_ci.changes.values import Change
from ml_ci.frozen import dataclass
from ml_ci.reports import causes
from ml_ci.reports.escaping import code, text
from ml_ci.reports.markup import details
from ml_ci.reports.text import label, plural
from ml_ci.reports.values import ModelReport, Report

_OPEN = 6
_MOST = 30
_OPEN_DETAILS = 3
_MOST_DETAILS = 8
_FILE = re.compile(r"^([^\x00-\x1f:`|<>]{1,200}\.\w{1,12})(?=[:,] )")
_LINE = re.compile(r"\bline (\d{1,7}):")
_RUN = re.compile(r"^(https://[A-Za-z0-9.:-]+/[A-Za-z0-9._-]+/[A-Za-z0-9._-]+)/actions/runs/\d+")
_ID = re.compile(r"^[0-9a-f]{7,64}$")


@dataclass(frozen=True)
class Links:
    """Where a diff is looked at: the address of a comparison, and the project's folder in the repository."""

    compared: str = ""
    folder: str = ""

    def to(self, path: str, line: str = "") -> str:
        """Give the address of a file in the diff, or of one of its new lines; "" where there is none."""
        if not self.compared or not path:
            return ""
        name = posixpath.normpath(posixpath.join(self.folder, path))
        anchor = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{self.compared}#diff-{anchor}" + (f"R{int(line)}" if line else "")


def links_of(report: Report, run_url: str) -> Links:
    """Find where GitHub shows the diff that was judged; of another forge, and of a run by hand, nothing is known."""
    found = _RUN.match(run_url)
    ids = [report.base_commit or "", report.commit or ""]
    if found is None or not all(map(_ID.match, ids)):
        return Links()
    return Links(f"{found.group(1)}/compare/{'...'.join(ids)}", posixpath.dirname(report.config or ""))


def changes(model: ModelReport, links: Links) -> str:
    """List the parts that changed: the first few open, the others and further details folded away."""
    found = causes.changes(model)
    if not found:
        return ""
    lines = [line for change in found[:_OPEN] for line in _lines(model, change, links, _OPEN_DETAILS)]
    rest = [line for change in found[_OPEN:_MOST] for line in _lines(model, change, links, _MOST_DETAILS)]
    more = len(found) - _MOST
    rest += [f"- and {plural(more, 'more part')}"] if more > 0 else []
    body = "\n".join(["**What changed**", "", *lines])
    return body + ("\n\n" + details(plural(len(found) - _OPEN, "more part"), "\n".join(rest)) if rest else "")


def _lines(model: ModelReport, change: Change, links: Links, most: int) -> list[str]:
    path = model.paths.get(change.part, "")
    where = f" ({_link(code(path, 120), links.to(path))})" if path else ""
    lines = [f"- {code(change.part, 80)}{where}: {_summary(change.summary, links)}"]
    file = _file(change.summary)
    lines += [f"  - {_detail(detail, file, links)}" for detail in change.details[:most]]
    more = len(change.details) - most
    return lines + ([f"  - and {more:,} more"] if more > 0 else [])


def _summary(said: str, links: Links) -> str:
    """Say a summary; the file that it begins with leads to the diff, at the line that it names."""
    shown, file = label(said, 400), _file(said)
    if not file or not links.compared:
        return text(shown, 400)
    line = _LINE.search(shown)
    return f"{_link(code(file), links.to(file, line.group(1) if line else ''))}{_after(shown[len(file) :])}"


def _detail(said: str, file: str, links: Links) -> str:
    """Say a detail; the line that it begins with leads into the file of its summary."""
    shown, line = label(said, 300), _LINE.match(said)
    if line is None or not links.to(file):
        return _summary(shown, links)
    return f"[line {line.group(1)}]({links.to(file, line.group(1))}){_after(shown[len(line.group(0)) - 1 :])}"


def _after(said: str) -> str:
    """Escape what follows a link, and begins with a colon or a comma."""
    return said[:2] + text(said[2:], 400)


def _file(said: str) -> str:
    found = _FILE.match(said)
    return found.group(1) if found else ""


def _link(shown: str, url: str) -> str:
    return f"[{shown}]({url})" if url else shown
