"""Say what a reviewer has to know of how a model is judged, before any number."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from ml_ci.changes.settings import choosing_column, part
from ml_ci.changes.values import READS
from ml_ci.spec.values import DataEntry, FileEntry, JobSpec, ModelSpec, PartEntry, Scalar, StageJob
from ml_ci.steps.planning.own_rows import find_source, have_own_rows
from ml_ci.steps.planning.pass_over import say_passed_over
from ml_ci.steps.values import Made, Project, Side, Sides

_ROWS = "The rows of the holdout changed in this change: look at them before the numbers."
_VALIDATION = (
    "The rows of `data.validation` changed in this change, and the thresholds are chosen on them: look at them too."
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_CHAMPION = "champion"


def list_cautions(project: Project, sides: Sides) -> tuple[str, ...]:
    """Say first of all that the rows changed on which both are measured, then what became of the gates."""
    known = project.judging.of_model.get(sides.candidate.model.name, ())
    rows = (_say_rows(sides),) if _rows_changed(project, sides, "data.holdout") else ()
    if sides.candidate.model.threshold.metric is not None and _rows_changed(project, sides, "data.validation"):
        rows = (*rows, _VALIDATION)
    rows = (*rows, *_warn_of_labels(sides))
    leaks = dict.fromkeys(_find_leaks(project, sides.candidate, sides.candidate))
    sight = _find_sight(sides.candidate.model)
    return (*say_passed_over(sides), *rows, *leaks, *sight, *_see_by_champion(sides), *known)


def _say_rows(sides: Sides) -> str:
    job = find_source(sides.candidate.model).job
    if job is None:
        return _ROWS
    return f"The job `{job}`, which makes the rows of the holdout, made them anew in this change: look at them first."


def _warn_of_labels(sides: Sides) -> Iterator[str]:
    """Warn of a changed job that makes features of the rows that judge: nothing keeps their labels from it."""
    holdout = sides.candidate.model.holdout
    entry = holdout if isinstance(holdout, FileEntry) else sides.candidate.model.data.get(holdout.of)
    if entry is None or entry.job is None or sides.baseline is None:
        return
    if have_own_rows(sides.candidate, sides.baseline):
        yield (
            f"The job `{entry.job}` makes the features of the rows that judge, and it, or what it builds on, changed: "
            "it may read their labels, too. Look whether a feature is made of them."
        )


def _find_leaks(project: Project, candidate: Side, made: Made) -> Iterator[str]:
    """Say which jobs that a model builds on read the rows that judge it: declared, or as they were seen to."""
    holdout = candidate.model.holdout
    entry = holdout if isinstance(holdout, FileEntry) else candidate.model.data.get(holdout.of)
    if entry is None:
        return
    path = posixpath.normpath(entry.path)
    for name, needed in made.needs.items():
        yield from _find_leaks(project, candidate, needed)
        if isinstance(needed.model, JobSpec) and _is_among(path, _list_read(project, needed)):
            yield _say_leak(name, path, candidate.model)


def _find_sight(model: ModelSpec) -> Iterator[str]:
    """Say that a stage which trains finds the holdout in its folder: what it declares to read is not watched."""
    holdout, job = model.holdout, model.job
    if not isinstance(holdout, FileEntry) or not isinstance(job, StageJob) or job.pinned:
        return
    path = posixpath.normpath(holdout.path)
    if path in job.beside or any(path.startswith(f"{posixpath.normpath(one.path)}/") for one in model.data.values()):
        yield (
            f"The stage {job.stage}, which trains, finds the holdout {path} where DVC has it, beside the rows of "
            "training: whether it reads more of it than to tell a number is for a person to see."
        )


def _is_among(path: str, read: set[str]) -> bool:
    """Say whether a file is read, by itself or in a folder."""
    return path in read or any(path.startswith(f"{folder}/") for folder in read)


def _list_read(project: Project, job: Made) -> set[str]:
    declared = {posixpath.normpath(entry.path) for entry in job.model.data.values()}
    seen = job.fingerprint.details.get(READS, {}).get("files", {})
    prefix = project.repository.prefix
    return declared | ({path.removeprefix(prefix) for path in seen} if isinstance(seen, Mapping) else set())


def _say_leak(job: str, path: str, model: ModelSpec) -> str:
    """Say what a job may know of the rows that judge, what of it is taken out again, and what to do."""
    holdout = model.holdout
    knows = (
        "may know of those rows (a scaler fitted on all of them, a mean over both), and the numbers then look better"
    )
    if isinstance(holdout, FileEntry):
        return (
            f"The job `{job}` reads {path}, the holdout: what it makes for the training {knows}. Let it read the "
            "rows of training only."
        )
    column = choosing_column(holdout)
    by = [] if column is None else [f"the column `{column}`, by which they are chosen"]
    by += [] if model.id in (None, column) else [f"the column `{model.id}`, which names a row (`id:`)"]
    out = (
        f"Rows of the holdout are taken out of what it leaves wherever that still has {' or '.join(by)}, and stay "
        "where it has not"
        if by
        else "Rows of the holdout are chosen by their whole content and cannot be found in what it leaves: choose them "
        "`by:` a column that the job keeps, or name one that says which row is which (`id: COLUMN`), and they are "
        "taken out of it"
    )
    return (
        f"The job `{job}` reads {path} whole, and the holdout is cut out of that: what it makes for the training "
        f"{knows}. {out}. Where it matters, cut the rows that judge into a file of their own before the job."
    )


def _rows_changed(project: Project, sides: Sides, part: str) -> bool:
    """Say whether a change that is judged by the gates of its base brings other rows to measure by."""
    if project.judging.ref is None or sides.baseline is None:
        return False
    before, after = sides.baseline.declared.parts, sides.candidate.fingerprint.parts
    return before.get(part) != after.get(part)


def _see_by_champion(sides: Sides) -> Iterator[str]:
    """Say that the champion may have been trained on rows of the holdout: it is not trained again without them.

    Any other baseline is trained without the candidate's holdout, however its own commit cuts it.
    """
    side = sides.baseline
    if side is None or sides.source.partition(" ")[0] != _CHAMPION:
        return
    if side.champion is not None and not side.champion.ours:
        yield (
            f"ml-ci did not train {sides.source}: whether it was trained on rows of this holdout is not known, and "
            "that would make the baseline look better than it is."
        )
    elif not _inside(sides.candidate.model.holdout, side.model.holdout):
        yield _overlap(sides, side)


def _overlap(sides: Sides, side: Side) -> str:
    was, now = _name(side.model.holdout), _name(sides.candidate.model.holdout)
    return (
        f"The holdout is cut otherwise than when {sides.source} was trained ({was} → {now}): the champion may have "
        "been trained on rows of it, which makes the baseline look better than it is. Compare with the merge base, "
        "which is trained without them: ml-ci run --baseline merge-base"
    )


def _inside(new: DataEntry, old: DataEntry) -> bool:
    """Say whether a holdout has no row that the champion, which kept `old` out of its training, was trained on.

    Of two files nothing is known, and rows that were kept apart as a file are rows apart.
    """
    if isinstance(new, FileEntry) or isinstance(old, FileEntry):
        return isinstance(new, FileEntry) and isinstance(old, FileEntry)
    return new == old or (new.of == old.of and (_smaller(new, old) or _later(new, old) or _fewer(new, old)))


def _smaller(new: PartEntry, old: PartEntry) -> bool:
    same = (new.by, new.seed) == (old.by, old.seed)
    return same and new.share is not None and old.share is not None and new.share <= old.share


def _later(new: PartEntry, old: PartEntry) -> bool:
    if new.after is None or old.after is None or new.after[0] != old.after[0]:
        return False
    return _not_below(new.after[1], old.after[1])


def _fewer(new: PartEntry, old: PartEntry) -> bool:
    if new.where is None or old.where is None or new.where[0] != old.where[0]:
        return False
    return set(map(str, new.where[1])) <= set(map(str, old.where[1]))


def _not_below(new: Scalar, old: Scalar) -> bool:
    """Compare two numbers, or two dates; of anything else the order is not known."""
    if isinstance(new, int | float) and isinstance(old, int | float):
        return new >= old
    return isinstance(new, str) and isinstance(old, str) and _dates(new, old) and new >= old


def _dates(*texts: str) -> bool:
    return all(_DATE.fullmatch(text) for text in texts)


def _name(entry: DataEntry) -> str:
    if isinstance(entry, FileEntry):
        return entry.path
    from ml_ci.reports.lineage_boxes import whence

    return whence(part(entry))
