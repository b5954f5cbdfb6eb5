from __future__ import annotations

from typing import Any

import pytest

from ml_ci.conditions import parse
from ml_ci.gates.held import held
from ml_ci.spec.evidence import ClusterSpec
from ml_ci.spec.values import (
    Cost,
    FileEntry,
    FunctionJob,
    GateSpec,
    ModelSpec,
    PartEntry,
    Positive,
    Reuse,
    SliceSpec,
    Stage,
    Threshold,
)


def model(*gates: str, **more: Any) -> ModelSpec:
    found = tuple(GateSpec(text, parse(text), line) for line, text in enumerate(gates, 10))
    given = {
        "name": "m",
        "job": FunctionJob("m:t"),
        "data": {"train": FileEntry("a.csv")},
        "holdout": FileEntry("b.csv"),
        "label": "y",
        "positive": Positive((1,)),
        "gates": found,
    }
    return ModelSpec(**(given | more))


OLD, TIGHT, LOOSE = "fpr <= 0.05", "fpr <= 0.04", "fpr <= 0.5"


@pytest.mark.parametrize(
    ("own", "base", "judged", "said"),
    [
        ((OLD,), (OLD,), (OLD,), ()),
        ((LOOSE,), (OLD,), (OLD,), (f"`{OLD}` was loosened in this change to `{LOOSE}`: judged by the old.",)),
        ((TIGHT,), (OLD,), (OLD, TIGHT), ()),
        ((), (OLD,), (OLD,), (f"`{OLD}` was removed in this change: judged by it all the same.",)),
        ((OLD, "fnr <= 0.2"), (OLD,), (OLD, "fnr <= 0.2"), ()),
        (
            ("fnr <= 0.2",),
            (OLD,),
            (OLD, "fnr <= 0.2"),
            (f"`{OLD}` was removed in this change: judged by it all the same.",),
        ),
        ((OLD, LOOSE), (OLD,), (OLD,), (f"`{OLD}` was loosened in this change to `{LOOSE}`: judged by the old.",)),
        (
            ("fnr <= baseline.fnr + 0.5",),
            ("fnr <= baseline.fnr + 0.01",),
            ("fnr <= baseline.fnr + 0.01",),
            (
                "`fnr <= baseline.fnr + 0.01` was loosened in this change to `fnr <= baseline.fnr + 0.5`: "
                "judged by the old.",
            ),
        ),
        (
            ("worst(fnr, by=region) <= 0.2",),
            ("each(fnr, by=region) <= 0.2",),
            ("each(fnr, by=region) <= 0.2", "worst(fnr, by=region) <= 0.2"),
            ("`each(fnr, by=region) <= 0.2` was removed in this change: judged by it all the same.",),
        ),
        (
            ("fpr <= 0.05 @ 0.8",),
            ("fpr <= 0.05 @ 0.95",),
            ("fpr <= 0.05 @ 0.95",),
            ("`fpr <= 0.05 @ 0.95` was loosened in this change to `fpr <= 0.05 @ 0.8`: judged by the old.",),
        ),
        ((OLD,), (), (OLD,), ()),
        ((), (), (), ()),
    ],
)
def test_gates(own: tuple[str, ...], base: tuple[str, ...], judged: tuple[str, ...], said: tuple[str, ...]) -> None:
    found = held(model(*own), model(*base))
    assert tuple(gate.text for gate in found.model.gates) == judged
    assert found.cautions == said


@pytest.mark.parametrize(
    ("own", "base", "confidence", "judged", "said"),
    [
        # Without `@` the model's confidence counts: the change asks for more proof than the base, or for less.
        (f"{OLD}", f"{OLD} @ 0.9", 0.95, (f"{OLD} @ 0.9", OLD), ""),
        (f"{OLD} @ 0.99", OLD, 0.95, (OLD, f"{OLD} @ 0.99"), ""),
        (OLD, f"{OLD} @ 0.99", 0.95, (f"{OLD} @ 0.99",), "loosened"),
        (f"{OLD} @ 0.9", OLD, 0.95, (OLD,), "loosened"),
        (f"{OLD} @ 0", OLD, 0.95, (OLD,), "loosened"),
        (OLD, f"{OLD} @ 0.9", None, (f"{OLD} @ 0.9",), "loosened"),
        (f"{OLD} @ 0.9", OLD, None, (OLD, f"{OLD} @ 0.9"), ""),
    ],
)
def test_a_gate_without_a_confidence_of_its_own_has_the_models(
    own: str, base: str, confidence: float | None, judged: tuple[str, ...], said: str
) -> None:
    found = held(model(own, confidence=confidence), model(base, confidence=confidence))
    assert tuple(gate.text for gate in found.model.gates) == judged
    assert [said in caution for caution in found.cautions] == ([True] if said else [])


@pytest.mark.parametrize(
    ("own", "base", "judged"),
    [(0.8, 0.95, 0.95), (0.99, 0.95, 0.99), (None, 0.95, 0.95), (0.95, None, 0.95), (None, None, None)],
)
def test_the_higher_confidence_counts(own: float | None, base: float | None, judged: float | None) -> None:
    found = held(model(OLD, confidence=own), model(OLD, confidence=base))
    assert found.model.confidence == judged
    assert bool(found.cautions) is (own != judged)


@pytest.mark.parametrize(("own", "base", "judged"), [(1, 5, 5), (5, 1, 5), (3, 3, 3)])
def test_the_higher_number_of_seeds_counts(own: int, base: int, judged: int) -> None:
    found = held(model(OLD, seeds=own), model(OLD, seeds=base))
    assert found.model.seeds == judged
    assert found.cautions == (
        () if own >= base else ("`seeds` was changed in this change (5 → 1): judged by the old.",)
    )


def test_how_strictly_is_the_base_branchs() -> None:
    base = model(OLD, method="exact", min_rows=None, baseline="champion", cost=Cost(1, 2), reuse=Reuse(3))
    own = model(OLD, method="score", min_rows=500, baseline="none", cost=Cost(1, 1), reuse=Reuse(900))
    found = held(own, base)
    rules = (found.model.method, found.model.min_rows, found.model.baseline, found.model.cost, found.model.reuse)
    assert rules == ("exact", None, "champion", Cost(1, 2), Reuse(3))
    assert found.cautions == (
        "`method` was changed in this change (exact → score): judged by the old.",
        "`min_rows` was changed in this change (none → 500): judged by the old.",
        "`baseline` was changed in this change (champion → none): judged by the old.",
        "`cost` was changed in this change (another → another): judged by the old.",
        "`reuse` was changed in this change (another → another): judged by the old.",
    )


def test_what_only_the_change_has_counts() -> None:
    found = held(model(OLD, cost=Cost(1, 2), reuse=Reuse(3), baseline="merge-base"), model(OLD, baseline="none"))
    assert (found.model.cost, found.model.reuse, found.model.baseline) == (Cost(1, 2), Reuse(3), "merge-base")
    assert found.cautions == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("holdout", PartEntry("train", share=0.1)),
        ("label", "other"),
        ("positive", Positive((0,))),
        ("slices", (SliceSpec(("region",)),)),
        ("metrics", {"mine": "m:f"}),
        ("cluster", ClusterSpec(("who",))),
        ("weight", "w"),
    ],
)
def test_a_yardstick_that_changed_is_the_changes_own_and_said(name: str, value: object) -> None:
    found = held(model(OLD, **{name: value}), model(OLD))
    assert getattr(found.model, name) == value
    [caution] = found.cautions
    assert caution.startswith(f"The yardstick changed: `{name}` in ml-ci.yaml.")


WHO, HOME, KNOWN = ClusterSpec(("who",)), ClusterSpec(("home",)), ClusterSpec(("who",), ("acme", "duff"))
BY_WHO = PartEntry("train", share=0.1, by="who")


@pytest.mark.parametrize(
    ("own", "base", "judged", "said"),
    [
        ({}, {"cluster": WHO}, WHO, "`cluster` was loosened in this change (who → none): judged by the old."),
        ({"cluster": ClusterSpec()}, {"cluster": WHO}, WHO, "(who → none)"),
        ({"cluster": ClusterSpec()}, {"holdout": BY_WHO}, WHO, "(who → none)"),
        ({"cluster": KNOWN}, {"cluster": WHO}, WHO, "(who → who (known: acme, duff))"),
        (
            {"cluster": KNOWN},
            {"cluster": ClusterSpec(("who",), ("duff",))},
            ClusterSpec(("who",), ("duff",)),
            "(who (known: duff) → who (known: acme, duff))",
        ),
        ({"cluster": ClusterSpec(("home",), ("acme",))}, {"cluster": KNOWN}, HOME, "(home → home (known: acme))"),
        ({"cluster": WHO}, {"cluster": KNOWN}, WHO, ""),
        ({"cluster": HOME}, {"cluster": WHO}, HOME, ""),
        ({"cluster": WHO}, {"holdout": BY_WHO}, WHO, ""),
    ],
)
def test_clusters_that_a_change_gives_up_are_the_bases(own: Any, base: Any, judged: ClusterSpec, said: str) -> None:
    found = held(model(OLD, **own), model(OLD, **base))
    assert found.model.clustering == judged
    loosened = [caution for caution in found.cautions if "loosened" in caution]
    assert [said in caution for caution in loosened] == ([True] if said else [])


def test_a_weight_that_a_change_removes_is_the_bases() -> None:
    found = held(model(OLD), model(OLD, weight="w"))
    assert found.model.weight == "w"
    assert found.cautions == ("`weight` was removed in this change (w): judged by it all the same.",)


def test_a_threshold_is_a_sides_own_and_no_yardstick() -> None:
    found = held(model(OLD, threshold=Threshold(0.9)), model(OLD))
    assert found.model.threshold == Threshold(0.9)
    assert found.cautions == ("`threshold` in ml-ci.yaml changed: each side decides by what its own commit says.",)


def test_a_gate_keeps_the_line_of_the_file_that_is_there() -> None:
    found = held(model("fnr <= 0.2", OLD), model(OLD, "auc >= 0.9"))
    assert [(gate.text, gate.line) for gate in found.model.gates] == [
        (OLD, 11),
        ("auc >= 0.9", None),
        ("fnr <= 0.2", 10),
    ]


def test_what_does_not_judge_is_the_changes_own() -> None:
    own = model(OLD, job=FunctionJob("new:train"), seed=3, predict="new:predict")
    assert held(own, model(OLD)).model == own


def stage(name: str, *gates: str) -> Stage:
    return Stage(name, tuple(GateSpec(text, parse(text), line) for line, text in enumerate(gates, 20)))


CHAMPION = stage("champion")
STRICT = stage("staging", TIGHT)
TO_LOOSER = f"`{TIGHT}` of the stage `staging` was loosened in this change to `{OLD}`: judged by the old."
GONE = f"`{TIGHT}` of the stage `staging` was removed in this change: judged by it all the same."
NO_STAGE = (
    "The stage `staging` was removed in this change: judged by its gates all the same, but after the merge models are "
    "promoted without it."
)


@pytest.mark.parametrize(
    ("own", "base", "judged", "said"),
    [
        ((STRICT, CHAMPION), (STRICT, CHAMPION), {"staging": [TIGHT], "champion": []}, ()),
        ((stage("staging", OLD), CHAMPION), (STRICT, CHAMPION), {"staging": [TIGHT], "champion": []}, (TO_LOOSER,)),
        ((stage("staging"), CHAMPION), (STRICT, CHAMPION), {"staging": [TIGHT], "champion": []}, (GONE,)),
        (
            (stage("staging", "fpr <= 0.03"), CHAMPION),
            (STRICT, CHAMPION),
            {"staging": [TIGHT, "fpr <= 0.03"], "champion": []},
            (),
        ),
        ((), (STRICT, CHAMPION), {"staging": [TIGHT], "champion": []}, (NO_STAGE,)),
        ((stage("live"), CHAMPION), (STRICT, CHAMPION), {"staging": [TIGHT], "live": [], "champion": []}, (NO_STAGE,)),
        ((stage("live"), STRICT, CHAMPION), (STRICT, CHAMPION), {"live": [], "staging": [TIGHT], "champion": []}, ()),
        ((STRICT, CHAMPION), (), {"staging": [TIGHT], "champion": []}, ()),
        (
            (),
            (stage("champion", TIGHT),),
            {"champion": [TIGHT]},
            (f"`{TIGHT}` of the stage `champion` was removed in this change: judged by it all the same.",),
        ),
        (
            (stage("live"), STRICT, CHAMPION),
            (STRICT, stage("live"), CHAMPION),
            {"staging": [TIGHT], "live": [], "champion": []},
            (
                "`stages` were put into another order in this change: "
                "staging, live, champion → live, staging, champion.",
            ),
        ),
    ],
)
def test_stages(own: tuple[Stage, ...], base: tuple[Stage, ...], judged: dict[str, list[str]], said: Any) -> None:
    found = held(model("fnr <= 0.2", stages=own), model("fnr <= 0.2", stages=base))
    assert {one.name: [gate.text for gate in one.gates] for one in found.model.stages} == judged
    assert [one.name for one in found.model.stages] == list(judged)
    assert found.cautions == said


def test_the_approval_of_a_stage_that_is_removed_is_said() -> None:
    asked, unasked = Stage("staging", approval=True), Stage("staging")
    found = held(model(OLD, stages=(unasked, CHAMPION)), model(OLD, stages=(asked, CHAMPION)))
    assert found.model.stages[0].approval
    assert found.cautions == (
        "`approval: required` of the stage `staging` was removed in this change: after the merge, models come into it "
        "without a person's approval.",
    )
    more = held(model(OLD, stages=(asked, CHAMPION)), model(OLD, stages=(unasked, CHAMPION)))
    assert (more.model.stages[0].approval, more.cautions) == (True, ())


def test_a_gate_that_moves_from_a_stage_to_the_model_asks_for_more() -> None:
    found = held(model(TIGHT, stages=(stage("staging"), CHAMPION)), model(stages=(STRICT, CHAMPION)))
    assert ([gate.text for gate in found.model.gates], found.model.stages[0].gates) == ([TIGHT], ())
    assert found.cautions == ()


def test_a_gate_of_live_traffic_stays_beside_the_same_one_of_the_model() -> None:
    live = Stage("shadow", stage("shadow", OLD).gates, traffic="shadow")
    found = held(model(OLD, stages=(live, CHAMPION)), model(OLD, stages=(live, CHAMPION)))
    assert [gate.text for gate in found.model.stages[0].gates] == [OLD]  # it is of other rows


def test_a_gate_that_moves_from_the_model_to_a_stage_is_removed_from_the_model() -> None:
    found = held(model(stages=(STRICT, CHAMPION)), model(TIGHT, stages=(stage("staging"), CHAMPION)))
    assert ([gate.text for gate in found.model.gates], found.model.stages[0].gates) == ([TIGHT], ())
    assert found.cautions == (f"`{TIGHT}` was removed in this change: judged by it all the same.",)


@pytest.mark.parametrize(
    ("own", "base", "judged", "said"),
    [
        (True, True, True, ()),
        (True, False, True, ()),
        (False, False, False, ()),
        (
            False,
            True,
            True,
            (
                "`approval: required` was removed in this change: after the merge, models become champion without a "
                "person's approval.",
            ),
        ),
    ],
)
def test_approval(own: bool, base: bool, judged: bool, said: tuple[str, ...]) -> None:
    found = held(model(OLD, approval=own), model(OLD, approval=base))
    assert (found.model.approval, found.cautions) == (judged, said)
