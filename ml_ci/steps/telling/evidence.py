"""Say by which facts of the holdout its rows are evidence: which belong together, and how much each weighs."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.spec.values import ModelSpec


def note_evidence(model: ModelSpec) -> Iterator[str]:
    """Say what `cluster:` and `weight:` say; and that a holdout that is cut `by:` a column says it too.

    Nothing of such a cut where no gate asks for proof.
    """
    clustering = model.clustering
    if clustering is not None and clustering.columns:
        columns = " and ".join(f"`{name}`" for name in clustering.columns)
        why = (
            "`cluster:`" if model.cluster is not None else "the holdout is cut `by:` it; `cluster: none` says otherwise"
        )
        if model.cluster is not None or model.asks_proof:
            yield f"Rows of one {columns} are one piece of evidence ({why})."
    elif clustering is not None:
        yield "`cluster: none` declares that every row of the holdout is evidence of its own."
    if clustering is not None and clustering.known:
        names, one = ", ".join(map(str, clustering.known)), len(clustering.known) == 1
        yield (
            f"Rows of {names} count one by one, as {'it is' if one else 'they are'} known (`cluster:`): the verdict is "
            f"about {'it' if one else 'them'}, and about others like the rest."
        )
    if model.weight is not None:
        yield f"Each row of the holdout stands for as many as `{model.weight}` says (`weight:`)."
