from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from ml_ci.changes.describe import describe
from ml_ci.changes.values import Change
from ml_ci.spec.evidence import ClusterSpec
from ml_ci.spec.values import CommandJob, FileEntry, GateSpec, PartEntry, Positive, SliceSpec, Threshold


def table(count: int, seed: int = 0, shift: float = 0.0, positives: float = 0.4, first: int = 0) -> str:
    rng = random.Random(seed)
    lines = ["customer,age,region,tenure,churned"]
    for number in range(first, first + count):
        tenure = "" if rng.random() < 0.02 + shift / 40 else f"{rng.gauss(10 + shift, 3):.1f}"
        age, region, label = rng.randint(20, 70), rng.choice(["north", "south"]), int(rng.random() < positives)
        lines.append(f"{number},{age},{region},{tenure},{label}")
    return "\n".join(lines) + "\n"


def gates(*texts: str) -> tuple[GateSpec, ...]:
    return tuple(GateSpec(text, cast(Any, None)) for text in texts)


@pytest.fixture
def changes(history: Any) -> Any:
    """Describe what became of the first commit."""
    history.write("data/train.csv", table(1000))
    base = history.commit()

    def changed(model: Any = None, old_model: Any = None, loosened: Any = None) -> tuple[Change, ...]:
        old, new = history.snapshot(base, old_model), history.snapshot(model=model)
        return describe(old, new, loosened)

    return changed


def only(found: tuple[Change, ...], part: str) -> Change:
    assert [change.part for change in found] == [part]
    return found[0]


def test_nothing_changed(changes: Any, history: Any) -> None:
    history.write("README.md", "other words")
    assert changes() == ()


# Tables --------------------------------------------------------------------------------------------------------------


def test_rows_that_came(changes: Any, history: Any) -> None:
    more = table(500, seed=1, shift=4, positives=0.05, first=1000).split("\n", 1)[1]
    history.write("data/train.csv", table(1000) + more)
    said = only(changes(), "data.train")
    assert said.summary == "1,000 → 1,500 rows (+500), positives 41% → 29%, `tenure` drifted most"
    assert said.details[0].startswith("tenure: missing 2% → ")
    assert said.details[1].startswith("tenure drifted: Jensen–Shannon 0.")
    assert len(said.details) == 2, "neither the numbers of the customers nor what is equally distributed"
    assert [(one.part, one.column, one.told) for one in said.drift] == [
        ("data.train", "tenure", True),
        *(("data.train", name, False) for name in ("age", "region")),
    ]
    tenure, age, _ = said.drift
    assert f"{tenure.bits:.3f} bits" in said.details[1] and 0 < age.bits < tenure.bits < 1 and age.noise > 0
    assert tenure.means is not None and tenure.means[0] < tenure.means[1]
    assert age.means is None, "of a column that did not move none is asked for"


def test_rows_that_went(changes: Any, history: Any) -> None:
    history.write("data/train.csv", "".join(table(1000).splitlines(True)[:901]))
    assert only(changes(), "data.train").summary.startswith("1,000 → 900 rows (-100)")


def relabelled(text: str, count: int) -> str:
    lines = text.splitlines(True)
    return "".join(
        line[:-2] + str(1 - int(line[-2])) + "\n" if 0 < n <= count else line for n, line in enumerate(lines)
    )


@pytest.mark.parametrize("key", [None, "customer"])
def test_labels_that_changed(changes: Any, history: Any, key: str | None) -> None:
    history.write("data/train.csv", relabelled(table(1000), 37))
    model = replace(history.model, id=key)
    said = only(changes(model, model), "data.train")
    assert "churned changed in 37 rows" in said.summary
    assert ("37 of them changed" in said.summary) is (key is None)
    assert ("by customer: 0 rows added, 0 rows removed, 37 rows changed" in said.details) is (key is not None)


def test_labels_are_found_again_in_rows_that_moved(changes: Any, history: Any) -> None:
    head, *lines = relabelled(table(1000), 5).splitlines()
    random.Random(3).shuffle(lines)
    history.write("data/train.csv", "\n".join([head, *lines]) + "\n")
    assert "churned changed in 5 rows" in only(changes(), "data.train").summary


def without(text: str, column: int) -> str:
    return "".join(",".join(f for n, f in enumerate(line.split(",")) if n != column) for line in text.splitlines(True))


def test_a_dropped_column(changes: Any, history: Any) -> None:
    history.write("data/train.csv", without(table(1000), 3))
    assert only(changes(), "data.train").summary == "1,000 rows as before, 1 column removed: tenure"


def test_an_added_and_a_retyped_column(changes: Any, history: Any) -> None:
    lines = table(1000).replace("customer,", "extra,customer,").splitlines()
    history.write("data/train.csv", "\n".join([lines[0], *(f"1,{line}" for line in lines[1:])]) + "\n")
    assert "1 column added: extra" in only(changes(), "data.train").summary
    lines = table(1000).splitlines()
    history.write("data/train.csv", "\n".join([lines[0], *(f"c{line}" for line in lines[1:])]) + "\n")
    assert "customer was integer, is text" in only(changes(), "data.train").summary


def test_rows_in_another_order(changes: Any, history: Any) -> None:
    head, *lines = table(1000).splitlines()
    history.write("data/train.csv", "\n".join([head, *reversed(lines)]) + "\n")
    assert only(changes(), "data.train") == Change("data.train", "1,000 rows as before, in another order")


def test_a_value_that_was_renamed(changes: Any, history: Any) -> None:
    history.write("data/train.csv", table(1000).replace("north", "NORTH"))
    said = only(changes(), "data.train")
    assert said.summary.endswith("of them changed, `region` drifted most")
    assert said.details[0].startswith("region drifted: Jensen–Shannon 0.")


@pytest.mark.parametrize(
    ("positive", "expected"),
    [
        (Positive(("1",)), "positives 41% → 31%"),
        (Positive((0,)), "positives 59% → 69%"),
        (Positive((1.0, 7)), "positives 41% → 31%"),
        (Positive(comparison=("<", 0.5)), "positives 59% → 69%"),
    ],
)
def test_positives_by_their_declaration(changes: Any, history: Any, positive: Positive, expected: str) -> None:
    history.write("data/train.csv", relabelled(table(1000), 0).replace("0,1\n", "0,0\n").replace("5,1\n", "5,0\n"))
    model = replace(history.model, positive=positive)
    found = changes(model, model)[0].summary
    assert expected.split(" → ")[0] in found


def test_a_table_of_another_width_is_still_described(changes: Any, history: Any) -> None:
    history.write("data/train.csv", "x,y\n1,2\n3,4\n")
    said = only(changes(), "data.train").summary
    assert said.startswith("1,000 → 2 rows (-998), no column in common, 5 columns removed")


def test_what_is_no_table_says_why(changes: Any, history: Any) -> None:
    history.write("data/train.csv", b"\0\0")
    assert only(changes(), "data.train").summary.startswith("content differs; data/train.csv holds NUL bytes")


def test_a_file_that_is_no_table_is_told_by_its_size(changes: Any, history: Any, model: Any) -> None:
    chosen = model(data={"train": FileEntry("model.bin")})
    history.write("model.bin", b"\0\1")
    base = history.commit()
    history.write("model.bin", b"\0\1\2")
    assert (
        only(describe(history.snapshot(base, chosen), history.snapshot(model=chosen)), "data.train").summary
        == "2 → 3 bytes"
    )


def test_a_folder_is_told_by_its_files(history: Any, model: Any) -> None:
    chosen = model(data={"train": FileEntry("images")})
    for name in "abc":
        history.write(f"images/{name}.png", name)
    base = history.commit()
    history.write("images/a.png", "other")
    history.write("images/d.png", "d")
    (history.folder / "images/c.png").unlink()
    said = only(describe(history.snapshot(base, chosen), history.snapshot(model=chosen)), "data.train")
    assert said.summary == "3 files: 1 added, 1 removed, 1 changed"
    assert said.details == ("added: d.png", "removed: c.png", "changed: a.png")


def test_data_that_are_not_here_are_said_to_differ(history: Any, model: Any) -> None:
    chosen = model(data={"train": FileEntry("data/big.csv")})
    history.write("data/big.csv.dvc", "outs: [{path: big.csv, md5: 0123456789abcdef0123456789abcdef}]")
    base = history.commit()
    history.write("data/big.csv.dvc", "outs: [{path: big.csv, md5: fedcba9876543210fedcba9876543210}]")
    said = only(describe(history.snapshot(base, chosen), history.snapshot(model=chosen)), "data.train").summary
    assert said == "content differs; its former content is not on this machine"


def test_former_data_are_found_in_dvcs_cache(history: Any, model: Any) -> None:
    import hashlib

    chosen = model(data={"train": FileEntry("data/big.csv")})
    history.write(".gitignore", "/data/big.csv\n/.dvc/cache\n")
    for text in (table(100), table(120)):
        known = hashlib.md5(text.encode()).hexdigest()
        history.write(f".dvc/cache/files/md5/{known[:2]}/{known[2:]}", text)
        history.write("data/big.csv", text)
        history.write("data/big.csv.dvc", f"outs: [{{path: big.csv, md5: {known!r}, hash: md5}}]")
        history.commit()
    found = describe(history.snapshot(history.git("rev-parse", "HEAD~1"), chosen), history.snapshot(model=chosen))
    assert only(found, "data.train").summary.startswith("100 → 120 rows (+20)")


def test_former_data_under_dvc_that_are_still_on_disk(history: Any, model: Any) -> None:
    import hashlib

    was, now = model(data={"train": FileEntry("./a.csv")}), model(data={"train": FileEntry("b.csv")})
    history.write(".gitignore", "/a.csv\n/b.csv\n")
    for name, count in (("a", 100), ("b", 120)):
        history.write(f"{name}.csv", table(count))
        known = hashlib.md5(table(count).encode()).hexdigest()
        history.write(f"{name}.csv.dvc", f"outs: [{{path: {name}.csv, md5: {known!r}, hash: md5}}]")
    found = describe(history.snapshot(history.commit(), was), history.snapshot(model=now))
    assert only(found, "data.train").summary == "100 → 120 rows (+20), positives 44% → 45%, ./a.csv became b.csv"


def test_many_rows_are_sampled(changes: Any, history: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ml_ci.changes.table_pair.MOST_SAMPLED", 500)
    monkeypatch.setattr("ml_ci.changes.table_pair.MOST_MATCHED", 800)
    history.write("data/train.csv", table(1100, shift=5))
    said = only(changes(), "data.train")
    assert said.summary.startswith("1,000 → 1,100 rows (+100), ")
    assert "rows were not matched: there are more than 1,000,000" in said.details
    assert said.details[-1] == "columns were compared on 200,000 rows of each version"


# Code ----------------------------------------------------------------------------------------------------------------


def test_functions_and_constants_are_named(changes: Any, history: Any) -> None:
    text = (history.folder / "churn/train.py").read_text()
    history.write("churn/train.py", text.replace("100", "10").replace("return rows", "return None"))
    assert only(changes(), "code") == Change(
        "code", "churn/train.py: TREES, train()", ("line 4: `100` → `10`", "line 10: `rows` → `None`")
    )


def test_files_that_came_and_went(changes: Any, history: Any) -> None:
    history.write("churn/train.py", "import churn.new\n\n\ndef train(train):\n    return 1\n")
    history.write("churn/new.py", "x = 1\n")
    said = only(changes(), "code")
    assert said.details == (
        "churn/train.py: train(), TREES removed, "
        "line 2: `from churn.features import clean` removed, line 1: `import churn.new` added",
        "churn/new.py added",
        "churn/features.py removed",
    )
    assert said.summary.startswith("3 files: churn/train.py: train(), ") and said.summary.endswith(", and 1 more")


def test_other_files_are_told_by_their_lines(history: Any, model: Any) -> None:
    chosen = model(job=CommandJob("Rscript train.R", predictions="p.csv"))
    history.write("train.R", "a\nb\n")
    base = history.commit()
    history.write("train.R", "a\nc\nd\n")
    said = describe(history.snapshot(base, chosen), history.snapshot(model=chosen))
    assert only(said, "code").summary == "train.R: 2 lines added, 1 removed"


# Settings ------------------------------------------------------------------------------------------------------------


def test_parameters_key_by_key(changes: Any, model: Any) -> None:
    was, now = (
        model(params={"trees": 100, "depth": {"most": 3}, "old": 1}),
        model(params={"trees": 10, "depth": {"most": 3, "least": 1}, "flag": True}),
    )
    said = only(changes(now, was), "params")
    assert said.summary == "trees: 100 → 10, old: 1 removed, depth.least: 1 added, and 1 more"
    assert said.details[-1] == "flag: true added"


def test_settings_old_and_new(changes: Any, model: Any) -> None:
    now = model(
        seed=3,
        threshold=Threshold(0.4),
        slices=(SliceSpec(("region",)), SliceSpec(("age",), (30.0, 50.0))),
        positive=Positive(comparison=(">=", 1.0)),
        holdout=PartEntry("train", share=0.2, by="customer"),
    )
    said = {change.part: change.summary for change in changes(now)}
    assert said == {
        "data.holdout": "data/holdout.csv → a part of data.train (share 0.2, by customer)",
        "seed": "0 → 3",
        "metrics": "positive: 1 → >= 1, threshold: 0.5 → 0.4, slices: none → [region, age at 30, 50]",
        "gates": "cluster: [customer] added",
    }


def test_slices_of_two_columns_are_told_in_brackets(changes: Any, model: Any) -> None:
    now = model(slices=(SliceSpec(("region",)), SliceSpec(("plan",)), SliceSpec(("region", "plan"))))
    assert only(changes(now), "metrics").summary == "slices: none → [region, plan, [region, plan]]"


def test_another_cut_of_the_holdout(changes: Any, model: Any) -> None:
    was, now = (model(holdout=PartEntry("train", share=share)) for share in (0.2, 0.3))
    assert only(changes(now, was), "data.holdout").summary == "share: 0.2 → 0.3"


def test_a_cut_holdout_follows_its_data(changes: Any, history: Any, model: Any) -> None:
    chosen = model(holdout=PartEntry("train", share=0.2))
    history.write("data/train.csv", table(1001))
    assert [(one.part, one.summary) for one in changes(chosen, chosen)][1] == ("data.holdout", "follows data.train")


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (
            PartEntry("train", share=0.2),
            "follows data.train, whose columns changed: rows are chosen by their whole content, so that others may "
            "belong to it now (`by: COLUMN` chooses them by one column)",
        ),
        (PartEntry("train", share=0.2, by="age"), "follows data.train"),
        (PartEntry("train", after=("age", 30)), "follows data.train"),
    ],
)
def test_a_new_column_cuts_a_holdout_anew_that_is_cut_by_whole_rows(
    changes: Any, history: Any, model: Any, part: PartEntry, told: str
) -> None:
    chosen = model(holdout=part)
    wider = (history.folder / "data/train.csv").read_text().splitlines()
    history.write("data/train.csv", "\n".join([f"{wider[0]},score", *(f"{line},7" for line in wider[1:])]) + "\n")
    assert only(changes(chosen, chosen)[1:], "data.holdout").summary == told


def test_a_predict_function_by_its_code(changes: Any, history: Any, model: Any) -> None:
    chosen = model(predict="serve:score")
    history.write("serve.py", "def score(model, rows): return 1\n")
    base = history.commit()
    history.write("serve.py", "def score(model, rows): return 2\n")
    said = describe(history.snapshot(base, chosen), history.snapshot(model=chosen))
    assert only(said, "metrics").summary == "serve.py: score()"


def test_a_file_that_trains_and_predicts_is_told_once_and_another_threshold_beside_it(history: Any, model: Any) -> None:
    same, other = model(predict="churn.train:train"), model(predict="churn.train:train", threshold=Threshold(0.4))
    base = history.git("rev-parse", "HEAD")
    history.write("churn/train.py", (history.folder / "churn/train.py").read_text() + "\nMORE = 1\n")
    old = history.snapshot(base, same)
    assert [change.part for change in describe(old, history.snapshot(model=same))] == ["code"]
    told = describe(old, history.snapshot(model=other))
    assert [change.part for change in told] == ["code", "metrics"]
    assert "threshold: 0.5 → 0.4" in told[1].summary


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ({"gates": gates("fnr <= 0.1")}, {"gates": gates("fnr <= 0.2")}, "fnr <= 0.1 → fnr <= 0.2 (loosened)"),
        ({"gates": gates("fnr <= 0.2")}, {"gates": gates("fnr <= 0.1")}, "fnr <= 0.2 → fnr <= 0.1"),
        ({"gates": gates("fnr <= 0.1", "fpr <= 1")}, {"gates": gates("fpr <= 1")}, "fnr <= 0.1 removed (loosened)"),
        ({"gates": gates("fnr <= 0.1")}, {"gates": gates("fnr <= 0.1", "fpr <= 1")}, "fpr <= 1 added"),
        ({"gates": gates("f1 >= 0.8")}, {"gates": gates("f1 >= 0.8 @ 0.95")}, "f1 >= 0.8 → f1 >= 0.8 @ 0.95"),
        ({"gates": gates("fpr <= 1", "fnr <= 1")}, {"gates": gates("fnr <= 1", "fpr <= 1")}, "the order of the gates"),
        ({"confidence": 0.95}, {"confidence": 0.9}, "confidence: 0.95 → 0.9 (loosened)"),
        ({"confidence": 0.95}, {}, "confidence: 0.95 → none (loosened)"),
        ({}, {"confidence": 0.95}, "confidence: none → 0.95"),
        ({"min_rows": 30}, {"min_rows": 100}, "min_rows: 30 → 100 (loosened)"),
        ({}, {"min_rows": 40}, "min_rows: none → 40 (loosened)"),
        ({"min_rows": 100}, {"min_rows": 30}, "min_rows: 100 → 30"),
        ({"cluster": ClusterSpec(("who",))}, {}, "cluster: [who] removed (loosened)"),
        ({"cluster": ClusterSpec(("who",))}, {"cluster": ClusterSpec()}, "cluster: [who] → none (loosened)"),
        ({"cluster": ClusterSpec(("who",))}, {"cluster": ClusterSpec(("home",))}, "cluster: [who] → [home]"),
        ({}, {"cluster": ClusterSpec(("who",))}, "cluster: [who] added"),
        ({}, {"cluster": ClusterSpec()}, "cluster: none added"),
        (
            {"cluster": ClusterSpec(("who",))},
            {"cluster": ClusterSpec(("who",), ("acme",))},
            "known: [acme] added (loosened)",
        ),
        ({"cluster": ClusterSpec(("who",), ("acme",))}, {"cluster": ClusterSpec(("who",))}, "known: [acme] removed"),
        ({"weight": "w"}, {}, "weight: w removed (loosened)"),
        ({}, {"weight": "w"}, "weight: w added"),
        (
            {"gates": gates("fpr <= 0.1", "fnr <= 0.1")},
            {"gates": gates("fpr <= 0.05", "fnr <= 0.2")},
            "fnr <= 0.1 → fnr <= 0.2 (loosened), fpr <= 0.1 → fpr <= 0.05",
        ),
    ],
)
def test_gates_and_those_that_ask_for_less(changes: Any, model: Any, was: Any, now: Any, expected: str) -> None:
    def loosened(old: str, new: str) -> bool:
        return float(new.split()[2]) > float(old.split()[2])

    assert only(changes(model(**now), model(**was), loosened), "gates").summary == expected


def test_distributions_old_and_new(history: Any) -> None:
    old = history.snapshot()
    details = {**old.fingerprint.details, "environment": {"python": "3.11", "numpy": "1.26", "six": "1", "cupy": None}}
    parts = {**old.fingerprint.parts, "environment": "other"}
    was = replace(old, fingerprint=replace(old.fingerprint, parts=parts, details=details))
    now = {"python": "3.12", "numpy": "2.0", "attrs": "23", "cupy": "13"}
    details = {**details, "environment": now}
    new = replace(old, fingerprint=replace(old.fingerprint, details=details))
    said = only(describe(was, new), "environment")
    assert said.details == (
        "python 3.11 → 3.12",
        "numpy 1.26 → 2.0",
        "cupy (not installed) → 13",
        "attrs 23 added",
        "six 1 removed",
    )


def test_an_entry_that_is_new(changes: Any, history: Any, model: Any) -> None:
    chosen = model(data={"train": FileEntry("data/train.csv"), "more": FileEntry("README.md")})
    assert only(changes(chosen), "data.more").summary == "added: README.md"


def test_former_content_that_is_nowhere(tmp_path: Path, history: Any, model: Any) -> None:
    history.write(".gitignore", "/big.csv\n")
    chosen = model(data={"train": FileEntry("big.csv")})
    history.write("big.csv", "a,churned\n1,1\n")
    base = history.commit()
    old = history.snapshot(base, chosen)
    history.write("big.csv", "a,churned\n1,1\n2,0\n")
    said = only(describe(old, history.snapshot(model=chosen)), "data.train").summary
    assert said == "content differs; its former content is not on this machine"
