"""Faults that FPR and FNR do not see, each caught by the behaviour that is for it, on Adult and on COMPAS."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml_ci.behaviours.counterexample import Counterexample
from ml_ci.behaviours.hunt import hunt
from ml_ci.behaviours.measure import BROKEN, HELD, NO_ANSWER, measure
from ml_ci.behaviours.shrink import shrink
from ml_ci.spec.behaviours import Behaviour
from tests.acceptance import faults
from tests.acceptance.faults import InProcess

pytestmark = pytest.mark.slow

ADULT = {
    "blind": Behaviour("blind", "vary", ("sex",)),
    "spelling": Behaviour("spelling", "disturb", ("occupation", "education", "marital_status"), by=("case",)),
    "richer": Behaviour("richer", "raise", ("capital_gain",), score="never falls"),
    "alone": Behaviour("alone", "same", same="alone", rows=200),
    "shuffled": Behaviour("shuffled", "same", same="shuffled"),
    "served": Behaviour("served", "same", same="served"),
}
COMPAS = {
    "blind": Behaviour("blind", "vary", ("race",)),
    "priors": Behaviour("priors", "raise", ("priors_count",), score="never falls"),
}
# By fault the behaviour that has to be red, and the least share of rows on which it is.
CAUGHT = {
    1: ("blind", 0.05),
    2: ("served", 0.04),
    3: ("served", 0.9),
    4: ("spelling", 0.08),
    5: ("served", 0.08),
    6: ("alone", 0.99),
    7: ("richer", 0.01),
    8: ("shuffled", 0.03),
}
CAUGHT_ON_COMPAS = {1: ("priors", 0.1), 2: ("blind", 0.05)}


@dataclass(frozen=True)
class Task:
    """A data set on disk, and how its models are made: by fault the function that scores rows, and the service's."""

    holdout: Path
    label: str
    positive: str
    make: Callable[[int], tuple[Callable[[Any], Any], Callable[[Any], Any]]]

    def ask(self, fault: int) -> tuple[InProcess, InProcess]:
        """Give what asks the model, and what asks its service."""
        model, service = self.make(fault)
        return InProcess(self.holdout, model, self.label), InProcess(self.holdout, service, self.label)

    def rates(self, fault: int) -> tuple[float, float]:
        """Give FPR and FNR on the holdout."""
        import pandas as pd

        rows = pd.read_csv(self.holdout)
        y = (rows[self.label].astype(str) == self.positive).to_numpy()
        decided = self.make(fault)[0](rows) >= 0.5
        return float((decided & ~y).sum() / (~y).sum()), float((~decided & y).sum() / y.sum())


def _task(holdout: Path, train: Path, code: str, label: str, positive: str) -> Task:
    import pandas as pd

    rows, known = pd.read_csv(train), {}

    def make(fault: int) -> Any:
        if fault not in known:
            model = faults.load_module(faults.with_fault(code, fault)).train(rows)
            serving = faults.load_module(faults.with_fault(faults.SERVING, fault), "serving")
            serve = serving.serve if fault in faults.AT_SERVING else lambda asked: asked
            score: Any = lambda asked: model.predict_proba(asked)[:, 1]  # noqa: E731
            known[fault] = score, lambda asked: score(serve(asked))
        return known[fault]

    return Task(holdout, label, positive, make)


@pytest.fixture(scope="module")
def adult(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Task]:
    """Cut Adult, and make its models when they are asked for."""
    for name in ("pandas", "sklearn"):
        pytest.importorskip(name)
    train, holdout = faults.cut_adult(shared_data / "adult.csv", tmp_path_factory.mktemp("adult"))
    sys.modules["income"] = faults.load_module(faults.INCOME)
    yield _task(holdout, train, faults.INCOME, "income", ">50K")
    del sys.modules["income"]


@pytest.fixture(scope="module")
def compas(shared_data: Path, tmp_path_factory: pytest.TempPathFactory, adult: Task) -> Task:
    """Cut COMPAS."""
    folder = tmp_path_factory.mktemp("compas")
    train, holdout = faults.cut_compas(shared_data / "compas-two-years-min.csv", folder)
    return _task(holdout, train, faults.RECIDIVISM, "two_year_recid", "1")


def rate(behaviour: Behaviour, task: Task, fault: int) -> float:
    model, service = task.ask(fault)
    found = measure(behaviour, faults.open_holdout(task.holdout, task.label), model, service)
    applies = int(np.isin(found, (HELD, BROKEN, NO_ANSWER)).sum())
    assert applies >= min(behaviour.rows, 3_000)
    return float(np.isin(found, (BROKEN, NO_ANSWER)).sum()) / applies


@pytest.mark.parametrize("name", sorted(ADULT))
def test_the_sound_model_of_adult_keeps_every_behaviour(adult: Task, name: str) -> None:
    assert rate(ADULT[name], adult, 0) == 0


@pytest.mark.parametrize("fault", sorted(CAUGHT))
def test_a_fault_is_caught_on_adult(adult: Task, fault: int) -> None:
    name, least = CAUGHT[fault]
    assert rate(ADULT[name], adult, fault) >= least


@pytest.mark.parametrize("name", sorted(COMPAS))
def test_the_sound_model_of_compas_keeps_every_behaviour(compas: Task, name: str) -> None:
    assert rate(COMPAS[name], compas, 0) == 0


@pytest.mark.parametrize("fault", sorted(CAUGHT_ON_COMPAS))
def test_a_fault_is_caught_on_compas(compas: Task, fault: int) -> None:
    name, least = CAUGHT_ON_COMPAS[fault]
    assert rate(COMPAS[name], compas, fault) >= least


@pytest.mark.parametrize(("which", "fault"), [*(("adult", one) for one in CAUGHT), ("compas", 1), ("compas", 2)])
def test_gates_on_fpr_and_fnr_see_none_of_them(request: pytest.FixtureRequest, which: str, fault: int) -> None:
    task: Task = request.getfixturevalue(which)
    sound, faulty = task.rates(0), task.rates(fault)
    assert all(now <= before + 0.01 for before, now in zip(sound, faulty, strict=True)), (sound, faulty)


@pytest.mark.parametrize("fault", [1, 4, 7])
def test_a_counterexample_is_small_and_nobodys_row(adult: Task, fault: int) -> None:
    behaviour = ADULT[CAUGHT[fault][0]]
    holdout = faults.open_holdout(adult.holdout)
    candidate, baseline = adult.ask(fault)[0], adult.ask(0)[0]
    found = shrink(behaviour, holdout, measure(behaviour, holdout, candidate), candidate, baseline)
    assert found is not None
    assert found.column in behaviour.columns
    assert len(found.kept) + found.hidden <= 3
    _refuse_rows(found, adult.holdout)


def test_a_planted_pocket_is_shown_as_age_and_country(adult: Task) -> None:
    holdout = faults.open_holdout(adult.holdout)
    sound, countries = adult.make(0)[0], holdout.columns["native_country"]
    rare = next(str(one) for one in reversed(countries.present) if countries.held_by[one] >= 5)

    def faulty(rows: Any) -> Any:
        scores = sound(rows)
        is_in = (rows["age"].between(40, 42) & (rows["native_country"] == rare)).to_numpy()
        return np.where(is_in, 1 - scores, scores)

    candidate, baseline = InProcess(adult.holdout, faulty), InProcess(adult.holdout, sound)
    behaviour = Behaviour("country", "vary", ("native_country",))
    hunted = hunt(behaviour, holdout, candidate, baseline)
    assert hunted.found
    shown = [hunted.counterexample]
    broken = measure(behaviour, holdout, candidate)
    shown += [shrink(behaviour, holdout, broken, candidate, baseline)] if BROKEN in broken else []
    for found in shown:
        assert found is not None
        assert found.column == "native_country"
        assert rare in (found.before, found.after)
        assert dict(found.kept) in ({"age": 40}, {"age": 42})
        assert found.hidden == 0
        _refuse_rows(found, adult.holdout)


def _refuse_rows(found: Counterexample, holdout: Path) -> None:
    """Hold that what is told has no row of the holdout in it, and no value that fewer than five rows have."""
    told = json.dumps(asdict(found)) + found.words + " ".join(found.arguments)
    table = faults.open_holdout(holdout)
    row = {**found.kept, found.column: found.before}
    assert len(row) < len(table.columns)
    numbers = set(re.findall(r"[\w-]+", told))
    rare = {
        text
        for column in table.columns.values()
        for text, cell in zip(column.values, column.cells, strict=True)
        if column.held_by[cell] < 5 and len(text) > 3
    }
    assert len(rare) > 3_000
    assert not numbers & rare
