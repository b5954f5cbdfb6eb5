"""Put the declared data into a working copy: what the job may see, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ml_ci.changes.remote import is_remote
from ml_ci.errors import Failure, StageFailed, UserError
from ml_ci.spec.values import FileEntry, Node, PartEntry, StageJob
from ml_ci.tables.blanked import blank_as_it_lies
from ml_ci.tables.gathered import find_parts
from ml_ci.tables.layout import Layout, examine
from ml_ci.tables.parts import cut, sample
from ml_ci.training.command import paths
from ml_ci.training.cut_made import cut_made
from ml_ci.training.delivery import Delivery, Supply
from ml_ci.training.distant import Distant, bring_here, list_distant
from ml_ci.training.placement import Placement, name_flags, name_whole, put_rows, replace_table
from ml_ci.training.transfer import is_inside, remove, signature
from ml_ci.training.values import Input, Inputs, Whole, Written


def place(placement: Placement) -> Inputs:
    """Make a working copy ready for the job of a model, and say where its data are.

    Earlier outputs go; data that git does not have come from the user's tree or by `fetch:`; the holdout's rows go, a
    sample is drawn where the budget says so. StageFailed `data-missing` when data are nowhere; UserError when a table
    cannot be cut.
    """
    model, copy_folder = placement.model, placement.supply.copy
    _clear_outputs(model, copy_folder)
    distant = list_distant(model, placement.known)
    for one in distant:
        one.verify("since this run began")
    sources = Delivery(placement.supply, _hidden(placement))
    for name, entry in model.data.items():
        _bring(placement, sources, name, entry)
    _bring_beside(placement, sources)
    held = _cut_part(placement)
    holdout = _settle_holdout(placement, sources, held)
    cut_made(placement, held)
    _sample(placement)
    _hide(placement)
    data = {name: _take(placement, name, _input(model, placement.supply, entry)) for name, entry in model.data.items()}
    if holdout is not None:
        data["holdout"] = holdout
    return Inputs(data, tuple(sources.linked), distant)


def _bring(placement: Placement, sources: Delivery, name: str, entry: FileEntry) -> None:
    if entry.job is None:
        sources.bring(name, entry.path)
    else:
        sources.hand(name, entry.path, placement.made[entry.job] / entry.path)


def _bring_beside(placement: Placement, sources: Delivery) -> None:
    """Put what else the stages left that a stage builds on where DVC's workspace has it.

    Not where rows are kept back of a table: nobody has taken them out of these files.
    """
    job = placement.model.job
    if not isinstance(job, StageJob) or isinstance(placement.model.kept_back, PartEntry):
        return
    for path, owner in job.beside.items():
        if (placement.made[owner] / path).exists():
            sources.hand(path, path, placement.made[owner] / path)


def verify(inputs: Inputs) -> None:
    """Refuse the result of a job whose data changed meanwhile: StageFailed `data-changed`.

    That is a file which its copy only links to, or what lies behind a URL.
    """
    for one in inputs.distant:
        one.verify("while the job ran")
    for linked in inputs.linked:
        try:
            now = signature(linked.original)
        except OSError:
            now = (-1, -1)
        if now != (linked.size, linked.modified):
            message = f"`data.{linked.name}`: {linked.original} changed while the job ran"
            hint = "It is too large to copy, so the job works on the original: let it write elsewhere, below `{out}`."
            raise StageFailed(Failure("training", "data-changed", message, hint))


def list_handed(inputs: Inputs) -> Iterator[str]:
    """Give where the data of a job are on disk, links followed: in the copy, or in the user's own folders."""
    for linked in inputs.linked:
        yield os.path.realpath(linked.original)
    for entry in inputs.data.values():
        yield from read_from(entry)


def read_from(entry: Input) -> Iterator[str]:
    """Give the files on disk that an entry is read from, links followed."""
    if not is_remote(entry.path):
        yield from map(os.path.realpath, paths(entry.path))
    if entry.whole is not None:
        yield os.path.realpath(entry.whole.path)


def _hidden(placement: Placement) -> tuple[str, ...]:
    model = placement.model
    if not model.job.entry:
        return ()
    kept_back = model.kept_back
    own = (kept_back.path,) if isinstance(kept_back, FileEntry) else ()
    return (*own, *placement.hidden)


def _hide(placement: Placement) -> None:
    folder = placement.supply.copy
    for pattern in _hidden(placement):
        for found in () if is_remote(pattern) else paths(str(folder / pattern)):
            if is_inside(Path(found), folder):
                remove(Path(found))


def _clear_outputs(model: Node, folder: Path) -> None:
    for key, declared in model.job.outputs.items():
        if "{out}" not in declared:
            _clear(key, declared, folder)


def _clear(key: str, declared: str, folder: Path) -> None:
    at = folder / declared
    if not is_inside(at, folder):
        message = f"`outputs.{key}`: {declared} lies outside of the project folder"
        raise UserError(message, hint="Name a path below the folder of ml-ci.yaml, or one that begins with `{out}/`.")
    if at.is_dir() and not at.is_symlink():
        for child in at.iterdir():
            remove(child)
    else:
        remove(at)
        # An ignored folder that holds outputs only is not in a clean copy, and scripts seldom make it.
        at.parent.mkdir(parents=True, exist_ok=True)


def _cut_part(placement: Placement) -> Path | None:
    """Take the holdout's rows out of the table that they are a part of, and give them; None where they are none."""
    holdout = placement.model.kept_back
    return _cut(placement, holdout) if isinstance(holdout, PartEntry) and not holdout.whole else None


def _settle_holdout(placement: Placement, sources: Delivery, part: Path | None) -> Input | None:
    """Take a holdout that is a file out of the copy; give the holdout for a command that predicts."""
    model, holdout = placement.model, placement.model.kept_back
    if isinstance(holdout, PartEntry):
        columns = model.data[holdout.of].columns
        if not model.job.predicts:
            return None
        return Input(str(placement.holdout or part or _blank(placement, model.data[holdout.of])), columns)
    if holdout is None or not model.job.predicts:
        return None
    given = placement.holdout
    if is_remote(holdout.path):
        return Input(str(given or _blank(placement, holdout)), holdout.columns)
    if given is None:
        _bring(placement, sources, "holdout", holdout)
        given = _blank(placement, holdout)
    if not placement.supply.belongs(holdout.path):
        return Input(str(given), holdout.columns)
    replace_table(given, placement.supply.copy / holdout.path, placement.supply.copy)
    return _input(model, placement.supply, holdout)


def _blank(placement: Placement, holdout: FileEntry) -> Path:
    """Write this side's own holdout with its label column blank."""
    supply = placement.supply
    if is_remote(holdout.path):
        source = bring_here(Distant("holdout", holdout.path, placement.known["holdout"]), placement.work / "urls")
    else:
        source = (supply.copy if supply.belongs(holdout.path) else supply.origin) / holdout.path
    out = placement.work / f"holdout-blank{source.suffix}"
    out.parent.mkdir(parents=True, exist_ok=True)
    label, python = placement.model.blank, placement.python
    blank_as_it_lies(source, label, out, columns=holdout.columns, shown=holdout.path, python=python)
    return out


def _cut(placement: Placement, part: PartEntry) -> Path:
    model, entry = placement.model, placement.model.data[part.of]
    source = _table(placement, part.of, entry)
    rest, out = placement.work / f"rest{source.suffix}", placement.work / f"holdout{source.suffix}"
    rest.parent.mkdir(parents=True, exist_ok=True)
    cut(
        source,
        part,
        rest,
        out,
        blank=model.blank,
        columns=entry.columns,
        shown=entry.path,
        flags=name_flags(placement, part.of),
        python=placement.python,
    )
    put_rows(placement, part.of, rest, source)
    return out


def _sample(placement: Placement) -> None:
    model = placement.model
    for name, rows in model.budget.rows.items():
        if name in model.data:
            entry = model.data[name]
            source = _table(placement, name, entry)
            drawn = placement.work / f"sample{source.suffix}"
            drawn.parent.mkdir(parents=True, exist_ok=True)
            sample(
                source,
                rows,
                model.seed,
                drawn,
                columns=entry.columns,
                shown=entry.path,
                flags=name_flags(placement, name),
                python=placement.python,
            )
            put_rows(placement, name, drawn, source)


def _table(placement: Placement, name: str, entry: FileEntry) -> Path:
    """Give the one table in the copy that an entry names; UserError when it is something else, or outside."""
    at = placement.supply.copy / entry.path
    if is_remote(entry.path) or not at.is_file() or not is_inside(at, placement.supply.copy):
        message = f"`data.{name}`: {entry.path} is not one file inside the project, so no rows can be taken out of it"
        raise UserError(message, hint="Name a single CSV or Parquet file below the folder of ml-ci.yaml.")
    return at


def _input(model: Node, supply: Supply, entry: FileEntry) -> Input:
    if is_remote(entry.path):
        return Input(entry.path, entry.columns)
    base = supply.copy if supply.belongs(entry.path) else supply.origin
    path = str(base / entry.path)
    return Input(path, entry.columns, _write_first(path, entry) if model.job.entry else None)


def _write_first(path: str, entry: FileEntry) -> Written | None:
    """Say how the file of an entry is written, or the first of its parts: the others are written alike, or spaced."""
    try:
        parts = find_parts(Path(path), entry.path)
    except UserError:
        return None
    first = Path(path) if parts is None else parts[0].path
    written = _write(first, entry) if first.is_file() else None
    return written if written is None or parts is None else replace(written, spaced=True)


def _take(placement: Placement, name: str, given: Input) -> Input:
    """Tell where the whole table is of which an entry has some rows; it says how they are written too."""
    whole = name_whole(placement, name, Path(given.path))
    if not whole.exists():
        return given
    written = _write(whole, placement.model.data[name])
    return replace(
        given, written=written, whole=Whole(str(whole), str(name_flags(placement, name)), columns=given.columns)
    )


def _write(table: Path, entry: FileEntry) -> Written | None:
    try:
        return describe_writing(examine(table, entry.columns, entry.path))
    except (UserError, OSError):
        return None


def describe_writing(layout: Layout) -> Written | None:
    """Say how a text is written that a reader of DataFrames is given; None for Parquet and one value a line."""
    if layout.delimiter is None or len(layout.delimiter) > 1:
        return None
    separator = {",": None, "": " "}.get(layout.delimiter, layout.delimiter)
    return Written(separator, layout.encoding, layout.compressed, layout.spaced)
