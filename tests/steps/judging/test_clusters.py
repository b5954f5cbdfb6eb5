"""Rows that belong together, in whole runs: what is asked, told and refused, and what is not done again."""

from __future__ import annotations

from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.pipeline import plan
from ml_ci.plan.plan import COMPARISONS, PREDICTIONS
from ml_ci.records.store import Store

SAYS = "Rows of one `customer` are one piece of evidence (`cluster:`)."
NONE = "`cluster: none` declares that every row of the holdout is evidence of its own."


def holdout(clusters: int = 30, size: int = 10) -> str:
    """Write customers of like rows, half of them positives, of which the first is missed; each row weighs 2."""
    lines = []
    for one in range(clusters):
        x = 5 if one % 2 else (22 if one == 0 else 30)
        lines += [f"{x},{int(x >= 20)},c{one},2,{one * size + row}\n" for row in range(size)]
    return "x,y,customer,w,n\n" + "".join(lines)


@pytest.fixture
def clustered(project: Any) -> Any:
    project.commit({"data/holdout.csv": holdout()}, "customers")
    project.edit("ml-ci.yaml", "fnr <= baseline.fnr + 0.1", "fnr <= 0.5")
    project.edit("ml-ci.yaml", "    gates:\n", "    confidence: 0.95\n    gates:\n")
    project.commit({}, "ask for proof")
    project.run()
    return project


def kept(project: Any, kind: str) -> int:
    return sum(one == kind for one, _, _ in Store(project.path / ".ml_ci").records())


def say(project: Any, line: str) -> None:
    project.edit("ml-ci.yaml", "    gates:\n", f"    {line}\n    gates:\n")


def test_it_is_judged_again_and_nothing_is_trained_or_scored(clustered: Any) -> None:
    trained, scored, counted = clustered.trainings, kept(clustered, PREDICTIONS), kept(clustered, COMPARISONS)
    say(clustered, "cluster: customer")
    assert plan(clustered.options())["cut"].action == "reuse"
    model = clustered.run().models["cut"]
    assert (clustered.trainings, kept(clustered, PREDICTIONS)) == (trained, scored)
    assert kept(clustered, COMPARISONS) == counted + 1
    assert [(one.part, one.summary) for one in model.changes] == [("gates", "cluster: [customer] added")]
    assert SAYS in model.notes and not [said for said in model.cautions if "independent" in said]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("cluster: none", NONE),
        ("cluster: [customer, x]", "Rows of one `customer` and `x` are one piece of evidence (`cluster:`)."),
        (
            "cluster: {by: customer, known: [c0, zz]}",
            "Rows of c0, zz count one by one, as they are known (`cluster:`): the verdict is about them, and about "
            "others like the rest.",
        ),
        ("weight: w", "Each row of the holdout stands for as many as `w` says (`weight:`)."),
    ],
)
def test_what_is_declared_is_told_in_plan_and_report(clustered: Any, line: str, said: str) -> None:
    say(clustered, line)
    assert said in plan(clustered.options())["cut"].notes
    assert said in clustered.run().models["cut"].notes
    assert said in clustered.run().models["cut"].notes  # from the record, too


def test_a_known_cluster_that_is_not_there_and_rows_of_no_weight_are_told(clustered: Any) -> None:
    clustered.edit("data/holdout.csv", "5,0,c1,2,1", "5,0,c1,0,1")
    say(clustered, "cluster: {by: customer, known: [zz]}\n    weight: w")
    notes = "\n".join(clustered.run().models["cut"].notes)
    assert "'zz' is known, and no row of data/holdout.csv has it in column 'customer'" in notes
    assert "10 rows have a weight of 0 in column 'w' and are not counted." in notes


def test_a_holdout_that_is_cut_by_a_column_has_its_clusters(project: Any) -> None:
    project.commit({"data/train.csv": holdout(60)}, "customers")
    project.edit("ml-ci.yaml", "holdout: data/holdout.csv", "holdout: {of: train, share: 0.5, by: customer}")
    why = "the holdout is cut `by:` it; `cluster: none` says otherwise"
    said = f"Rows of one `customer` are one piece of evidence ({why})."
    assert said not in plan(project.options())["cut"].notes  # nobody asks for proof
    say(project, "confidence: 0.95")
    assert said in plan(project.options())["cut"].notes
    assert said in project.run().models["cut"].notes


@pytest.mark.parametrize(
    ("line", "change", "message"),
    [
        ("cluster: who", ("x,y", "x,y"), "data/holdout.csv: there is no column 'who'"),
        (
            "cluster: customer",
            ("30,1,c2,2,20\n", "30,1,,2,20\n"),
            "data/holdout.csv, line 22: no value in column 'customer', by which rows belong together",
        ),
        (
            "weight: w",
            ("30,1,c2,2,20\n", "30,1,c2,-2,20\n"),
            "data/holdout.csv, line 22: the weight '-2' in column 'w' is negative",
        ),
    ],
)
def test_a_mistake_is_named_before_anything_is_trained(
    clustered: Any, line: str, change: tuple[str, str], message: str
) -> None:
    clustered.edit("data/holdout.csv", *change)
    clustered.edit("train.py", "BIAS = 4", "BIAS = 5")
    say(clustered, line)
    trained = clustered.trainings
    with pytest.raises(UserError) as caught:
        clustered.run()
    assert caught.value.message == message
    assert clustered.trainings == trained


def test_without_a_word_a_column_that_looks_like_an_id_is_named(clustered: Any) -> None:
    [said] = [one for one in clustered.run().models["cut"].cautions if "independent" in one]
    assert said.startswith(
        "Rows of one `customer` may not be independent: 300 rows of 30, design effect 10.0: they count"
    )
    assert said.endswith("Write it, or declare that rows are independent: `cluster: none`.")
    assert said in plan(clustered.options())["cut"].cautions
    say(clustered, "cluster: none")
    assert not [one for one in clustered.run().models["cut"].cautions if "independent" in one]


@pytest.mark.parametrize(("copies", "told"), [(0, False), (1, False), (3, True)])
def test_copies_are_told_from_one_in_a_hundred_on(clustered: Any, copies: int, told: bool) -> None:
    rows = [f"{30 if one % 2 else 5},{one % 2},{(one * 7919) % 1009 / 1009:.6f},{one}.5\n" for one in range(250)]
    clustered.commit({"data/holdout.csv": "x,y,a,b\n" + "".join([*rows, *rows[:copies]])}, "copies")
    cautions = clustered.run().models["cut"].cautions
    said = f"{copies} of {250 + copies} rows of the holdout are copies of another row (label aside)"
    assert any(one.startswith(said) for one in cautions) is told


def test_nothing_is_looked_for_where_nobody_asks_for_proof(clustered: Any) -> None:
    clustered.edit("ml-ci.yaml", "    confidence: 0.95\n", "")
    assert not [one for one in clustered.run().models["cut"].cautions if "independent" in one]


def test_a_metric_of_ones_own_is_not_measured_without_the_weights(clustered: Any) -> None:
    clustered.repository.write({"own.py": "def hits(y_true, score):\n    return 1.0\n"})
    say(clustered, "metrics: {hits: own:hits}")
    assert clustered.run().models["cut"].candidate.metrics["hits"] == 1.0
    say(clustered, "weight: w")
    model = clustered.run().models["cut"]
    assert "hits" not in model.candidate.metrics and "seconds" in model.candidate.metrics
    assert "hits: not measured, as a metric of your own does not know the weights of `w`." in model.notes
