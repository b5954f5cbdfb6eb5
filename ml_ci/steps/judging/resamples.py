"""Have the user's own metrics computed on resampled rows, so that a gate on them can be proven."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ml_ci.digests import digest
from ml_ci.evaluation.grouping import read_grouping
from ml_ci.evaluation.labels import read_labels
from ml_ci.evaluation.values import Comparison
from ml_ci.frozen import dataclass
from ml_ci.plan.plan import Plan
from ml_ci.records.codec import pack, unpack_if_fit
from ml_ci.steps.planning.variables import list_variables
from ml_ci.steps.working.room import time_work
from ml_ci.steps.working.score import load_scores
from ml_ci.steps.working.train import open_bench
from ml_ci.steps.working.workshop import Workshop
from ml_ci.training.checkouts import checkout
from ml_ci.training.job import resample
from ml_ci.training.values import ResampleRequest, Resamples

if TYPE_CHECKING:
    from ml_ci.gates.evidence import Case

RESAMPLES = "resamples"
REPLICATES = 500
SECONDS = 60.0


@dataclass(frozen=True)
class OwnResamples:
    """Resample the user's own metrics when a gate asks for them: once for all of them, kept as a record."""

    shop: Workshop = field(repr=False)
    plan: Plan = field(repr=False)
    comparison: Comparison = field(repr=False)

    @property
    def names(self) -> Collection[str]:
        """Name the metrics: the model's own."""
        return self.shop.sides.candidate.model.metrics

    @property
    def clustered(self) -> bool:
        """Whether clusters were drawn, and not rows one by one."""
        return self.comparison.clusters is not None and bool(self.comparison.clusters.columns)

    def __call__(self, name: str, baseline: bool) -> Any:
        """Give a metric's values, one per resample, NaN where undefined."""
        values = self.made.values[name]["baseline" if baseline else "candidate"]
        return np.array([math.nan if value is None else value for value in values])

    @property
    def asked(self) -> bool:
        """Whether a gate asked for them."""
        return "made" in self.__dict__

    @cached_property
    def made(self) -> Resamples:
        """Find the record of the resamples, or make them."""
        store, model = self.shop.project.store, self.shop.sides.candidate.model
        key = digest([RESAMPLES, self.plan.comparison, dict(model.metrics), model.seed, REPLICATES])
        record = store.find(RESAMPLES, key)
        found = None if record is None else unpack_if_fit(Resamples, record.content.get("resamples"))
        if found is not None:
            return found
        made = _make(self.shop, self.plan)
        with store.draft() as draft:
            store.keep(draft, RESAMPLES, key, {"model": model.name, "resamples": pack(made)})
        return made


def note_resamples(case: Case) -> Iterator[str]:
    """Say where fewer resamples were made than planned, because the user's metrics take long."""
    own = case.own
    if isinstance(own, OwnResamples) and own.asked and own.made.made < REPLICATES:
        names = ", ".join(own.names)
        yield (
            f"{names}: {own.made.made:,} resamples in place of {REPLICATES:,}, because they take more than "
            f"{SECONDS:.0f} s; a faster metric makes the proof sharper."
        )


def _make(shop: Workshop, plan: Plan) -> Resamples:
    model = shop.sides.candidate.model
    bench = open_bench(shop, shop.sides.candidate)
    request = ResampleRequest(
        model=model.name,
        metrics=model.metrics,
        table=_table(shop, plan),
        folder=bench.folder,
        ground=bench.ground,
        work=shop.job_folder(shop.sides.candidate, "resamples"),
        interpreter=bench.interpreter,
        environment=shop.project.options.environment,
        seed=model.seed,
        cwd=model.cwd,
        budget=model.budget,
        checkout=checkout(shop.project.repository, bench.folder),
        env=list_variables(shop.project, model),
        replicates=REPLICATES,
        seconds=min(SECONDS, model.budget.seconds / 2),
    )
    what = f"resampling {', '.join(model.metrics)}"
    return time_work(shop.project, model.name, what, lambda: resample(request, shop.project.options.progress))


def _table(shop: Workshop, plan: Plan) -> Path:
    model = shop.sides.candidate.model
    columns = {"y_true": read_labels(shop.holdout, model.label, model.positive).y_true.astype(int).tolist()}
    columns["candidate"] = load_scores(shop, shop.sides.candidate, plan.candidate).tolist()
    if shop.sides.baseline is not None and plan.baseline is not None:
        columns["baseline"] = load_scores(shop, shop.sides.baseline, plan.baseline).tolist()
    grouping = read_grouping(shop.holdout, model)
    if grouping is not None and grouping.codes is not None:
        columns["cluster"] = grouping.codes.tolist()
    table = shop.work / "resamples.csv"
    lines = (",".join(map(repr, row)) for row in zip(*columns.values(), strict=True))
    table.write_text("\n".join([",".join(columns), *lines]) + "\n", encoding="utf-8")
    return table
