"""A model that is asked ask by ask on another machine answers as it does here, and begins again where that is lost."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import Failure
from ml_ci.spec.values import Budget, Positive
from ml_ci.training.answering import open_worker
from ml_ci.training.values import AskRequest, Input, Interpreter

pytest.importorskip("pandas", reason="pandas is not installed")

Failed = Callable[[Callable[[], object]], Failure]
ROWS = "age,sex\n20,Male\n40,Female\n60,Male\n"
SCORE = """
from pathlib import Path
import helper
print("imported at", Path("own.py").resolve())
def score(model: Path, rows):
    assert model.read_text() == "0.01"
    return (rows.age * float(model.read_text()) * helper.FACTOR).tolist()
"""


@pytest.fixture
def there(jobs: Any, other_side: Any) -> Any:
    """Give jobs that are done on the other side."""
    jobs.environment["ML_CI_EXECUTOR"] = "there"
    return jobs


def ask_for(jobs: Any, source: str = SCORE, **options: Any) -> AskRequest:
    """Ask for a worker that scores by a function `score` with this source."""
    jobs.write("own.py", source)
    jobs.write("helper.py", "FACTOR = 1.0\n")
    request = AskRequest(
        model="churn",
        artifact=jobs.write("model.txt", "0.01"),
        folder=jobs.folder,
        work=jobs.work / "ask",
        rows=Input(str(jobs.write("rows.csv", ROWS))),
        positive=Positive(values=(1,)),
        interpreter=Interpreter(Path(sys.executable), sys.version_info[:3]),
        environment=jobs.environment,
        entry="own:score",
        labels=("0", "1"),
        count=3,
        budget=Budget(seconds=60.0),
    )
    return replace(request, **options)


def test_it_answers_as_here(there: Any, other_side: Any) -> None:
    with open_worker(ask_for(there)) as worker:
        first = worker.ask([0, 2], {"age": [30, 50]})
        many = worker.ask([0, 1, 2] * 20_000, {"age": list(range(100)) * 600})
        assert worker.ask([1], {}).scores.tolist() == [0.4]
    assert first.scores.tolist() == [0.3, 0.5] and first.kind == "probability"
    assert many.scores.tolist() == pytest.approx([age / 100 for age in range(100)] * 600)
    [parcel] = other_side.parcels
    assert parcel.talks and "helper.py" in {item.path for place in parcel.places for item in place.items}
    assert f"imported at {there.folder}/own.py" in (there.work / "ask" / "job.log").read_text()


def test_a_lost_machine_is_begun_again_and_asked_the_same(there: Any, other_side: Any) -> None:
    other_side.losses = 2
    with open_worker(ask_for(there)) as worker:
        assert worker.ask([0, 2], {"age": [30, 50]}).scores.tolist() == [0.3, 0.5]
        assert worker.ask([0], {}).scores.tolist() == [0.2]
    assert len(other_side.parcels) == 3


def test_one_that_is_lost_again_and_again_is_told(there: Any, other_side: Any, failed: Failed) -> None:
    other_side.losses = 9

    def ask() -> None:
        with open_worker(ask_for(there)) as worker:
            worker.ask([0], {})

    failure = failed(ask)
    assert (failure.code, failure.message) == ("worker-lost", "the machine was lost")
    assert len(other_side.parcels) == 3


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("def score(model, rows): import os; os._exit(3)", "job-exit"),
        ("def score(model, rows): import time; time.sleep(600)", "ask-limit"),
        ("import nothing_of_that_name", "import"),
        ("raise KeyError('of mine')", "predict-raised"),
    ],
)
def test_each_failure_is_the_one_of_here(there: Any, other_side: Any, failed: Failed, source: str, code: str) -> None:
    codes = []
    for place in ("there", "local"):
        there.environment["ML_CI_EXECUTOR"] = place

        def ask() -> None:
            with open_worker(ask_for(there, source)) as worker:
                worker.ask([0], {}, seconds=3.0)

        codes.append(failed(ask).code)
    assert codes[0] == codes[1] == code
    assert len(other_side.parcels) == 1
    assert not [one for one in threading.enumerate() if one.name.startswith("ml-ci tells")]


def test_nothing_stays_open(there: Any) -> None:
    before = len([*Path("/proc/self/fd").iterdir()])
    for _ in range(2):
        with open_worker(ask_for(there)) as worker:
            worker.ask([0], {})
    assert len([*Path("/proc/self/fd").iterdir()]) <= before
