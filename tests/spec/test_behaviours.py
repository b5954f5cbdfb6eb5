"""`behaviours:`: what each entry means, and a sentence for whatever it cannot mean."""

from __future__ import annotations

import pytest

from ml_ci.conditions.tree import Metric, OverSlices, atoms
from ml_ci.errors import UserError
from ml_ci.spec.behaviours import Behaviour
from ml_ci.spec.load import load

BASE = """\
version: 1
models:
  churn:
    train: churn.train:train
    data:
      train: {path: data/train.csv, columns: [age, sex, churned]}
      holdout: {path: data/holdout.csv, columns: [age, sex, churned]}
    label: churned
    positive: 1
"""


def with_behaviour(entry: str, *more: str) -> str:
    return BASE + f"    behaviours:\n      blind: {entry}\n" + "".join(f"    {line}\n" for line in more)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("{vary: sex}", Behaviour("blind", "vary", ("sex",))),
        ("{vary: [sex, age]}", Behaviour("blind", "vary", ("sex", "age"))),
        ("{raise: age, score: never falls}", Behaviour("blind", "raise", ("age",), "never falls")),
        ("{lower: [age], score: never rises}", Behaviour("blind", "lower", ("age",), "never rises")),
        ("{disturb: sex}", Behaviour("blind", "disturb", ("sex",), by=("case", "typo", "space"))),
        (
            "{disturb: sex, by: missing, or: refused}",
            Behaviour("blind", "disturb", ("sex",), by=("missing",), or_refused=True, rows=200, seconds=30.0),
        ),
        ("{same: again}", Behaviour("blind", "same", same="again")),
        ("{same: alone}", Behaviour("blind", "same", same="alone", rows=200, seconds=30)),
        (
            "{same: alone, rows: 9, tolerance: 0.1}",
            Behaviour("blind", "same", same="alone", rows=9, tolerance=0.1, seconds=30),
        ),
        (
            "{same: served, run: 'ask {rows} {out}'}",
            Behaviour("blind", "same", same="served", run="ask {rows} {out}"),
        ),
        ("{cases: tests/a.csv}", Behaviour("blind", "cases", cases="tests/a.csv")),
        (
            "{vary: sex, rows: 7, variants: 2, time: 1m, hunt: fails}",
            Behaviour("blind", "vary", ("sex",), rows=7, variants=2, seconds=60, hunt_fails=True),
        ),
    ],
)
def test_reads(entry: str, expected: Behaviour) -> None:
    assert load(with_behaviour(entry), "ml-ci.yaml").models["churn"].behaviours == {"blind": expected}


KINDS = "{vary: sex}, {raise: [income], score: never falls}, {disturb: [job]}, {same: alone} or {cases: cases.csv}"
ALL = "vary, raise, lower, disturb, same, cases"
WHAT = "expected what the score does as the columns are raised"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("sex", f"expected what has to hold, such as {KINDS}, got 'sex'"),
        ("{}", f"expected what has to hold, such as {KINDS}, got an empty mapping"),
        ("{vari: sex}", "unknown key 'vari', did you mean 'vary'?"),
        (
            "{xyzzy: 1}",
            f"unknown key 'xyzzy'; known are {ALL}, score, by, or, run, tolerance, rows, variants, time, hunt",
        ),
        ("{rows: 5}", f"expected exactly one of vary, raise, lower, disturb, same or cases, such as {KINDS}; got none"),
        (
            "{vary: sex, same: alone}",
            f"expected exactly one of vary, raise, lower, disturb, same or cases, such as {KINDS}; got vary and same",
        ),
        ("{vary: []}", "expected a column such as vary: age, or several in a list, got an empty list"),
        ("{vary: 3}", "expected a column such as vary: age, or several in a list, got 3"),
        ("{vary: [sex, sex]}", "the column 'sex' is listed twice"),
        ("{vary: sexx}", "the holdout has no column 'sexx', did you mean 'sex'?"),
        ("{vary: zip}", "the holdout has no column 'zip'; columns are age, sex, churned"),
        ("{vary: churned}", "'churned' is the label, which no model is given; name another column"),
        ("{raise: age}", f"{WHAT}: add score: never falls, or score: never rises"),
        ("{raise: age, score: up}", f"{WHAT}, never falls or never rises, got 'up'"),
        (
            "{raise: age, score: never fall}",
            f"{WHAT}, never falls or never rises, got 'never fall', did you mean 'never falls'?",
        ),
        ("{vary: sex, score: never falls}", "score: belongs to raise or lower, and this is vary: ; remove it"),
        ("{vary: sex, by: case}", "by: belongs to disturb, and this is vary: ; remove it"),
        ("{vary: sex, or: refused}", "or: belongs to disturb, and this is vary: ; remove it"),
        ("{disturb: sex, or: else}", "expected or: refused, or no or: at all, got 'else'"),
        (
            "{disturb: sex, by: []}",
            "expected at least one of case, typo, space, missing, unseen, extreme or text after by:, got an empty list",
        ),
        (
            "{disturb: sex, by: typos}",
            "expected case, typo, space, missing, unseen, extreme or text, got 'typos', did you mean 'typo'?",
        ),
        ("{disturb: sex, by: [typo, typo]}", "'typo' is listed twice after by:"),
        ("{same: alon}", "expected alone, shuffled, again or served, got 'alon', did you mean 'alone'?"),
        ("{same: alone, run: a}", "run: belongs to same: served; remove it"),
        ("{same: served}", "nothing says how the service is asked; add run: 'python ask.py {rows} {out}/scores.csv'"),
        (
            "{same: served, run: 'ask {rows}'}",
            "the command is not told the folder for the scores; write {out} into it, for example "
            "run: 'python ask.py {rows} {out}/scores.csv'",
        ),
        (
            "{same: served, run: 'ask {rows} {out} {seed}'}",
            "unknown placeholder {seed} in run:; here only {model}, {rows} and {out} are filled in",
        ),
        ("{cases: [a]}", "expected a table of rows with their labels such as tests/cases.csv, got a list"),
        (
            "{cases: s3://a/b.csv}",
            "expected cases that belong to a commit, got the URL 's3://a/b.csv'; bring the file in by git",
        ),
        ("{cases: ../a.csv}", "the path '../a.csv' leaves the project folder through '..'; move the file inside it"),
        (
            "{cases: a.csv, rows: 3}",
            "rows: belongs to vary, raise, lower, disturb or same, and this is cases: ; remove it",
        ),
        ("{same: alone, tolerance: -1}", "expected a tolerance of at least 0 such as 0.01, got -1"),
        ("{vary: sex, rows: 0}", "expected a whole number above zero such as rows: 1000, got 0"),
        ("{vary: sex, variants: many}", "expected a whole number above zero such as variants: 1000, got 'many'"),
        ("{vary: sex, time: 0}", "expected a time above zero such as 5m, 90s, 1h30m or a number of seconds, got 0"),
        ("{vary: sex, hunt: yes}", "expected hunt: fails, or no hunt: at all, got 'yes'"),
    ],
)
def test_refuses_an_entry_at_its_line(entry: str, said: str) -> None:
    with pytest.raises(UserError) as wrong:
        load(with_behaviour(entry), "ml-ci.yaml")
    assert wrong.value.message == f"ml-ci.yaml:11: models.churn.behaviours.blind: {said}"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fpr", "'fpr' is a word of ml-ci's own; choose another name"),
        ("broken", "'broken' is a word of ml-ci's own; choose another name"),
        ("each", "'each' is a word of ml-ci's own; choose another name"),
        ("lift", "'lift' is a metric under metrics: already; choose another name"),
        ("a-b", "expected a name such as blind_to_sex, got 'a-b'"),
        ("not", "expected a name such as blind_to_sex, got 'not'"),
        ("again", "the same as 'blind'; remove one of them"),
    ],
)
def test_refuses_a_name(name: str, said: str) -> None:
    text = with_behaviour("{vary: sex}", f"  {name}: {{vary: sex}}", "metrics: {lift: own:lift}")
    with pytest.raises(UserError) as wrong:
        load(text, "ml-ci.yaml")
    assert f"ml-ci.yaml:12: models.churn.behaviours.{name}: {said}" in wrong.value.message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "train: churn.train:train",
            "run: make\n    outputs: {predictions: p.csv}",
            "there is no model to ask: outputs: names predictions only; add outputs.model, and predict: with it",
        ),
        (
            "holdout: {path: data/holdout.csv, columns: [age, sex, churned]}",
            "holdout: {of: train, folds: 5}",
            "behaviours ask one model, and folds train several; keep a share of the rows as holdout, or remove it",
        ),
    ],
)
def test_refuses_where_no_one_model_answers(old: str, new: str, said: str) -> None:
    with pytest.raises(UserError) as wrong:
        load(with_behaviour("{vary: sex}").replace(old, new), "ml-ci.yaml")
    assert f"models.churn.behaviours: {said}" in wrong.value.message


def test_a_behaviour_is_a_metric_of_both_sides() -> None:
    gates = "gates: [blind <= baseline.blind + 0.01 @ 0.95, 'gap(blind, by=sex) <= 0.1']"
    [first, second] = load(with_behaviour("{vary: age}", gates), "ml-ci.yaml").models["churn"].gates
    assert str(first.condition) == "blind <= baseline.blind + 0.01 @ 0.95"
    assert str(second.condition) == "gap(blind, by=sex) <= 0.1"
    assert [*atoms(first.condition.comparisons[0].terms[0])] == [Metric("broken", of="blind")]
    assert [*atoms(second.condition.comparisons[0].terms[0])] == [OverSlices("gap", "broken", ("sex",), of="blind")]
    assert first.condition.behaviours == second.condition.behaviours == {"blind"}


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ("blnd <= 0.1", "unknown metric 'blnd'; did you mean blind?"),
        ("broken <= 0.1", "unknown metric 'broken'"),
        ("blind <= 5", "blind lies between 0 and 1, 5 is no limit for it; write 0.05"),
        (
            '"each(known, by=sex) <= 0"',
            "the cases of 'known' are no rows of the holdout and have no slices; write known <= 0",
        ),
        ("blind <= baseline.blind", "compares with the baseline, and there is 'baseline: none'; remove one of them"),
    ],
)
def test_refuses_a_gate(gate: str, said: str) -> None:
    more = ("  known: {cases: a.csv}", "baseline: none", f"gates: [{gate}]")
    with pytest.raises(UserError) as wrong:
        load(with_behaviour("{vary: sex}", *more), "ml-ci.yaml")
    assert said in wrong.value.message


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("{vary: sex}", "vary: sex"),
        ("{raise: [age], score: never falls, tolerance: 0.01}", "raise: age, score: never falls, tolerance: 0.01"),
        (
            "{disturb: [age, sex], by: [missing, text], or: refused}",
            "disturb: [age, sex], by: [missing, text], or: refused",
        ),
        ("{disturb: sex}", "disturb: sex"),
        ("{same: served, run: [ask, '{rows}', '{out}']}", "same: served, run: ask {rows} {out}"),
        ("{cases: a.csv}", "cases: a.csv"),
    ],
)
def test_says_itself_in_the_words_of_the_file(entry: str, text: str) -> None:
    assert load(with_behaviour(entry), "ml-ci.yaml").models["churn"].behaviours["blind"].text == text
