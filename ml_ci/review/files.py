"""Read reports that somebody else wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ml_ci.errors import Failure, UserError
from ml_ci.reports.as_json import loads
from ml_ci.reports.json_parts import MOST_BYTES
from ml_ci.reports.text import label
from ml_ci.reports.values import Report

_MOST_REPORTS = 500


class ReportLostError(UserError):
    """Say that there is no report where one should be: the run died before it could leave one."""


def read_report(file: Path) -> Report:
    """Read one report as untrusted data; ReportLostError where there is none, UserError where it is not valid."""
    return loads(_bytes(file, MOST_BYTES))


def read_watched(path: Path) -> bytes:
    """Read what a look at live rows left, as untrusted data: the file, or the one below a folder."""
    found = sorted(path.rglob("watch.json")) if path.is_dir() else [path]
    if len(found) > 1:
        raise UserError(f"{label(str(path))}: {len(found)} reports of a watch", hint="Name the one of this run.")
    if not found or found[0].is_symlink():
        raise ReportLostError(f"{label(str(path))}: there is no report of a watch", hint=_LOST_WATCH)
    try:
        return _bytes(found[0], MOST_BYTES)
    except ReportLostError as error:
        raise ReportLostError(error.message, hint=_LOST_WATCH) from None


def read_reports(paths: Sequence[Path]) -> tuple[Report, ...]:
    """Read every report that the paths name: a file, or a folder with reports anywhere below it."""
    files = [file for path in paths for file in _files(path)]
    if len(files) > _MOST_REPORTS:
        raise UserError(f"more than {_MOST_REPORTS} reports below {paths[0]}", hint="Name the folder of this run only.")
    return tuple(read_report(file) for file in dict.fromkeys(files))


def read_or_lost(file: Path) -> Report:
    """Read one report; where it is missing or not valid, report that."""
    try:
        return read_report(file)
    except UserError as error:
        return lost(error)


def lost(error: UserError) -> Report:
    """Report that a report is missing or not valid: an error, told like any other."""
    code = "lost-report" if isinstance(error, ReportLostError) else "bad-report"
    return Report("error", None, None, failure=Failure("report", code, error.message, error.hint))


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    found = sorted(file for file in path.rglob("*.json") if file.is_file() and not file.is_symlink())
    if not found:
        raise ReportLostError(f"{path}: no report arrived", hint=_LOST)
    yield from found


def _bytes(file: Path, most: int) -> bytes:
    """Read a file up to one byte more than is allowed: what reads it then refuses it."""
    try:
        with file.open("rb") as opened:
            return opened.read(most + 1)
    except FileNotFoundError:
        raise ReportLostError(f"{label(str(file))}: there is no report", hint=_LOST) from None
    except OSError as error:
        raise UserError(f"{label(str(file))}: {error.strerror}") from None


_LOST = "The run ended before it left one: look at the log of the job that runs `ml-ci run`."
_LOST_WATCH = "The look ended before it left one: look at the log of the job that runs `ml-ci watch`."
