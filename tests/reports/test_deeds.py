"""What is said of the work, word for word, for everything that the steps may note."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ml_ci.reports.deeds import done
from ml_ci.reports.pieces import plain
from ml_ci.reports.values import Deed, ModelReport, Report

Reports = dict[str, Callable[[], Report]]

_DONE = {
    "failed_by_data": "Trained once (12 s); baseline found (merge-base 3f2c1ab).",
    "inconclusive": "Nothing was trained, the model scored again (0.3 s); baseline found (champion v12).",
    "crashed": "Training did not finish (28 s).",
    "new_model": "Trained once (4.2 s); no baseline.",
    "reused": "Nothing was trained: the result was on record; baseline found (merge-base 3f2c1ab).",
    "forty_slices": "Nothing was trained, the model scored again (20 ms); baseline scored again (merge-base 3f2c1ab).",
    "one_class": "Compared with the baseline (champion v3).",
}


@pytest.mark.parametrize(("report", "said"), _DONE.items())
def test_done(reports: Reports, report: str, said: str) -> None:
    assert plain(done(*next(iter(reports[report]().models.items())))) == said


CANDIDATE, BASELINE = Deed("train", "candidate", "m", 2.0), Deed("train", "baseline", "m", 3.0)
NEEDED = Deed("train", "candidate", "features", 1.0)
SCORED, FETCHED = Deed("score", "candidate", "m", 0.3), Deed("fetch", "baseline", "m", 1.2)
WAITED = Deed("wait", "candidate", "m", 4.0)

WORK = [
    ((), "nothing was trained"),
    ((CANDIDATE, SCORED), "trained once (2.0 s)"),
    ((CANDIDATE, BASELINE), "trained twice (5.0 s)"),
    ((BASELINE,), "only the baseline was trained (3.0 s)"),
    ((BASELINE, BASELINE), "only the baseline was trained twice (6.0 s)"),
    ((CANDIDATE, BASELINE) * 3, "trained 6 times (15 s)"),
    ((NEEDED, CANDIDATE), "trained twice (3.0 s): features once, m once"),
    ((NEEDED,), "trained once (1.0 s): features once"),
    ((WAITED, CANDIDATE), "trained once (2.0 s)"),
    ((WAITED,), "nothing was trained here: another run did it meanwhile (waited 4.0 s)"),
    ((SCORED,), "nothing was trained, the model scored again (0.3 s)"),
    ((FETCHED,), "nothing was trained"),
    ((replace(CANDIDATE, finished=False),), "training did not finish (2.0 s)"),
    (
        (replace(CANDIDATE, finished=False), BASELINE),
        "training did not finish (2.0 s); the baseline was trained (3.0 s)",
    ),
    (
        (replace(CANDIDATE, finished=False), replace(BASELINE, finished=False)),
        "training did not finish (2.0 s); training the baseline did not finish (3.0 s)",
    ),
    ((replace(NEEDED, finished=False),), "training features of the candidate did not finish (1.0 s)"),
    (
        (CANDIDATE, replace(SCORED, finished=False)),
        "trained once (2.0 s); scoring the candidate did not finish (0.3 s)",
    ),
    (
        (CANDIDATE, replace(BASELINE, finished=False)),
        "trained once (2.0 s); training the baseline did not finish (3.0 s)",
    ),
    ((replace(BASELINE, finished=False),), "training the baseline did not finish (3.0 s)"),
    (
        (CANDIDATE, replace(FETCHED, finished=False)),
        "trained once (2.0 s); fetching the champion did not finish (1.2 s)",
    ),
    ((replace(WAITED, finished=False),), "waiting for the candidate did not finish (4.0 s)"),
]


@pytest.mark.parametrize(("deeds", "said"), WORK)
@pytest.mark.parametrize("action", ["train", "reuse"])
def test_the_work_is_told_from_the_deeds_whatever_was_planned(deeds: tuple[Deed, ...], said: str, action: str) -> None:
    model = ModelReport("error", action, done=deeds)  # type: ignore[arg-type]
    assert plain(done("m", model)) == f"{said[0].upper()}{said[1:]}."


def test_a_fetched_champion_is_told_as_such(reports: Reports) -> None:
    model = reports["inconclusive"]().models["churn"]
    said = plain(done("m", replace(model, done=(FETCHED, SCORED))))
    assert said == "Nothing was trained, the model scored again (0.3 s); baseline fetched (champion v12)."


def test_a_report_that_does_not_say_what_was_done_is_not_told_more_of() -> None:
    assert done("m", ModelReport("error", "train")) == ()
