"""Reports as real runs leave them, by name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ml_ci.changes.values import Change
from ml_ci.errors import Failure
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.values import Difference, Differences, GateResult
from ml_ci.gates.yardstick import OWN, Yardstick
from ml_ci.plan.values import Action
from ml_ci.reports.values import Deed, ModelReport, Report, Side
from ml_ci.spec.values import Cost

HEAD = "9d1e2f3a4b5c6d7e8f90a1b2c3d4e5f601234567"
BASE = "3f2c1ab8d9e0f1a2b3c4d5e6f708192a3b4c5d6e"
HOSTILE = (
    "@everyone | `x` <img src=x onerror=alert(1)> [a](javascript:alert(1)) ![b](http://evil.example/p.png) "
    "www.evil.example a@b.example #12 **bold** \\| $x$ </details> <!-- --> ``` ~~~ &lt; ::set-output name=a::b "
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \r\n\n# heading\n- item \u202e evil \x00"
)


def side(tp: int, fp: int, tn: int, fn: int, *, source: str | None = None, **more: float | None) -> Side:
    """Give one side with three regions whose counts add up to the whole's, and whose rows are every side's."""
    whole = Confusion(tp=tp, fp=fp, tn=tn, fn=fn)
    north = _part(whole, 20, fp // 20)
    south = _part(whole, 2, fp // 3)
    east = Confusion(
        tp=tp - north.tp - south.tp,
        fp=fp - north.fp - south.fp,
        tn=tn - north.tn - south.tn,
        fn=fn - north.fn - south.fn,
    )
    regions = {"north": north, "south": south, "east": east}
    action: Action = "reuse" if source else "train"
    return Side("r-" + format(tp * 7919 + fn, "08x"), whole, more, {"region": regions}, source, action)


def _part(whole: Confusion, share: int, fp: int) -> Confusion:
    """Give the counts of one row in `share`."""
    fn, positives, negatives = whole.fn // share, whole.positives // share, whole.negatives // share
    return Confusion(tp=positives - fn, fp=fp, tn=negatives - fp, fn=fn)


def trained(model: str, seconds: float) -> tuple[Deed, ...]:
    """Give what a run notes that trains the candidate, scores it, and finds the baseline."""
    return Deed("train", "candidate", model, seconds), Deed("score", "candidate", model, 0.2)


def scored(model: str, seconds: float) -> tuple[Deed, ...]:
    """Give what a run notes that scores the candidate with a model that it found."""
    return (Deed("score", "candidate", model, seconds),)


def baseline() -> Side:
    return side(352, 30, 973, 50, source="merge-base 3f2c1ab", auc=0.9531, log_loss=0.2412)


def told(*metrics: str) -> dict[str, Difference]:
    """Give differences that are more than noise."""
    return {name: Difference((0.001, 0.1), 0.9) for name in metrics}


def noise(*metrics: str) -> dict[str, Difference]:
    """Give differences that may be noise: by an interval around 0, or without one."""
    return {name: Difference((-0.1, 0.1), 0.9) if at else Difference() for at, name in enumerate(metrics)}


def failed_by_data() -> Report:
    gates = (
        GateResult(
            "fpr <= 0.05",
            "pass",
            None,
            31 / 1003,
            0.05,
            30 / 1003,
            (0.0211, 0.0436),
            0.95,
            None,
            ("FPR 3.1% (31 of 1,003), limit 5.0%: within the limit, proven with 95% confidence on 1,003 negatives"),
            level=0.9,
        ),
        GateResult(
            "fnr <= baseline.fnr + 0.01",
            "fail",
            None,
            80 / 402,
            50 / 402 + 0.01,
            50 / 402,
            (0.0514, 0.0998),
            0.95,
            None,
            ("FNR 12.4% → 19.9%, limit +1.0 points: above the limit, proven with 95% confidence on 402 positives"),
            level=0.9,
        ),
        GateResult(
            "each(fnr, by=region) <= 0.20",
            "pass",
            "region = east",
            36 / 182,
            0.20,
            None,
            (0.14, 0.199),
            0.95,
            level=0.9,
        ),
        GateResult(
            "each(fnr, by=region) <= 0.20",
            "inconclusive",
            "region = north",
            4 / 20,
            0.20,
            2 / 20,
            (0.057, 0.437),
            0.95,
            140,
            (
                "FNR 20.0% (4 of 20), limit 20.0%: "
                "cannot be told from noise with 20 positives; about 140 more would decide it with a chance of 80%; "
                "today's labels can prove a limit of 43.7%"
            ),
            level=0.9,
            chance=0.8,
        ),
        GateResult("gap(fpr, by=region) <= 0.05", "pass", None, 0.012, 0.05, None, None, 0.95),
    )
    changes = (
        Change(
            "data.train",
            "4,601 → 5,804 rows (+1,203), positives 39% → 31%",
            ("`tenure` drifted most (PSI 0.31)", "`plan` has 2 new values: trial, legacy"),
        ),
    )
    model = ModelReport(
        verdict="fail",
        action="train",
        changes=changes,
        candidate=side(322, 31, 972, 80, auc=0.9312, log_loss=0.3107),
        baseline=baseline(),
        gates=gates,
        seconds={"plan": 0.04, "train": 12.3, "evaluate": 0.21, "gate": 0.01},
        cost=Cost(5.0, 120.0, "USD"),
        paths={"data.train": "data/train.csv"},
        done=trained("churn", 12.3),
        differences=Differences(
            noise("fpr", "precision") | told("fnr", "recall", "accuracy", "f1", "auc", "log_loss"),
            {"region": {"north": noise("fpr", "fnr"), "south": told("fnr"), "east": noise("fpr") | told("fnr")}},
        ),
    )
    return Report("fail", HEAD, BASE, {"churn": model})


def passed() -> Report:
    gates = (
        GateResult("fpr <= 0.05", "pass", None, 28 / 1003, 0.05, 30 / 1003),
        GateResult("fnr <= baseline.fnr + 0.01", "pass", None, 49 / 402, 50 / 402 + 0.01, 50 / 402),
        GateResult("auc >= 0.9", "pass", None, 0.9542, 0.9, 0.9531),
    )
    changes = (
        Change("code", "churn/train.py: `train`, `features` changed", ("churn/features.py: 2 functions added",)),
    )
    model = ModelReport(
        "pass",
        "train",
        changes,
        side(353, 28, 975, 49, auc=0.9542, log_loss=0.2391),
        baseline(),
        gates,
        {"train": 1.24},
        done=trained("churn", 1.24),
        differences=Differences(noise("fpr", "fnr", "precision", "recall", "accuracy", "f1", "auc", "log_loss")),
    )
    return Report("pass", HEAD, BASE, {"churn": model}, dirty=True)


def failed_by_code() -> Report:
    gates = (
        GateResult(
            "fpr <= 0.05",
            "fail",
            None,
            83 / 1003,
            0.05,
            None,
            (0.067, 0.101),
            0.95,
            None,
            ("FPR 8.3% (83 of 1,003), limit 5.0%: above the limit, proven with 95% confidence on 1,003 negatives"),
            level=0.9,
        ),
        GateResult("auc >= baseline.auc - 0.005", "fail", None, 0.9312, 0.9481, 0.9531),
        GateResult("fnr + 0.5 * fpr <= 0.2", "pass", None, 0.163, 0.2, None),
    )
    changes = (
        Change("code", "churn/train.py: `train` changed"),
        Change("params", "max_depth 6 → 3"),
        Change("gates", "loosened: fpr <= 0.04 → fpr <= 0.05"),
    )
    model = ModelReport(
        "fail",
        "train",
        changes,
        side(352, 83, 920, 50, auc=0.9312),
        baseline(),
        gates,
        {"train": 75.0},
        done=trained("churn", 75.0),
    )
    notes = ("The gates of the base branch decide; this change loosens one of them.",)
    return Report("fail", HEAD, BASE, {"churn": ModelReport(**{**vars(model), "notes": notes})})


def inconclusive() -> Report:
    gates = (
        GateResult("fpr <= 0.05 @ 0.95", "pass", None, 31 / 1003, 0.05, None, (0.021, 0.0436), 0.95, level=0.9),
        GateResult(
            "fnr <= baseline.fnr + 0.01 @ 0.95",
            "inconclusive",
            None,
            20 / 214,
            18 / 214 + 0.01,
            18 / 214,
            (-0.021, 0.041),
            0.95,
            1900,
            (
                "FNR 8.4% → 9.3%, limit +1.0 points: "
                "cannot be told from noise with 214 positives; about 1,900 more would decide it with a chance of 80%; "
                "today's labels can prove a margin of +4.1 points"
            ),
            level=0.9,
            chance=0.8,
        ),
    )
    changes = (Change("data.holdout", "1,100 → 1,217 rows (+117)"), Change("metrics", "threshold 0.5 → 0.45"))
    model = ModelReport(
        "inconclusive",
        "evaluate",
        changes,
        side(194, 31, 972, 20),
        side(196, 30, 973, 18, source="champion v12"),
        gates,
        {"evaluate": 0.31},
        done=scored("churn", 0.31),
        differences=Differences(
            noise("fpr", "fnr", "precision", "recall", "accuracy", "f1"),
            {"region": {name: noise("fpr", "fnr") for name in ("north", "south", "east")}},
        ),
    )
    return Report("inconclusive", HEAD, BASE, {"churn": model})


def crashed() -> Report:
    log = (
        "epoch 1/3 loss=0.62\repoch 2/3 loss=0.55\repoch 3/3 loss=0.51\n"
        "Traceback (most recent call last):\n"
        '  File "churn/train.py", line 41, in train\n    model.fit(X, y)\n'
        "ValueError: Input X contains NaN.\n```\n@team see <b>this</b>\n\x1b[31mfatal\x1b[0m\n"
    )
    failure = Failure(
        "training",
        "job-raised",
        "The training job raised ValueError: Input X contains NaN.",
        "Fill or drop the missing values in data/train.csv, or run churn.train:train by itself",
        log,
    )
    changes = (Change("data.train", "4,601 → 4,650 rows (+49), 12 missing values in `tenure`"),)
    model = ModelReport(
        "error",
        "train",
        changes,
        None,
        None,
        (),
        {"plan": 0.05},
        failure,
        paths={"data.train": "data/train.csv"},
        done=(Deed("train", "candidate", "churn", 28.2, finished=False),),
    )
    return Report("error", HEAD, BASE, {"churn": model})


def new_model() -> Report:
    reason = "Nothing to compare with yet: new model, commit 3f2c1ab does not declare it"
    gates = (
        GateResult("fpr <= 0.05", "pass", None, 31 / 1003, 0.05),
        GateResult("fnr <= baseline.fnr + 0.01", "unjudged", None, 80 / 402, reason=reason),
    )
    model = ModelReport(
        "pass",
        "train",
        (Change("model", "new model: commit 3f2c1ab does not declare it"),),
        side(322, 31, 972, 80, auc=0.93),
        None,
        gates,
        {"train": 4.2},
        cost=Cost(5, 120, "EUR"),
        done=trained("fraud", 4.2),
    )
    return Report("pass", HEAD, BASE, {"fraud": model})


def reused() -> Report:
    gates = (
        GateResult("fpr <= 0.05", "pass", None, 30 / 1003, 0.05, 30 / 1003),
        GateResult("fnr <= baseline.fnr + 0.01", "pass", None, 50 / 402, 50 / 402 + 0.01, 50 / 402),
    )
    same = side(352, 30, 973, 50, auc=0.9531, log_loss=0.2412)
    model = ModelReport("pass", "reuse", (), same, baseline(), gates, {"plan": 0.03}, done=())
    return Report("pass", HEAD, BASE, {"churn": model})


def two_models() -> Report:
    return Report("fail", HEAD, BASE, {"churn": failed_by_data().models["churn"], "fraud": new_model().models["fraud"]})


def hostile() -> Report:
    counts = {HOSTILE: Confusion(4, 1, 9, 2), "x" * 3000: Confusion(1, 1, 1, 1)}
    then = {HOSTILE: Confusion(5, 2, 8, 1), "x" * 3000: Confusion(1, 0, 2, 1)}
    new = Side(
        HOSTILE,
        Confusion(5, 2, 10, 3),
        {HOSTILE: 0.5, "auc": None, "cost": 0.5, "megabytes": 12.0, "seconds": 3.0},
        {HOSTILE: counts},
        HOSTILE,
    )
    old = Side(
        HOSTILE,
        Confusion(6, 2, 10, 2),
        {HOSTILE: 0.25, "cost": 0.25, "megabytes": 10.0, "seconds": 1.0},
        {HOSTILE: then},
        HOSTILE,
    )
    gates = (
        GateResult(HOSTILE, "fail", HOSTILE, 0.4, 0.3, 0.2, (0.1, 0.9), 0.95, 12, HOSTILE, level=0.9, chance=0.8),
        GateResult("fnr <= 0.2", "error", f"{HOSTILE} = {HOSTILE}", None, 0.2, None, reason=HOSTILE),
    )
    model = ModelReport(
        "error",
        "train",
        (Change(HOSTILE, HOSTILE, (HOSTILE,)), Change("data.a`b", "1 | 2")),
        new,
        old,
        gates,
        {"train": 1.0},
        Failure(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE + "\n````\n</details>\n" + HOSTILE),
        (HOSTILE,),
        Cost(1, 2, HOSTILE),
        {HOSTILE: HOSTILE, "data.a`b": "a|b`c`.csv"},
        done=(*trained("a|b`c`", 0.5), *trained(HOSTILE, 0.5)),
        differences=Differences(
            told("fnr") | noise("recall", HOSTILE), {HOSTILE: {HOSTILE: told("fpr") | noise(HOSTILE, "fnr")}}
        ),
    )
    return Report("error", HEAD, BASE, {HOSTILE: model}, True, Failure(HOSTILE, "x", HOSTILE, HOSTILE, HOSTILE))


def forty_slices() -> Report:
    names = [f"store {number:02d}" for number in range(40)]
    new = {name: Confusion(30 - at % 7, at % 4, 60 - at % 4, at % 7) for at, name in enumerate(names)}
    old = {name: Confusion(28, 2, 58, 2) for name in names}
    gates = tuple(
        GateResult(
            "each(fnr, by=store) <= 0.18", "pass" if at % 7 < 6 else "fail", f"store = {name}", new[name].fnr, 0.18
        )
        for at, name in enumerate(names)
    )
    total, was = sum(new.values(), Confusion()), sum(old.values(), Confusion())
    model = ModelReport(
        "fail",
        "evaluate",
        (Change("metrics", "slices: + store"),),
        Side("a" * 16, total, {}, {"store": new}),
        Side("b" * 16, was, {}, {"store": old}, "merge-base 3f2c1ab", "evaluate"),
        gates,
        {"evaluate": 0.02},
        done=(*scored("demand", 0.02), Deed("score", "baseline", "demand", 0.03)),
    )
    return Report("fail", HEAD, BASE, {"demand": model})


def forty_rows() -> Report:
    gates = (
        GateResult(
            "fnr <= 0.1 @ 0.95",
            "inconclusive",
            None,
            1 / 12,
            0.1,
            None,
            (0.0021, 0.3848),
            0.95,
            310,
            (
                "FNR 8.3% (1 of 12), limit 10.0%: "
                "cannot be told from noise with 12 positives; about 310 more would decide it with a chance of 80%; "
                "today's labels can prove a limit of 38.5%"
            ),
            level=0.9,
            chance=0.8,
        ),
    )
    model = ModelReport(
        "inconclusive",
        "train",
        (),
        Side("c" * 16, Confusion(11, 2, 26, 1), {"auc": 0.94}, {}),
        None,
        gates,
        {"train": 0.04},
        done=trained("tiny", 0.04),
    )
    return Report("inconclusive", HEAD, None, {"tiny": model})


def one_class() -> Report:
    gates = (
        GateResult("fnr <= 0.2", "error", None, None, 0.2, reason="FNR is undefined: the holdout has no positives"),
        GateResult("fpr <= 0.05", "pass", None, 3 / 1000, 0.05, 0.002),
    )
    new, old = (
        Side("d" * 16, Confusion(0, 3, 997, 0), {"auc": None}, {}),
        Side("e" * 16, Confusion(0, 2, 998, 0), {"auc": None}, {}, "champion v3"),
    )
    return Report(
        "error",
        HEAD,
        BASE,
        {"rare": ModelReport("error", "evaluate", (Change("data.holdout", "positives 2% → 0%"),), new, old, gates)},
    )


def all_undefined() -> Report:
    empty = Side("f" * 16, Confusion(), {"auc": None, "log_loss": float("nan")}, {"region": {"north": Confusion()}})
    gates = tuple(
        GateResult(f"{name} <= 0.1", "error", None, None, 0.1, reason=f"{name.upper()} is undefined: no rows")
        for name in ("fpr", "fnr")
    )
    return Report("error", None, None, {"empty": ModelReport("error", "evaluate", (), empty, None, gates)})


def nothing_gated() -> Report:
    hint = "Add `gates:` to ml-ci.yaml, for example: [fpr <= 0.05]."
    failure = Failure("gates", "nothing-gated", "`free` has no gates: nothing was judged", hint)
    model = ModelReport("unjudged", "train", (), side(9, 1, 9, 1), None, (), failure=failure, done=trained("free", 0.1))
    whole = Failure("gates", "nothing-gated", "nothing was gated", hint)
    return Report("unjudged", HEAD, BASE, {"free": model}, failure=whole)


def unjudged() -> Report:
    """Only gates that have nothing to compare with."""
    why = "commit 3f2c1ab does not declare it"
    gates = tuple(
        GateResult(
            f"{name} <= baseline.{name} + 0.01",
            "unjudged",
            None,
            value,
            reason=f"Nothing to compare with yet: new model, {why}",
        )
        for name, value in (("fpr", 31 / 1003), ("fnr", 80 / 402))
    )
    hint = "Add a gate with a fixed limit to `gates:` in ml-ci.yaml, for example `fnr <= 0.2` (it is 0.199 now)."
    failure = Failure("gates", "nothing-gated", "No gate was judged", hint)
    changes = (Change("model", f"new model: {why}"),)
    model = ModelReport("unjudged", "train", changes, side(322, 31, 972, 80), None, gates, failure=failure)
    whole = Failure("gates", "nothing-gated", "nothing was gated", hint)
    return Report("unjudged", HEAD, BASE, {"fraud": model}, failure=whole)


def two_yardsticks() -> Report:
    """Labels were damaged to fit: by its own it passes, by its base's it does not."""
    limit = GateResult("fnr <= 0.1", "pass", None, 0.0, 0.1, 0.25)
    base_limit = GateResult("fnr <= 0.1", "fail", None, 0.4, 0.1, 0.0, (0.3, 0.5), level=0.95)
    new, old = side(60, 0, 140, 0), side(60, 40, 100, 0)
    own = Yardstick(OWN, "pass", (limit,), 200, candidate=new.confusion, baseline=old.confusion)
    base = Yardstick(
        "the base 3f2c1ab",
        "fail",
        (base_limit,),
        180,
        20,
        ("40 rows with another label",),
        candidate=Confusion(60, 0, 80, 40),
        baseline=Confusion(100, 0, 80, 0),
        differences=Differences(told("fnr", "recall", "accuracy", "f1")),
    )
    changes = (Change("data.holdout", "label changed in 40 rows"),)
    model = ModelReport("fail", "evaluate", changes, new, old, (limit,), yardsticks=(own, base))
    return Report("fail", HEAD, BASE, {"churn": model})


def no_model() -> Report:
    failure = Failure(
        "spec", "no-merge-base", "No merge base of HEAD and origin/main was found.", "Fetch it: git fetch --unshallow"
    )
    return Report("error", None, None, {}, failure=failure)


REPORTS: dict[str, Callable[[], Report]] = {
    build.__name__: build
    for build in (
        passed,
        failed_by_data,
        failed_by_code,
        inconclusive,
        crashed,
        new_model,
        reused,
        two_models,
        hostile,
        forty_slices,
        forty_rows,
        one_class,
        all_undefined,
        nothing_gated,
        unjudged,
        two_yardsticks,
        no_model,
    )
}


@pytest.fixture(params=REPORTS, ids=str)
def any_report(request: pytest.FixtureRequest) -> Report:
    """Give every report in turn."""
    return REPORTS[request.param]()


@pytest.fixture
def reports() -> dict[str, Callable[[], Report]]:
    """Give every report by name."""
    return REPORTS
