"""Settle which tables of the candidate changed in their bytes only: those train nothing."""

from __future__ import annotations

from dataclasses import replace

from ml_ci.plan.plan import VERDICTS
from ml_ci.steps.planning.decide import plan_work
from ml_ci.steps.planning.reads import AnyMade, resolve_reads
from ml_ci.steps.planning.snapshots import make_snapshot
from ml_ci.steps.values import Made, Project, Sides


def settle(project: Project, sides: Sides) -> Sides:
    """Give the sides with the baseline's data parts in the candidate wherever a job sees values and none differs.

    Tables are read only when bytes differ and no verdict is known: what is found is kept for the next fingerprint.
    """
    baseline = sides.baseline
    if baseline is None or baseline.declared.parts == sides.candidate.fingerprint.parts:
        return sides
    if project.store.holds(VERDICTS, plan_work(project, sides).verdict):
        return sides
    return replace(sides, candidate=_settle(project, baseline, sides.candidate))


def _settle(project: Project, old: Made, new: AnyMade) -> AnyMade:
    from ml_ci.changes.settle import settle

    needs = {
        name: _settle(project, old.needs[name], side) if name in old.needs else side for name, side in new.needs.items()
    }
    if any(needs[name] is not side for name, side in new.needs.items()):
        new = resolve_reads(project, replace(new, needs=needs))
    before = make_snapshot(project, new)
    after = settle(make_snapshot(project, old), before)
    return new if after is before else resolve_reads(project, replace(new, fingerprint=after.fingerprint))
