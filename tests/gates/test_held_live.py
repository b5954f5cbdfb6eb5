"""What a change takes away of the watch over a model in use is said to whoever reviews it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ml_ci.gates.held import held
from ml_ci.spec.load import load
from ml_ci.spec.values import ModelSpec


def model(live: str | None, stages: str = "") -> ModelSpec:
    entry = "{train: a:t, data: {train: t.csv, holdout: h.csv}, label: y, positive: 1"
    entry += f", live: {{predictions: p.csv, id: i, time: t, version: v{live}}}" if live is not None else ""
    entry += f", stages: [{stages}, champion]" if stages else ""
    return load(f"version: 1\nmodels:\n  m: {entry}}}\n", "ml-ci.yaml").models["m"]


@pytest.mark.parametrize(
    ("base", "own", "said"),
    [
        (None, ", gates: [fpr <= 0.1]", ()),
        (", gates: [fpr <= 0.1]", ", gates: [fpr <= 0.05, fnr <= 0.1]", ()),
        ("", None, ("`live` was removed in this change: after the merge, nobody watches the model in use.",)),
        (
            ", gates: [fpr <= 0.1, fnr <= holdout.fnr + 0.01]",
            ", gates: [fpr <= 0.2, fnr <= 0.3]",
            (
                "The gate `fpr <= 0.1` of `live` was loosened in this change, to `fpr <= 0.2`.",
                "The gate `fnr <= holdout.fnr + 0.01` of `live` was removed in this change: after the merge, nothing "
                "watches it.",
            ),
        ),
        (
            ", gates: [recall >= holdout.recall - 0.1]",
            ", gates: [recall >= holdout.recall - 0.2]",
            (
                "The gate `recall >= holdout.recall - 0.1` of `live` was loosened in this change, to "
                "`recall >= holdout.recall - 0.2`.",
            ),
        ),
        (
            "",
            ", rows: independent, delay: 60d, on_alarm: {issue: false}",
            (
                "`delay`, `rows` of `live` changed in this change: after the merge, live rows are watched by the new.",
                "`on_alarm` of `live` was changed in this change: after the merge, an alarm does something else.",
            ),
        ),
    ],
)
def test_what_is_said_of_a_change(base: str | None, own: str | None, said: tuple[str, ...]) -> None:
    assert held(model(own), model(base)).cautions == said


def test_the_traffic_of_a_stage_is_the_bases_and_a_change_of_it_is_said() -> None:
    gate = "gates: [fnr <= baseline.fnr + 0.01]"
    base = model("", f"{{name: canary, traffic: 0.1, after: 14d, {gate}}}")
    own = model("", f"{{name: canary, traffic: 0.5, {gate}}}")
    found = held(own, base)
    [stage, _] = found.model.stages
    assert (stage.traffic, stage.after) == (0.1, 14 * 86400)
    said = "`traffic`, `after` of the stage `canary` changed in this change: after the merge, it is decided by the new."
    assert found.cautions == (said,)
    assert held(base, base).cautions == ()
    assert [one.traffic for one in held(replace(base, stages=()), base).model.stages] == [0.1, None]
