"""The parts that `ml-ci.yaml` itself decides: the job, how it is scored, how it is judged; as plain, named values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import PurePath

from ml_ci.spec.values import FileEntry, Load, ModelSpec, Node, PartEntry, SliceSpec


def job(model: Node) -> Mapping[str, object]:
    """Name what the job is, beside its code and its data."""
    # Where a machine has its Python is no part of the job; which version it is stands in the environment.
    python = None if PurePath(model.python or "").is_absolute() else model.python
    said: dict[str, object] = {"cwd": model.cwd, "python": python}
    said |= {"ignore": list(model.ignore)} if model.ignore else {}
    said |= {f"env.{name}": text for name, text in sorted(model.env_values.items())}
    said |= model.job.parts
    made = any(entry.job is not None for entry in model.data.values())
    if model.row_id is not None and made and isinstance(model.kept_back, PartEntry):
        said["id"] = model.row_id  # by it, rows that judge are taken out of what a job left
    if model.job.entry:
        return said
    # A command may open its data without being told where: another path is another job.
    paths = {name: entry.path for name, entry in entries(model).items()}
    said |= {f"data.{name}": path for name, path in paths.items()}
    if model.job.predicts:
        said["label"] = model.blank  # its values are emptied in the file that the command gets
    return said


def metrics(model: ModelSpec) -> Mapping[str, object]:
    """Name what an evaluation depends on beside model and holdout; the code of `predict` and metrics is added to it."""
    said: dict[str, object] = {
        "label": model.label,
        "positive": _positive(model),
        "threshold": _threshold(model),
        "slices": [_slice(one) for one in model.slices],
        "predict": model.predict,
        **({} if model.predict_command is None else {"predict.run": model.predict_command}),
        "id": model.id,
        "metrics": dict(model.metrics),
        "cost": asdict(model.cost) if model.cost else None,
        "seeds": model.seeds,
    }
    return said | ({"load": asdict(model.load)} if model.load != Load() else {})


def gates(model: ModelSpec) -> Mapping[str, object]:
    """Name what a judgement depends on beside the evaluations, and by which facts of the holdout they are counted."""
    said: dict[str, object] = {
        "gates": [gate.text for gate in model.gates],
        "confidence": model.confidence,
        "method": model.method,
        "min_rows": model.min_rows,
        "cost": asdict(model.cost) if model.cost else None,
        "reuse": asdict(model.reuse) if model.reuse else None,
    }
    said |= {"repeats": model.repeats} if model.repeats > 1 else {}  # what was scored once is scored already
    said |= {f"behaviours.{name}": one.text for name, one in model.behaviours.items()}
    said |= {"audit": list(name_audited(model))} if model.card.audit else {}
    return said | evidence(model)


def name_audited(model: ModelSpec) -> tuple[str, ...]:
    """Name the columns by which rows are counted for a bias audit, sex first; () where none is asked for."""
    return (model.card.audit.sex, model.card.audit.race) if model.card.audit else ()


def evidence(model: ModelSpec) -> dict[str, object]:
    """Name the facts of the holdout by which its rows are evidence: which belong together, how much each weighs.

    Counts are made anew by them, and no score. Nothing stands here for what is not said.
    """
    said: dict[str, object] = {}
    clustering = model.clustering
    if clustering is not None:
        said["cluster"] = list(clustering.columns)
    if clustering is not None and clustering.known:
        said["known"] = sorted(map(str, clustering.known))
    if model.weight is not None:
        said["weight"] = model.weight
    return said


def entries(model: Node) -> Mapping[str, FileEntry]:
    """Give every entry that is a file of its own, the holdout among them if it is one."""
    holdout = {"holdout": model.kept_back} if isinstance(model.kept_back, FileEntry) else {}
    return {**model.data, **holdout}


def needs_holdout(model: Node) -> bool:
    """Say whether a training depends on the holdout: a part is cut out of its data, predictions are made for it."""
    part = model.kept_back
    return model.job.predicts or (isinstance(part, PartEntry) and not part.whole)


def choosing_column(entry: PartEntry) -> str | None:
    """Name the column by whose values rows are chosen; None where they are by whole rows, which a job makes others."""
    bound = entry.after or entry.where
    return bound[0] if bound is not None else entry.by


def part(entry: PartEntry) -> Mapping[str, object]:
    """Name how a part is cut."""
    said: dict[str, object] = {"of": entry.of, "share": entry.share, "by": entry.by, "seed": entry.seed}
    said |= {"after": entry.after, "where": entry.where}
    if entry.folds is not None:
        said |= {"folds": entry.folds, "label": entry.label}
    return said if entry.fold is None else said | {"fold": entry.fold}


def _positive(model: ModelSpec) -> object:
    if model.positive.comparison:
        operator, number = model.positive.comparison
        return f"{operator} {str(number) if isinstance(number, int) else repr(number).removesuffix('.0')}"
    values = list(model.positive.values)
    return values[0] if len(values) == 1 else values


def _threshold(model: ModelSpec) -> object:
    threshold = model.threshold
    return threshold.value if threshold.metric is None else f"{threshold.metric}={threshold.at:g}"


def _slice(one: SliceSpec) -> str:
    """Write slices as ml-ci.yaml does, of several columns in brackets: `[region, plan]`."""
    if one.edges:
        return f"{one.name} at {', '.join(f'{edge:g}' for edge in one.edges)}"
    return f"[{', '.join(one.columns)}]" if len(one.columns) > 1 else one.name
