"""The options of a run that its result depends on, as the report keeps them: given again, they make it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ml_ci.forges.registry import is_build
from ml_ci.spec.find import NAME
from ml_ci.steps.values import Project


def list_asked(project: Project) -> Mapping[str, str]:
    """Give option → value, in the order in which a command names them; what was not asked for is left out."""
    return dict(_ask(project))


def _ask(project: Project) -> Iterator[tuple[str, str]]:
    options, judging = project.options, project.judging
    if options.baseline:
        yield "baseline", options.baseline
    if judging.ref is not None:
        yield "gates-from", judging.commit[:7] if judging.commit else judging.ref
    if options.stage:
        yield "stage", options.stage
    if options.config and options.config != NAME:
        yield "config", options.config
    # A runner's interpreter is nobody else's: a comment does not name it.
    if options.python and not is_build(options.environment):
        yield "python", options.python
