"""Rows of the holdout that stand in what a model is trained on are counted, and chance is no reason for a caution."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ml_ci.pipeline import plan, run
from ml_ci.questions import examine
from ml_ci.reports.as_json import from_json, to_json
from ml_ci.reports.markdown import render
from ml_ci.reports.plain import plain
from ml_ci.steps.values import Options
from ml_ci.suspicion.overlap import plainly

# whole runs: `.ci/run` runs them apart
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_imports")]

SPEC = """\
version: 1
models:
  m:
    run: python t.py {out}
    outputs: {predictions: "{out}/p.csv"}
    data: %s
    label: y
    positive: 1
    gates: [fnr <= 1]
"""
# A command that needs nothing of its rows: it says "positive" of every second.
JOB = """\
import csv, os, sys
rows = list(csv.reader(open(os.environ["ML_CI_DATA_HOLDOUT"])))[1:]
open(sys.argv[1] + "/p.csv", "w").write("prediction\\n" + "".join(f"{n % 2}\\n" for n, _ in enumerate(rows)))
"""
TWO = "{train: train.csv, holdout: holdout.csv}"


def rows(seed: int, number: int) -> pd.DataFrame:
    """Give rows of two measures, a word and a label."""
    draw = random.Random(seed)
    found = [(draw.random(), draw.random(), draw.choice(("red", "blue"))) for _ in range(number)]
    frame = pd.DataFrame([(round(a, 4), round(b, 4), word) for a, b, word in found], columns=["a", "b", "word"])
    return frame.assign(y=[draw.randrange(2) for _ in range(number)])


TRAIN, HOLDOUT = rows(1, 300), rows(2, 200)
RELABELLED = HOLDOUT.assign(y=1 - HOLDOUT["y"])


def csv(frame: pd.DataFrame, **how: Any) -> str:
    return str(frame.to_csv(index=False, **how))


def both(*frames: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True)


def split(train: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    """Put two tables into one, with the column by which they are cut."""
    return both(train.assign(split="train"), test.assign(split="test"))


def numbered(frame: pd.DataFrame, first: int = 0) -> pd.DataFrame:
    return frame.assign(id=range(first, first + len(frame)))


def spelled(frame: pd.DataFrame) -> pd.DataFrame:
    """Write the same values in other words, with the columns in another order."""
    return frame.assign(a=frame["a"].map("{:.6f}".format), b=frame["b"].map(" {:e}".format))[["y", "word", "b", "a"]]


WHERE = "{train: all.csv, holdout: {of: train, where: {split: test}}}"
AFTER = "{train: all.csv, holdout: {of: train, after: {day: 2026-02-01}}}"
SHARE = "{train: all.csv, holdout: {of: train, share: 0.5}}"
Files = Mapping[str, str | pd.DataFrame]

# What is declared, the files, and how the caution begins.
FOUND: dict[str, tuple[str, Files, str]] = {
    "the holdout under another name": (TWO, {"train.csv": csv(HOLDOUT), "holdout.csv": csv(HOLDOUT)}, "200 of the 200"),
    "appended": (TWO, {"train.csv": csv(both(TRAIN, HOLDOUT)), "holdout.csv": csv(HOLDOUT)}, "200 of the 200"),
    "a few of them": (TWO, {"train.csv": csv(both(TRAIN, HOLDOUT[:7])), "holdout.csv": csv(HOLDOUT)}, "7 of the 200"),
    "a single one": (TWO, {"train.csv": csv(both(TRAIN, HOLDOUT[:1])), "holdout.csv": csv(HOLDOUT)}, "1 of the 200"),
    "spelled otherwise, columns moved": (
        TWO,
        {"train.csv": csv(spelled(HOLDOUT)), "holdout.csv": csv(HOLDOUT)},
        "200 of the 200",
    ),
    "in quotes, with semicolons": (
        TWO,
        {"train.csv": csv(HOLDOUT, sep=";", quoting=1), "holdout.csv": csv(HOLDOUT)},
        "200 of the 200",
    ),
    "as Parquet": (
        "{train: train.parquet, holdout: holdout.csv}",
        {"train.parquet": both(TRAIN, HOLDOUT[:50]), "holdout.csv": csv(HOLDOUT)},
        "50 of the 200",
    ),
    "Parquet with a date, a boolean and a gap": (
        "{train: train.csv, holdout: holdout.parquet}",
        {
            "train.csv": csv(HOLDOUT.assign(day=pd.Timestamp("2026-01-31"), ok=True, gap="")),
            "holdout.parquet": HOLDOUT.assign(day=pd.Timestamp("2026-01-31"), ok=True, gap=float("nan")),
        },
        "200 of the 200",
    ),
    "with other labels": (TWO, {"train.csv": csv(RELABELLED), "holdout.csv": csv(HOLDOUT)}, "200 of the 200"),
    "some with other labels": (
        TWO,
        {"train.csv": csv(both(TRAIN, HOLDOUT[:30], RELABELLED[30:50])), "holdout.csv": csv(HOLDOUT)},
        "30 of the 200 rows of the holdout stand in data.train (train.csv), and 20 more but for the label",
    ),
    "without any label": (
        TWO,
        {"train.csv": csv(HOLDOUT.drop(columns="y")), "holdout.csv": csv(HOLDOUT)},
        "200 of the 200",
    ),
    "numbered anew": (
        TWO,
        {"train.csv": csv(numbered(HOLDOUT, 900)), "holdout.csv": csv(numbered(HOLDOUT))},
        "200 of the 200",
    ),
    "with the number that pandas writes": (
        TWO,
        {"train.csv": str(both(TRAIN, HOLDOUT).to_csv()), "holdout.csv": str(HOLDOUT.to_csv())},
        "200 of the 200",
    ),
    "with a column more": (
        TWO,
        {"train.csv": csv(HOLDOUT.assign(new=1)), "holdout.csv": csv(HOLDOUT)},
        "200 of the 200",
    ),
    "oversampled, then split": (
        TWO,
        {"train.csv": csv(both(TRAIN, TRAIN, HOLDOUT, HOLDOUT)), "holdout.csv": csv(HOLDOUT)},
        "200 of the 200",
    ),
    "one table in which rows stand on both sides": (WHERE, {"all.csv": csv(split(TRAIN, TRAIN[:80]))}, "80 of the 80"),
    "one Parquet table in which rows stand on both sides": (
        "{train: all.parquet, holdout: {of: train, where: {split: test}}}",
        {"all.parquet": split(TRAIN, TRAIN[:80]).sample(frac=1, random_state=0)},
        "80 of the 80",
    ),
    "one table with relabelled rows on both sides": (
        WHERE,
        {"all.csv": csv(split(both(TRAIN, RELABELLED), HOLDOUT))},
        "200 of the 200 rows of the holdout stand in the rest of data.train (all.csv) but for the label",
    ),
    "rows that came again later": (
        AFTER,
        {"all.csv": csv(both(TRAIN.assign(day="2026-01-01"), TRAIN[:40].assign(day="2026-02-02")))},
        "40 of the 40",
    ),
    "a share of a table with a file beside it": (
        "{train: all.csv, more: more.csv, holdout: {of: train, share: 0.5}}",
        {"all.csv": csv(TRAIN), "more.csv": csv(TRAIN)},
        "rows of the holdout stand in data.more (more.csv)",
    ),
    "a share, and each row stands twice under two labels": (
        SHARE,
        {"all.csv": csv(both(TRAIN, TRAIN.assign(y=1 - TRAIN["y"])))},
        "rows of the holdout stand in the rest of data.train (all.csv) but for the label",
    ),
    "in a folder of tables": (
        "{train: parts, holdout: holdout.csv}",
        {"parts/1.csv": csv(TRAIN), "parts/2.csv": csv(HOLDOUT[:9]), "parts/note.md": "x", "holdout.csv": csv(HOLDOUT)},
        "9 of the 200",
    ),
    "in tables that a pattern names": (
        "{train: 'part-*.csv', holdout: holdout.csv}",
        {"part-1.csv": csv(HOLDOUT[:9]), "part-2.csv": csv(TRAIN), "holdout.csv": csv(HOLDOUT)},
        "9 of the 200",
    ),
    "without header lines": (
        "{train: {path: train.csv, columns: [a, b, word, y]}, holdout: {path: holdout.csv, columns: [a, b, word, y]}}",
        {"train.csv": csv(HOLDOUT[:20], header=False), "holdout.csv": csv(HOLDOUT, header=False)},
        "20 of the 200",
    ),
    "in the rows on which a threshold is chosen": (
        "{train: train.csv, validation: v.csv, holdout: holdout.csv}",
        {"train.csv": csv(TRAIN), "v.csv": csv(HOLDOUT), "holdout.csv": csv(HOLDOUT)},
        "200 of the 200 rows of the holdout stand in data.validation",
    ),
}

WORDS = [f"word{n}" for n in range(4)]


def categories(seed: int, number: int) -> pd.DataFrame:
    """Give rows of two words of four."""
    draw = random.Random(seed)
    return pd.DataFrame([(draw.choice(WORDS), draw.choice(WORDS), draw.randrange(2)) for _ in range(number)]).set_axis(
        ["one", "two", "y"], axis=1
    )


def together(seed: int, number: int) -> pd.DataFrame:
    """Give rows of twelve columns that all say the same, one of five things."""
    draw = random.Random(seed)
    return pd.DataFrame([[draw.randrange(5)] * 12 + [draw.randrange(2)] for _ in range(number)]).set_axis(
        [*(f"c{n}" for n in range(12)), "y"], axis=1
    )


def whole(seed: int, number: int) -> pd.DataFrame:
    """Give rows of one whole number below a thousand."""
    draw = random.Random(seed)
    return pd.DataFrame([(draw.randrange(1000), draw.randrange(2)) for _ in range(number)], columns=["a", "y"])


NOT_FOUND: dict[str, tuple[str, Files]] = {
    "other rows": (TWO, {"train.csv": csv(TRAIN), "holdout.csv": csv(HOLDOUT)}),
    "few categories": (TWO, {"train.csv": csv(categories(1, 300)), "holdout.csv": csv(categories(2, 200))}),
    "columns that go together": (TWO, {"train.csv": csv(together(1, 300)), "holdout.csv": csv(together(2, 200))}),
    "one column of whole numbers": (TWO, {"train.csv": csv(whole(1, 300)), "holdout.csv": csv(whole(2, 200))}),
    "few categories, numbered": (
        TWO,
        {"train.csv": csv(numbered(categories(1, 300))), "holdout.csv": csv(numbered(categories(2, 200), 300))},
    ),
    "few categories, cut by a column": (WHERE, {"all.csv": csv(split(categories(1, 300), categories(2, 200)))}),
    "a share of few categories": (SHARE, {"all.csv": csv(categories(1, 500))}),
    "a share of a table that repeats its rows": (SHARE, {"all.csv": csv(both(TRAIN, TRAIN))}),
    "a table to look words up in": (
        "{train: train.csv, words: words.csv, holdout: holdout.csv}",
        {"train.csv": csv(TRAIN), "words.csv": "word,meaning\nred,1\nblue,2\n", "holdout.csv": csv(HOLDOUT)},
    ),
    "numbers of rows only": (TWO, {"train.csv": csv(numbered(TRAIN)), "holdout.csv": csv(numbered(HOLDOUT))}),
    "ids that differ in the last of nineteen digits": (
        TWO,
        {
            "train.csv": csv(TRAIN.assign(a=[9007199254740992 + 2 * n for n in range(300)], b=0, word="")),
            "holdout.csv": csv(HOLDOUT.assign(a=[9007199254740993 + 2 * n for n in range(200)], b=0, word="")),
        },
    ),
    "a few repeats in a table that repeats its rows": (
        TWO,
        {"train.csv": csv(both(TRAIN, TRAIN[:3])), "holdout.csv": csv(both(*[HOLDOUT] * 2, TRAIN[:2]))},
    ),
    "training data that are no table": (
        "{train: blob.bin, holdout: holdout.csv}",
        {"blob.bin": "\x00\x01", "holdout.csv": csv(HOLDOUT)},
    ),
}  # fmt: skip


@pytest.fixture
def declare(repository: Any) -> Callable[[str, Files], Options]:
    """Commit a project with these data, and give the options of a run in it."""

    def declared(data: str, files: Files) -> Options:
        tables = {path: table for path, table in files.items() if isinstance(table, pd.DataFrame)}
        for path, table in tables.items():
            table.to_parquet(repository.path / path)
        texts = {path: text for path, text in files.items() if path not in tables}
        repository.commit({**texts, "t.py": JOB, ".gitignore": ".ml_ci/\n", "ml-ci.yaml": SPEC % data})
        return Options(start=Path(repository.path), environment=dict(os.environ))

    return declared


@pytest.mark.parametrize(("data", "files", "begins"), list(FOUND.values()), ids=list(FOUND))
def test_rows_that_were_trained_on_are_counted_before_anything_is_trained(
    declare: Any, data: str, files: Files, begins: str
) -> None:
    cautions = plan(declare(data, files))["m"].cautions
    assert len(cautions) == 1, cautions
    assert begins in cautions[0], cautions
    assert "looks better than it is" in cautions[0]


@pytest.mark.parametrize(("data", "files"), list(NOT_FOUND.values()), ids=list(NOT_FOUND))
def test_what_chance_explains_is_no_caution(declare: Any, data: str, files: Files) -> None:
    assert plan(declare(data, files))["m"].cautions == ()


def test_run_doctor_and_every_report_say_it_and_a_record_keeps_it(
    declare: Any, repository: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = declare(TWO, {"train.csv": csv(both(TRAIN, HOLDOUT[:7])), "holdout.csv": csv(HOLDOUT)})
    (said,) = plan(options)["m"].cautions
    report = run(options)
    assert said in report.models["m"].cautions
    assert f"! {said}" in plain(report)
    assert "> [!WARNING]\n> 7 of the 200 rows of the holdout stand in data.train (train.csv): " in render(report)
    assert from_json(to_json(report)) == report
    (check,) = [one for one in examine(options) if one.message.startswith("7 of the 200")]
    assert (check.check, check.good) == ("m: holdout", True)
    assert check.hint.endswith("`holdout: {of: …, share: 0.2}`.")
    (overlap,) = report.models["m"].overlaps or ()
    assert plainly(overlap) == "7 of the 200 rows of the holdout stand in data.train."
    monkeypatch.setattr("ml_ci.steps.judging.overlaps.find_overlaps", None)  # from here on the records answer
    assert run(options).models["m"].cautions == report.models["m"].cautions
    assert plan(options)["m"].cautions == report.models["m"].cautions


def test_a_baseline_that_was_trained_on_rows_of_the_new_holdout_is_named(declare: Any, repository: Any) -> None:
    """The change moves rows out of the training table into the holdout: the candidate has not seen them."""
    options = declare(TWO, {"train.csv": csv(TRAIN), "holdout.csv": csv(HOLDOUT)})
    repository.git("checkout", "-qb", "change")
    moved = {"train.csv": csv(TRAIN[60:]), "holdout.csv": csv(both(HOLDOUT, TRAIN[:60]))}
    repository.commit(moved, "Hold more rows out")
    (said,) = plan(options)["m"].cautions
    assert said.startswith("60 of the 260 rows of the holdout stand in the baseline's data.train (train.csv): the ")
    sides = [(one.side, one.same) for one in run(options).models["m"].overlaps or ()]
    assert sides == [("candidate", 0), ("baseline", 60)]
