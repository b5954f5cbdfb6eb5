"""Behaviours in whole runs: what is asked, what is kept, and what never passes. The job is of the standard library."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.evaluation import stream
from ml_ci.pipeline import plan, run
from ml_ci.plan.plan import TRAININGS
from ml_ci.records.store import Store
from ml_ci.reports.values import ModelReport
from ml_ci.steps.progress import Silent
from ml_ci.steps.values import Options

pytestmark = pytest.mark.slow  # whole runs

MODEL = """\
import csv
from pathlib import Path

BIAS = {}

def train(train: Path, out: Path):
    (out / "model").write_text("80")
    return out / "model"

def score(model: Path, rows: Path):
    return [answer(row, int(model.read_text())) for row in csv.DictReader(open(rows))]

def answer(row, most):
    return int(row["x"]) / most + BIAS.get(row["sex"], 0)
"""
SPEC = """\
version: 1
models:
  cut:
    train: own:train
    predict: own:score
    data: {train: data/train.csv, holdout: data/holdout.csv}
    label: y
    positive: 1
    slices: [region]
    behaviours:
      blind: {vary: sex}
      rising: {raise: x, score: never falls}
    gates:
      - fnr <= 0.9
      - blind <= 0.05
      - each(blind, by=region) <= 0.2
      - rising <= baseline.rising
"""
EACH = "      - each(blind, by=region) <= 0.2\n"
SEXED = ("own.py", "BIAS = {}", 'BIAS = {"m": 0.1}')


def table(rows: int = 60) -> str:
    """Write rows with x = 0, 1, ...; those from 40 on are positive: a score of at least 0.5."""
    lines = (f"{x},{'mf'[x % 2]},{('north', 'south')[x // 30]},{int(x >= 40)}" for x in range(rows))
    return "\n".join(["x,sex,region,y", *lines]) + "\n"


class Asked(Silent):
    """Note which sides are asked about which behaviours."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def begin(self, model: str, what: str) -> None:
        """Take what begins."""
        if what.startswith("asking "):
            self.asked.append(what.removeprefix("asking the ").replace(" about", ""))


class Project:
    """A repository with a model that can be asked, and what a user does in it."""

    def __init__(self, repository: Any) -> None:
        self.repository, self.path = repository, Path(repository.path)

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.path / path).read_text()
        assert old in text, f"{path} does not hold {old!r}"
        (self.path / path).write_text(text.replace(old, new))

    def commit(self, files: Mapping[str, str] | None = None) -> None:
        self.repository.commit(files, "change")

    def judge(self, **asked: Any) -> tuple[ModelReport, list[str]]:
        """Run, and give the model's report with which sides were asked about what."""
        seen = Asked()
        report = run(Options(start=self.path, environment=dict(os.environ), progress=seen, **asked))
        return report.models["cut"], seen.asked

    @property
    def planned(self) -> str:
        return plan(Options(start=self.path, environment=dict(os.environ)))["cut"].action

    @property
    def trainings(self) -> int:
        return sum(kind == TRAININGS for kind, _, _ in Store(self.path / ".ml_ci").records())


@pytest.fixture
def asks(repository: Any) -> Project:
    """Give a branch `change` of a repository with a first model on `main`."""
    files = {"own.py": MODEL, "ml-ci.yaml": SPEC, "data/train.csv": table(), "data/holdout.csv": table()}
    repository.commit(files, "First model")
    repository.git("checkout", "-q", "-b", "change")
    return Project(repository)


def test_a_protected_column_that_came_in_is_seen_and_a_second_run_asks_nothing(asks: Project) -> None:
    asks.edit(*SEXED)
    asks.commit()
    found, asked = asks.judge()
    both = [f"{side} {name}" for name in ("again", "blind", "rising") for side in ("candidate", "baseline")]
    assert asked == both
    verdicts = {(gate.condition, gate.slice): gate.verdict for gate in found.gates}
    assert verdicts == {
        ("fnr <= 0.9", None): "pass",
        ("blind <= 0.05", None): "fail",
        ("each(blind, by=region) <= 0.2", "region = north"): "pass",
        ("each(blind, by=region) <= 0.2", "region = south"): "fail",
        ("rising <= baseline.rising", None): "pass",
    }
    [blind] = [gate for gate in found.gates if gate.condition == "blind <= 0.05"]
    assert (blind.value, blind.baseline) == (8 / 60, 0.0)
    assert "; for example sex " in blind.reason and "flips the decision" in blind.reason
    told = found.behaviours["blind"]
    assert (told.rows, told.candidate and told.candidate.broken, told.baseline and told.baseline.broken) == (60, 8, 0)
    assert told.shown is not None and not told.shown.full

    again, asked = asks.judge()
    assert (asked, again.gates) == ([], found.gates)

    asks.edit("ml-ci.yaml", "blind <= 0.05", "blind <= 0.5")
    assert asks.planned == "reuse"
    changed, asked = asks.judge()
    assert (asked, next(gate.verdict for gate in changed.gates if gate.condition == "blind <= 0.5")) == ([], "pass")

    asks.edit("ml-ci.yaml", "    gates:", "      upper: {disturb: sex, by: case}\n    gates:")
    assert asks.planned == "evaluate"
    found, asked = asks.judge()
    assert (asked, found.action) == (["candidate upper", "baseline upper"], "evaluate")
    assert asks.planned == "reuse"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{vary: sexx}", "the holdout has no column 'sexx', did you mean 'sex'?"),
        ("{vary: zip}", "the holdout has no column 'zip'; columns are x, sex, region"),
        (
            "{raise: region, score: never falls}",
            "'region' is text, and only numbers are raised; for text write {vary: region} or {disturb: region}",
        ),
    ],
)
def test_a_column_that_cannot_be_edited_is_the_users_mistake_before_training(
    asks: Project, entry: str, said: str
) -> None:
    asks.edit("ml-ci.yaml", "{vary: sex}", entry)
    with pytest.raises(UserError) as wrong:
        asks.judge()
    assert wrong.value.message == f"ml-ci.yaml:11: models.cut.behaviours.blind: {said}"
    assert asks.trainings == 0


DRAWS = "import random\n    return random.random()"
ENDS = "import os\n    os._exit(3) if row['sex'] == 'f' and int(row['x']) % 2 == 0 else None\n    return 0.0"
HANGS = "import time\n    time.sleep(60) if row['sex'] == 'f' and int(row['x']) % 2 == 0 else None\n    return 0.0"


@pytest.mark.parametrize(
    ("answer", "entry", "why"),
    [
        (DRAWS, "{vary: sex}", "it answers differently by itself: on "),
        (ENDS, "{vary: sex}", "the candidate could not be asked: "),
        (HANGS, "{vary: sex, time: 2s}", "the candidate could not be asked: it took longer than 2 s to answer"),
        ("return 0.0", "{disturb: x, by: case}", "there are no rows to which it applies"),
        ("return 0.0", "{cases: cases.csv}", "cases.csv has no cases"),
    ],
)
def test_what_cannot_be_measured_is_an_error_by_name_and_asked_again(
    asks: Project, answer: str, entry: str, why: str
) -> None:
    asks.edit("own.py", 'return int(row["x"]) / most + BIAS.get(row["sex"], 0)', answer)
    asks.edit("ml-ci.yaml", "{vary: sex}", entry)
    asks.edit("ml-ci.yaml", EACH, "")
    asks.commit({"cases.csv": "x,sex,region,y\n"})
    found, _ = asks.judge(baseline="none")
    [blind] = [gate for gate in found.gates if gate.condition == "blind <= 0.05"]
    assert (found.verdict, blind.verdict, why in blind.reason) == ("error", "error", True), blind.reason
    _, asked = asks.judge(baseline="none")
    assert ("candidate blind" in asked) == ("could not be asked" in why)


def test_a_row_that_gets_no_answer_is_broken(asks: Project) -> None:
    asks.edit(
        "own.py",
        "    return int",
        '    assert row["sex"] != "f" or int(row["x"]) % 2 or int(row["x"]) > 8\n    return int',
    )
    asks.commit()
    found, _ = asks.judge()
    [blind] = [gate for gate in found.gates if gate.condition == "blind <= 0.05"]
    assert (blind.verdict, blind.value) == ("fail", 5 / 60)


def test_a_column_that_is_not_taken_is_noted_and_behaviours_alone_are_cautioned(asks: Project) -> None:
    asks.edit("ml-ci.yaml", "      - fnr <= 0.9\n", "")
    found, _ = asks.judge()
    assert "blind: no answer of the candidate changes with `sex`: it does not take the column." in found.notes
    assert any("no gate on FPR or FNR" in caution for caution in found.cautions)


CASES = "x,sex,region,y\n10,m,north,0\n50,f,south,1\n39,m,north,1\n"


def test_cases_are_judged_by_their_labels_without_an_interval(asks: Project) -> None:
    asks.edit("ml-ci.yaml", "      blind:", "      known: {cases: tests/cases.csv}\n      blind:")
    asks.edit("ml-ci.yaml", "      - fnr <= 0.9", "      - fnr <= 0.9\n      - known <= 0 @ 0.95")
    asks.commit({"tests/cases.csv": CASES})
    found, _ = asks.judge()
    [known] = [gate for gate in found.gates if gate.condition == "known <= 0 @ 0.95"]
    assert (known.verdict, known.value, known.interval) == ("fail", 1 / 3, None)
    asks.edit("tests/cases.csv", "39,m,north,1\n", "")
    fixed, asked = asks.judge()
    assert asked == ["candidate known"]
    assert next(gate.verdict for gate in fixed.gates if gate.condition == "known <= 0 @ 0.95") == "pass"


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        (None, "tests/cases.csv: there is no such file in this change or its base"),
        ("x,sexx,region,y\n1,m,north,0\n", "tests/cases.csv: the holdout has no column 'sexx', did you mean 'sex'?"),
        ("x,sex,y\n1,m,0\n", "tests/cases.csv: the column 'region' is missing"),
        ("x,sex,region,y\n1,m,north,\n", "no label in column 'y'"),
    ],
)
def test_cases_that_are_no_rows_of_the_holdout_are_the_users_mistake(
    asks: Project, cases: str | None, said: str
) -> None:
    asks.edit("ml-ci.yaml", "{vary: sex}", "{cases: tests/cases.csv}")
    asks.edit("ml-ci.yaml", EACH, "")
    asks.commit({"tests/cases.csv": cases} if cases is not None else None)
    with pytest.raises(UserError, match=said.replace("?", r"\?")):
        asks.judge()


def test_a_change_is_judged_by_what_an_old_name_meant_and_by_the_cases_that_it_removes(asks: Project) -> None:
    asks.repository.git("checkout", "-q", "main")
    asks.edit("ml-ci.yaml", "      blind:", "      known: {cases: tests/cases.csv}\n      blind:")
    asks.edit("ml-ci.yaml", "      - fnr <= 0.9", "      - fnr <= 0.9\n      - known <= 0")
    asks.commit({"tests/cases.csv": CASES + "38,m,south,0\n"})
    asks.repository.git("checkout", "-q", "change")
    asks.repository.git("merge", "-q", "main")
    asks.edit(*SEXED)
    asks.edit("ml-ci.yaml", "{vary: sex}", "{vary: region}")
    asks.edit("tests/cases.csv", "38,m,south,0\n", "")
    asks.commit()
    found, _ = asks.judge(gates_from="main")
    verdicts = {gate.condition: gate.verdict for gate in found.gates if gate.slice is None}
    assert verdicts == {
        "fnr <= 0.9": "pass",
        "known <= 0": "fail",
        "blind <= 0.05": "fail",
        "rising <= baseline.rising": "pass",
        "new_blind <= 0.05": "pass",
    }
    assert found.behaviours["blind"].says == "vary: sex"
    assert found.behaviours["known"].rows == 4
    assert any(
        one.startswith("`blind` was changed in this change (vary: sex → vary: region)") for one in found.cautions
    )


def test_what_is_broken_beyond_the_holdout_is_told_and_fails_where_that_is_asked_for(asks: Project) -> None:
    """Nobody of sex f in the south has an x below 30: the holdout has no such row."""
    pocket = 'if row["region"] == "south" and int(row["x"]) < 20:\n        return 0.4 + (row["sex"] == "f") / 2'
    asks.edit("own.py", "    return int", f"    {pocket}\n    return int")
    asks.commit()
    found, _ = asks.judge()
    [blind] = [gate for gate in found.gates if gate.condition == "blind <= 0.05"]
    assert (blind.verdict, blind.value) == ("pass", 0.0)
    assert any(note.startswith("blind is broken beyond the holdout's rows: sex ") for note in found.notes)
    asks.edit("ml-ci.yaml", "{vary: sex}", "{vary: sex, hunt: fails}")
    failed, asked = asks.judge()
    [blind] = [gate for gate in failed.gates if gate.condition == "blind <= 0.05"]
    assert (blind.verdict, "beyond the holdout's rows it is broken: sex " in blind.reason) == ("fail", True)
    assert asked == []


def test_a_service_that_answers_otherwise_is_seen(asks: Project) -> None:
    client = """\
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
scores = [int(row["x"]) / 80 + (row["sex"] == "m") / 10 for row in rows]
open(sys.argv[2], "w").write("".join(f"{one}\\n" for one in ["score", *scores]))
"""
    run = "{same: served, run: 'python ask.py {rows} {out}/scores.csv', time: 30s}"
    asks.edit("ml-ci.yaml", "      blind:", f"      served: {run}\n      blind:")
    asks.edit("ml-ci.yaml", "      - fnr <= 0.9", "      - fnr <= 0.9\n      - served <= 0")
    asks.commit({"ask.py": client})
    found, _ = asks.judge()
    [served] = [gate for gate in found.gates if gate.condition == "served <= 0"]
    assert (served.verdict, served.value) == ("fail", 0.5)


@pytest.mark.parametrize("more", ["", "    cluster: x\n", "    weight: x\n"])
def test_a_large_holdout_is_counted_by_the_rows_that_were_asked(
    asks: Project, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    asks.edit(*SEXED)
    asks.edit("ml-ci.yaml", "    behaviours:\n", f"{more}    behaviours:\n")
    asks.edit("ml-ci.yaml", "{vary: sex}", "{vary: sex, rows: 20}")
    asks.commit()
    inside, _ = asks.judge()
    monkeypatch.setattr(stream, "LARGE_ROWS", 10)
    asks.edit("ml-ci.yaml", "blind <= 0.05", "blind <= 0.06")
    large, asked = asks.judge()
    assert asked == []
    assert inside.behaviours == large.behaviours
    blind = large.behaviours["blind"].candidate
    assert blind is not None and sum(applies for applies, _ in blind.slices["region"].values()) == blind.applies
    assert (blind.weights is not None) == ("weight" in more)


def test_a_baseline_that_cannot_be_asked_leaves_the_candidates_own_rate(asks: Project) -> None:
    answer = 'return int(row["x"]) / most + BIAS.get(row["sex"], 0)'
    asks.repository.git("checkout", "-q", "main")
    asks.edit("own.py", answer, ENDS.replace("return 0.0", answer))
    asks.commit()
    asks.repository.git("checkout", "-q", "-b", "repair")
    asks.edit("own.py", ENDS.partition("return")[0], "")
    asks.edit("ml-ci.yaml", "      - rising <= baseline.rising\n", "      - blind <= baseline.blind + 0.1\n")
    asks.commit()
    found, _ = asks.judge()
    own, relative = (next(one for one in found.gates if one.condition.startswith(text)) for text in GATES)
    assert (own.verdict, own.value) == ("pass", 0.0)
    assert relative.verdict == "error"
    assert relative.reason.startswith("No baseline to compare with: the baseline could not be asked: ")
    assert found.behaviours["blind"].baseline is None


GATES = ("blind <= 0.05", "blind <= baseline.blind")


def test_rows_that_a_change_takes_away_still_judge_by_the_bases_yardstick(asks: Project) -> None:
    """On the rows that are left no decision flips with the sex."""
    asks.edit(*SEXED)
    holdout = [line for line in table().splitlines(True) if not 31 <= int(line.split(",")[0].replace("x", "0")) <= 40]
    asks.commit({"data/holdout.csv": "".join(holdout)})
    found, asked = asks.judge(gates_from="main")
    [own] = [gate for gate in found.gates if gate.condition == "blind <= 0.05"]
    assert (own.verdict, own.value) == ("pass", 0.0)
    _, base = found.yardsticks
    [theirs] = [gate for gate in base.gates if gate.condition == "blind <= 0.05"]
    assert (theirs.verdict, theirs.value, theirs.baseline) == ("fail", 8 / 60, 0.0)
    assert found.verdict == "fail"
    assert asked.count("candidate blind") == 2
    assert asks.judge(gates_from="main")[1] == []


def test_a_model_of_which_nobody_knows_whether_it_answers_alike_judges_no_behaviour(asks: Project) -> None:
    """It answers once, and ends at the second ask."""
    asks.edit("own.py", "BIAS = {}", "BIAS, CALLS = {}, []")
    asks.edit(
        "own.py",
        "    return [answer",
        "    CALLS.append(1)\n    import os\n    len(CALLS) < 2 or os._exit(3)\n    return [answer",
    )
    asks.commit()
    found, asked = asks.judge(baseline="none")
    [gate] = [one for one in found.gates if one.condition == "blind <= 0.05"]
    assert gate.verdict == "error"
    assert "whether it answers alike by itself could not be measured: " in gate.reason
    assert asked == ["candidate again"]
