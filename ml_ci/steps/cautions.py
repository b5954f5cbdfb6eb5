"""Say what a reviewer has to know of how a model is judged, before any number."""

from __future__ import annotations

from ml_ci.steps.values import Project, Sides

_ROWS = "The rows of the holdout changed in this change: look at them before the numbers."


def cautions(project: Project, sides: Sides) -> tuple[str, ...]:
    """Say first of all that the rows changed on which both are measured, then what became of the gates."""
    known = project.judging.of_model.get(sides.candidate.model.name, ())
    return (_ROWS, *known) if _rows_changed(project, sides) else known


def _rows_changed(project: Project, sides: Sides) -> bool:
    """Say whether a change that is judged by the gates of its base brings another holdout."""
    if project.judging.ref is None or sides.baseline is None:
        return False
    before, after = sides.baseline.declared.parts, sides.candidate.fingerprint.parts
    return before.get("data.holdout") != after.get("data.holdout")
