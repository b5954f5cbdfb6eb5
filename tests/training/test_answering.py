"""A stored model that answers about edited rows: their types, their errors, and an end within its limit."""

# ruff: noqa: E501 (a row of a table stays on its line)

from __future__ import annotations

import inspect
import json
import os
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml_ci.child.answering import read_editable
from ml_ci.child.arguments import annotation_of
from ml_ci.child.batches import Batches
from ml_ci.child.calls import NOW
from ml_ci.child.failures import JobFailed
from ml_ci.errors import Failure
from ml_ci.spec.values import Budget, Positive
from ml_ci.training.answering import open_worker
from ml_ci.training.heard import Heard, read_answers, read_line
from ml_ci.training.values import AskRequest, Input, Interpreter

pytest.importorskip("pandas", reason="pandas is not installed")

OWN = Interpreter(Path(sys.executable), sys.version_info[:3])
Failed = Callable[[Callable[[], object]], Failure]
ROWS = "age,sex,income,member\n20,Male,1.5,True\n40,Female,2.5,False\n60,Male,3.5,True\n"
AGE = "def score(model, rows): return (rows.age / 100).tolist()"


def ask_for(jobs: Any, source: str, rows: str = ROWS, **options: Any) -> AskRequest:
    """Ask for a worker that scores by a function `score` with this source."""
    jobs.write("own.py", source)
    path = jobs.write("rows.csv", rows)
    request = AskRequest(
        model="churn",
        artifact=jobs.write("model.pkl", "not loaded"),
        folder=jobs.folder,
        work=jobs.work / "ask",
        rows=Input(str(path)),
        positive=Positive(values=(1,)),
        interpreter=OWN,
        environment=jobs.environment,
        entry="own:score",
        labels=("0", "1"),
        count=len(rows.splitlines()) - 1,
        budget=Budget(seconds=60.0),
    )
    return replace(request, **options)


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Heard]:
    """Score edited rows by a function, in this process: the child's own code, without the child."""
    monkeypatch.setitem(NOW, "owner", os.getpid())
    path = tmp_path / "rows.csv"
    path.write_text(ROWS, encoding="utf-8")

    def ask(
        source: str,
        rows: Sequence[int],
        edits: Mapping[str, Sequence[Any]] | None = None,
        *,
        alone: bool = False,
        positive: Positive = Positive(values=(1,)),  # noqa: B008
        labels: tuple[str, ...] = ("0", "1"),
        known: str = "",
        seconds: float = 60.0,
        content: bytes = ROWS.encode(),
    ) -> Heard:
        path.write_bytes(content)
        names: dict[str, Any] = {"Path": Path, "np": np, "__name__": "own"}
        exec(compile(textwrap.dedent(source), str(tmp_path / "own.py"), "exec"), names)
        score, model = names.get("score"), names.get("Model", lambda: None)()
        wanted = annotation_of(score, inspect.signature(score).parameters["rows"]) if score else ""
        request = {"positive": asdict(positive), "labels": labels, "known": known, "rows": {"path": str(path)}}
        request |= {"entry": "own:score" if score else None}
        request |= {"folder": str(tmp_path), "work": str(tmp_path), "count": 3}
        batches = Batches(model, read_editable(request, wanted, custom=score is not None), score, request)
        sent = json.loads(json.dumps({"rows": rows, "edits": edits or {}, "alone": alone, "seconds": seconds}))
        heard = read_answers(json.loads(json.dumps(batches.answer(sent), allow_nan=False)), len(rows))
        assert heard is not None
        return heard

    return ask


def test_rows_are_scored_as_they_are_edited_and_in_the_order_of_the_ask(asked: Any) -> None:
    heard = asked(AGE, [2, 0, 0, 1], {"age": [60, 30, 70, 10]})
    assert heard.kind == "probability"
    assert heard.scores.tolist() == [0.6, 0.3, 0.7, 0.1]
    assert heard.errors == {}


REFUSE = """
def score(model, rows):
    if (rows.age > {limit}).any():
        raise ValueError(f"too old: {{len(rows)}}" + ", far too old" * 20)
    open({calls!r}, "a").write("answered\\n")
    return (rows.age / 100).tolist()
"""


@pytest.mark.parametrize(("ages", "answered"), [([70] * 64, 0), ([*[70] * 40, *[7] * 24], 24), ([*[7] * 63, 70], 63)])
def test_rows_that_the_model_fails_for_are_found_without_asking_twice_for_each(
    asked: Any, tmp_path: Path, ages: list[int], answered: int
) -> None:
    calls = tmp_path / "calls"
    source = REFUSE.format(limit=50, calls=str(calls)).replace(
        "raise", f'open({str(calls)!r}, "a").write("failed\\n"); raise'
    )
    heard = asked(source, [0] * 64, {"age": ages})
    assert len(heard.errors) == 64 - answered
    assert [score for score in heard.scores.tolist() if score == 0.07] == [0.07] * answered
    assert len(calls.read_text().split()) <= 64 + 24


def test_an_ask_that_is_late_for_rows_that_the_model_fails_for_says_so(asked: Any, tmp_path: Path) -> None:
    source = REFUSE.format(limit=50, calls=str(tmp_path / "calls"))
    with pytest.raises(
        JobFailed, match=r"one by one: 1 of 64 until now, the last with: .*too old: 1.{,100}…$"
    ) as caught:
        asked(source, [0] * 64, {"age": [70] * 64}, seconds=0.0)
    assert caught.value.code == "ask-limit"
    assert len(asked(source, [0] * 4, {"age": [7] * 4}, seconds=0.0).scores) == 4


def test_many_asks_of_one_worker_read_the_files_once(jobs: Any) -> None:
    source = "from pathlib import Path\nprint('imported')\ndef score(model: Path, rows): print('called'); return (rows.age / 100).tolist()"
    with open_worker(ask_for(jobs, source)) as worker:
        for age in (1, 2, 3):
            assert worker.ask([0], {"age": [age]}).scores.tolist() == [age / 100]
        Path(jobs.folder, "rows.csv").unlink()
        assert worker.ask([1], {}).scores.tolist() == [0.4]
    assert jobs.work.joinpath("ask", "job.log").read_text().split().count("imported") == 1


TYPES = "def score(model, rows): print(dict(rows.dtypes.astype(str))); return [float(str(rows.dtypes[{column!r}]) == {wanted!r}) for _ in range(len(rows))]"


@pytest.mark.parametrize(
    ("column", "value", "wanted"),
    [
        ("age", 41, "int64"),
        ("age", 41.0, "int64"),
        ("age", 41.5, "float64"),
        ("age", None, "float64"),
        ("age", float("nan"), "float64"),
        ("age", 2**70, "float64"),
        ("income", 4, "float64"),
        ("income", None, "float64"),
        ("member", False, "bool"),
        ("member", "false", "bool"),
        ("member", None, "object"),
    ],
)
def test_a_column_keeps_the_type_that_the_jobs_reader_gave_it(asked: Any, column: str, value: Any, wanted: str) -> None:
    heard = asked(TYPES.format(column=column, wanted=wanted), [0, 1], {column: [value, value]})
    assert heard.scores.tolist() == [1.0, 1.0]


def test_a_text_among_numbers_types_the_column_of_no_other_row(asked: Any) -> None:
    source = "def score(model, rows): return [float(rows.age.dtype == 'int64')] * len(rows)"
    assert asked(source, [0, 1, 2, 0], {"age": [1, "41", 2, None]}).scores.tolist() == [1.0, 0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("Other", "Other"), (3, "3"), (3.0, "3"), (None, "missing"), ("", "")],
)
def test_a_column_of_texts_holds_texts(asked: Any, value: Any, expected: str) -> None:
    source = f"def score(model, rows): return [float(('missing' if v != v else v) == {expected!r}) for v in rows.sex]"
    assert asked(source, [0], {"sex": [value]}).scores.tolist() == [1.0]


def test_polars_rows_keep_their_types_too(asked: Any) -> None:
    pytest.importorskip("polars", reason="polars is not installed")
    source = """
        import polars
        def score(model, rows: polars.DataFrame):
            assert rows.schema["sex"] == polars.String and rows.schema["member"] == polars.Boolean, rows.schema
            return [0.25 if a is None else 0.5 if isinstance(a, str) else a / 100 for a in rows["age"]]
    """
    heard = asked(source, [0, 1, 2, 2], {"age": [10, None, "x", 2.5], "sex": ["a", None, "b", "c"]})
    assert heard.scores.tolist() == [0.1, 0.25, 0.5, 0.025]


@pytest.mark.parametrize("wanted", ["Path", "str"])
def test_a_function_that_reads_the_rows_itself_gets_a_file_as_the_holdouts(
    asked: Any, tmp_path: Path, wanted: str
) -> None:
    source = f"""
        def score(model, rows: {wanted}):
            head, *lines = open(rows).read().splitlines()
            assert head == "age,sex,income,member", head
            assert all(line.endswith(("True", "")) for line in lines), lines
            return [float(line.split(",")[0]) / 100 for line in lines]
    """
    heard = asked(source, [0, 0, 2], {"age": [1, 2, 3.0], "member": [True, None, "True"]})
    assert heard.scores.tolist() == [0.01, 0.02, 0.03]
    assert not list((tmp_path / "asked").iterdir())


MODELS = [
    ("classes_ = [0, 1]\n    def predict_proba(self, rows): return np.column_stack([1 - rows.age / 100, rows.age / 100])", "probability", [0.3, 0.6]),
    ("def predict_proba(self, rows): return np.float32([[1 - a / 100, a / 100] for a in rows.age])", "probability", [0.3, 0.6]),
    ("classes_ = [1, 0]\n    def decision_function(self, rows): return rows.age - 40", "margin", [10.0, -20.0]),
    ("classes_ = [0, 1]\n    def predict(self, rows): return (rows.age > 40).astype(int)", "label", [0, 1]),
    ("feature_names_in_ = ['age']\n    def predict_proba(self, rows): assert list(rows) == ['age']; return np.column_stack([1 - rows.age / 100, rows.age / 100])", "probability", [0.3, 0.6]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "kind", "expected"), MODELS)
def test_a_model_without_a_function_is_asked_as_it_is_scored(
    asked: Any, body: str, kind: str, expected: list[float]
) -> None:
    heard = asked(f"class Model:\n    {body}", [0, 2], {"age": [30, 60]})
    assert heard.kind == kind
    found = heard.positive.tolist() if kind == "label" else heard.scores.tolist()
    assert found == pytest.approx(expected, abs=1e-7)
    assert heard.precision == ("float32" if "float32" in body else "")


TYPED = """
    def score(model, rows):
        assert str(rows.day.dtype).startswith("datetime64"), rows.dtypes
        assert str(rows.kind.dtype) == "category" and str(rows.small.dtype) == "Int8", rows.dtypes
        assert {"a", "b"} <= set(rows.kind.cat.categories)
        return [(d.month if d == d else 0) / 100 + (s if s is not pandas.NA else 0) / 1000 for d, s in zip(rows.day, rows.small)]
"""


def test_the_types_of_parquet_stay(asked: Any, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    days = pandas.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01"])
    small = pandas.array([1, 2, 3], "Int8")
    table = pandas.DataFrame({"day": days, "kind": pandas.Categorical(["a", "b", "a"]), "small": small})
    table.to_parquet(tmp_path / "typed.parquet")
    content = (tmp_path / "typed.parquet").read_bytes()
    edits = {"day": ["2026-07-01", None, "2026-09-05"], "kind": ["b", None, "c"], "small": [7, None, 9.0]}
    heard = asked(f"import pandas\n{textwrap.dedent(TYPED)}", [0, 1, 2], edits, content=content)
    assert heard.scores.tolist() == pytest.approx([0.077, 0.0, 0.099])
    source = "import pandas\ndef score(model, rows: Path): f = pandas.read_parquet(rows); return (f.small.fillna(0) / 100).to_numpy(float)"
    assert asked(source, [2, 0], {"small": [5, None]}, content=content).scores.tolist() == [0.05, 0.0]
    assert not list((tmp_path / "asked").iterdir())


def test_a_row_that_raises_is_found_and_every_other_row_is_scored(asked: Any) -> None:
    source = """
        def score(model, rows):
            if (rows.age > 50).any():
                raise ValueError("too old")
            return (rows.age / 100).tolist()
    """
    heard = asked(source, list(range(3)) * 30)
    assert sorted(heard.errors) == list(range(2, 90, 3))
    assert all("ValueError: too old (own.py, line 4)" in said for said in heard.errors.values())
    assert np.isnan(heard.scores[2::3]).all()
    assert heard.scores[:2].tolist() == [0.2, 0.4]


@pytest.mark.parametrize("answer", ["float('nan')", "None", "2.0", "-0.1", "float('inf')", "'yes'"])
def test_a_row_without_a_value_that_counts_has_no_answer(asked: Any, answer: str) -> None:
    source = f"def score(model, rows): return [{answer} if age > 50 else 0.25 for age in rows.age]"
    heard = asked(source, [0, 2, 1], known="probability")
    assert list(heard.errors) == [1]
    assert "own:score" in heard.errors[1]
    assert heard.scores.tolist()[::2] == [0.25, 0.25]
    assert np.isnan(heard.scores[1])


def test_a_function_that_drops_rows_has_no_answer_for_those(asked: Any) -> None:
    heard = asked("def score(model, rows): return (rows.age[rows.age < 50] / 100).to_numpy()", [0, 1, 2, 1])
    assert list(heard.errors) == [2]
    assert heard.scores[[0, 1, 3]].tolist() == [0.2, 0.4, 0.4]


def test_alone_is_each_row_in_a_call_by_itself(asked: Any) -> None:
    source = "def score(model, rows): return [1 / len(rows)] * len(rows)"
    assert asked(source, [0, 1, 2, 0]).scores.tolist() == [0.25] * 4
    assert asked(source, [0, 1, 2, 0], alone=True, known="probability").scores.tolist() == [1.0] * 4


@pytest.mark.parametrize(
    ("answer", "positive", "labels", "kind", "expected"),
    [
        ("'yes'", Positive(values=("yes",)), ("no", "yes"), "label", 1),
        ("'no'", Positive(values=("yes",)), ("no", "yes"), "label", 0),
        ("'perhaps'", Positive(values=("yes",)), ("no", "yes"), "label", -1),
        ("True", Positive(values=("yes",)), ("no", "yes"), "outcome", 1),
        ("1", Positive(values=(1,)), ("0", "1"), "label", 1),
        ("31.0", Positive(comparison=(">=", 30)), ("12", "40"), "number", 1),
        ("29", Positive(comparison=(">=", 30)), ("12", "40"), "number", 0),
    ],
)
def test_decisions_are_read_as_in_a_judged_run(
    asked: Any, answer: str, positive: Positive, labels: tuple[str, ...], kind: str, expected: int
) -> None:
    heard = asked(f"def score(model, rows): return [{answer}] * len(rows)", [0, 1], positive=positive, labels=labels)
    assert (heard.kind, heard.positive.tolist()) == (kind, [expected] * 2)
    assert np.isnan(heard.scores).all()
    assert bool(heard.errors) is (expected == -1)


def test_kinds_that_differ_refuse_the_ask(jobs: Any, failed: Failed) -> None:
    source = (
        "from pathlib import Path\ndef score(model: Path, rows): return [0.5 if len(rows) > 1 else 'yes'] * len(rows)"
    )
    with open_worker(ask_for(jobs, source, positive=Positive(values=("yes",)), labels=("no", "yes"))) as worker:
        found = failed(lambda: worker.ask([0, 1, 0], {"age": [1, 2, "x"]}))
        assert found.code == "ambiguous-prediction"
        assert worker.ask([0, 1], {}).scores.tolist() == [0.5, 0.5]


def test_an_empty_ask_is_an_empty_answer(asked: Any) -> None:
    assert len(asked(AGE, []).scores) == 0


def test_an_unknown_column_is_named_with_what_is_near(jobs: Any, failed: Failed) -> None:
    with open_worker(ask_for(jobs, AGE.replace("model,", "model: str,"))) as worker:
        found = failed(lambda: worker.ask([0], {"agee": [1]}))
    assert (found.code, found.hint) == ("unknown-column", "Did you mean `age`?")


def test_what_the_users_code_prints_is_in_the_log_and_nowhere_else(
    jobs: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    source = "import os\ndef score(model: str, rows): print('{}'); os.write(1, b'[1]\\n'); os.system('echo three'); return (rows.age / 100).tolist()"
    with open_worker(ask_for(jobs, source)) as worker:
        assert worker.ask([0], {}).scores.tolist() == [0.2]
    assert {"{}", "[1]", "three"} <= set((jobs.work / "ask" / "job.log").read_text().split())
    assert capfd.readouterr() == ("", "")


def test_another_number_of_rows_is_refused(jobs: Any, failed: Failed) -> None:
    def ask() -> None:
        with open_worker(ask_for(jobs, AGE.replace("model,", "model: str,"), count=4)):
            pass

    assert failed(ask).code == "row-count"


GOOD = {
    "format": 1,
    "ok": True,
    "kind": "probability",
    "precision": "",
    "scores": [0.5, None],
    "positive": None,
    "errors": {"1": "x"},
}


@pytest.mark.parametrize(
    "changed",
    [
        {"scores": [0.5]},
        {"scores": [0.5, 0.5]},
        {"scores": [2.0, None]},
        {"scores": [True, None]},
        {"scores": ["0.5", None]},
        {"scores": None},
        {"errors": {}},
        {"errors": {"2": "x"}},
        {"errors": {"1": 3}},
        {"errors": []},
        {"kind": "other"},
        {"kind": "label", "positive": [2, None]},
        {"kind": "label", "positive": [1.0, None]},
        {"precision": "float8"},
    ],
)
def test_an_answer_that_does_not_hold_together_is_none(changed: dict[str, Any]) -> None:
    assert read_answers(GOOD, 2) is not None
    assert read_answers({**GOOD, **changed}, 2) is None


@pytest.mark.parametrize(
    "line", [b"", b"[]", b"{}", b'{"format": 2}', b'{"format": 1, "x": NaN}', b"[" * 100_000, b"\xff"]
)
def test_a_line_that_is_none_of_ours_is_none(line: bytes) -> None:
    assert read_line(line) is None
    assert read_line(b'{"format": 1}') == {"format": 1}
