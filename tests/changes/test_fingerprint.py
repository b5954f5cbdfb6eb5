from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from ml_ci.changes.environment import Environment
from ml_ci.changes.values import Fingerprint, evaluation_key, judging_key
from ml_ci.errors import UserError
from ml_ci.spec.live import LiveSource, LiveSpec
from ml_ci.spec.values import (
    Budget,
    CommandJob,
    Cost,
    FileEntry,
    FunctionJob,
    GateSpec,
    PartEntry,
    Positive,
    Reuse,
    SliceSpec,
    Stage,
    Threshold,
)

COMMAND = CommandJob("python churn/train.py {data.train} {out}", model="{out}/model.pkl")
PREDICTS = CommandJob("python churn/train.py {data.train} {out}", predictions="{out}/p.csv")


def differing(before: Fingerprint, after: Fingerprint) -> set[str]:
    return {part for part in {*before.parts, *after.parts} if before.parts.get(part) != after.parts.get(part)}


def work(before: Fingerprint, after: Fingerprint) -> str:
    """Say what a plan would do."""
    keys = [evaluation_key(one.training, one.holdout, one.metrics) for one in (before, after)]
    if before.training != after.training:
        return "train"
    if keys[0] != keys[1]:
        return "evaluate"
    judged = [judging_key(key, None, one.gates) for key, one in zip(keys, (before, after), strict=True)]
    return "judge" if judged[0] != judged[1] else "reuse"


def gate(text: str) -> GateSpec:
    return GateSpec(text, cast(Any, None))


@pytest.mark.parametrize(
    ("path", "edit", "expected"),
    [
        ("README.md", lambda text: text + "more", "reuse"),
        ("docs/new.md", lambda text: "# New", "reuse"),
        ("tests/test_new.py", lambda text: "def test(): pass", "reuse"),
        ("churn/train.py", lambda text: text.replace("# no outliers", "# other words"), "reuse"),
        ("churn/train.py", lambda text: text.replace('"""Fit the model."""', '"""Other words."""'), "reuse"),
        ("churn/train.py", lambda text: text.replace("rows = ", "rows    =  "), "reuse"),
        ("churn/train.py", lambda text: text.replace("rows", "table"), "train"),
        ("churn/train.py", lambda text: text.replace("100", "10"), "train"),
        ("churn/features.py", lambda text: text.replace("return rows", "return rows[1:]"), "train"),
        ("churn/other.py", lambda text: "x = 1", "reuse"),
        ("churn/__init__.py", lambda text: "x = 1", "train"),
        ("data/train.csv", lambda text: text + "99,20,north,1\n", "train"),
        ("data/holdout.csv", lambda text: text + "99,20,north,1\n", "evaluate"),
        ("data/unused.csv", lambda text: "1", "reuse"),
        (".github/workflows/ci.yml", lambda text: "on: push", "reuse"),
    ],
)
def test_an_edit_and_the_work_that_it_needs(history: Any, path: str, edit: Any, expected: str) -> None:
    before = history.snapshot().fingerprint
    place = history.folder / path
    history.write(path, edit(place.read_text() if place.exists() else ""))
    assert work(before, history.snapshot().fingerprint) == expected


@pytest.mark.parametrize(
    ("changed", "expected", "parts"),
    [
        ({"seed": 1}, "train", {"seed"}),
        ({"params": {"trees": 10}}, "train", {"params"}),
        ({"budget": Budget(rows={"train": 10})}, "train", {"budget"}),
        ({"budget": Budget(seconds=5.0, memory=10)}, "reuse", set()),
        ({"cwd": "churn"}, "train", {"job"}),
        ({"job": COMMAND}, "train", {"job"}),
        ({"data": {"train": FileEntry("data/train.csv", ("a", "b"))}}, "train", {"data.train"}),
        ({"data": {"train": FileEntry("data/train.csv"), "more": FileEntry("README.md")}}, "train", {"data.more"}),
        ({"holdout": PartEntry("train", share=0.2)}, "train", {"data.holdout"}),
        ({"holdout": PartEntry("train", folds=5)}, "evaluate", {"data.holdout"}),  # the model is trained on all rows
        ({"holdout": PartEntry("train", folds=5, fold=0)}, "train", {"data.holdout"}),
        ({"label": "age"}, "evaluate", {"metrics"}),
        ({"positive": Positive((0,))}, "evaluate", {"metrics"}),
        ({"positive": Positive(comparison=(">=", 1.0))}, "evaluate", {"metrics"}),
        ({"threshold": Threshold(0.4)}, "evaluate", {"metrics"}),
        ({"slices": (SliceSpec(("region",)),)}, "evaluate", {"metrics"}),
        ({"slices": (SliceSpec(("age",), (30.0,)),)}, "evaluate", {"metrics"}),
        ({"predict": "churn.features:unused"}, "evaluate", {"metrics"}),
        ({"metrics": {"mine": "churn.features:unused"}}, "evaluate", {"metrics"}),
        ({"id": "customer"}, "evaluate", {"metrics"}),
        ({"gates": (gate("fpr <= 0.1"),)}, "judge", {"gates"}),
        ({"confidence": 0.95}, "judge", {"gates"}),
        ({"method": "exact"}, "judge", {"gates"}),
        ({"min_rows": 3}, "judge", {"gates"}),
        ({"reuse": Reuse(looks=8)}, "judge", {"gates"}),
        ({"seeds": 5}, "evaluate", {"metrics"}),
        ({"cost": Cost(1, 2)}, "evaluate", {"gates", "metrics"}),
        ({"baseline": "none"}, "reuse", set()),
        ({"fetch": "dvc pull {path}"}, "reuse", set()),
        ({"line": 3}, "reuse", set()),
        ({"live": LiveSpec(LiveSource("logs"), "id", "at", gates=(gate("fpr <= 0.1"),))}, "reuse", set()),
        ({"stages": (Stage("canary", (gate("fpr <= 0.1"),), traffic=0.1, after=60.0),)}, "reuse", set()),
    ],
)
def test_a_setting_and_the_work_that_it_needs(
    history: Any, model: Any, changed: dict[str, Any], expected: str, parts: set[str]
) -> None:
    before = history.snapshot().fingerprint
    after = history.snapshot(model=model(**changed)).fingerprint
    assert (work(before, after), differing(before, after)) == (expected, parts)


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({"predict": "churn.features:unused"}, True),
        ({"threshold": Threshold(0.4)}, True),
        ({"id": "customer"}, True),
        ({"label": "age"}, False),
        ({"positive": Positive((0,))}, False),
        ({"slices": (SliceSpec(("region",)),)}, False),
        ({"metrics": {"mine": "churn.features:unused"}}, False),
        ({"cost": Cost(1, 2)}, False),
    ],
)
def test_how_one_side_is_scored_is_not_asked_of_the_other(
    history: Any, model: Any, changed: dict[str, Any], same: bool
) -> None:
    before, after = history.snapshot().fingerprint, history.snapshot(model=model(**changed)).fingerprint
    assert (before.asked == after.asked) is same


def test_the_code_of_own_metrics_is_asked_of_both_sides(history: Any, model: Any) -> None:
    chosen = model(metrics={"mine": "own:metric"})
    history.write("own.py", "def metric(y_true, score): return 1.0")
    before = history.snapshot(model=chosen).fingerprint
    history.write("own.py", "def metric(y_true, score): return 2.0")
    assert history.snapshot(model=chosen).fingerprint.asked != before.asked


def test_a_command_may_open_its_data_by_their_path(history: Any, model: Any) -> None:
    history.write("data/copy.csv", (history.folder / "data/train.csv").read_text())
    before, after = (
        history.snapshot(model=model(job=COMMAND, data={"train": FileEntry(f"data/{name}.csv")})).fingerprint
        for name in ("train", "copy")
    )
    assert (work(before, after), differing(before, after)) == ("train", {"job"})


def test_which_column_is_emptied_for_a_command_is_its_job(history: Any, model: Any) -> None:
    before, after = (
        history.snapshot(model=model(job=PREDICTS, holdout=PartEntry("train", share=0.2), label=label)).fingerprint
        for label in ("churned", "age")
    )
    assert (work(before, after), differing(before, after)) == ("train", {"job", "metrics"})


def test_a_command_that_leaves_predictions_trains_for_another_holdout(history: Any, model: Any) -> None:
    for job, expected in ((COMMAND, "evaluate"), (PREDICTS, "train")):
        before = history.snapshot(model=model(job=job)).fingerprint
        history.write("data/holdout.csv", (history.folder / "data/holdout.csv").read_text() + "9,1,north,0\n")
        assert work(before, history.snapshot(model=model(job=job)).fingerprint) == expected


def test_how_a_part_is_cut_belongs_to_training(history: Any, model: Any) -> None:
    before = history.snapshot(model=model(holdout=PartEntry("train", share=0.2))).fingerprint
    after = history.snapshot(model=model(holdout=PartEntry("train", share=0.2, seed=1))).fingerprint
    assert (work(before, after), differing(before, after)) == ("train", {"data.holdout"})


def test_another_predict_is_evaluated_by_its_own_closure(history: Any, model: Any) -> None:
    chosen = model(predict="serve.score:score")
    history.write("serve/score.py", "from serve import words\ndef score(model, rows): return words.f(rows)")
    history.write("serve/words.py", "def f(rows): return 1")
    before = history.snapshot(model=chosen).fingerprint
    history.write("serve/words.py", "def f(rows): return 2")
    assert work(before, history.snapshot(model=chosen).fingerprint) == "evaluate"


def test_a_threshold_chosen_on_the_validation_rows_depends_on_them(history: Any, model: Any) -> None:
    chosen = model(
        data={"train": FileEntry("data/train.csv"), "validation": FileEntry("data/holdout.csv")},
        threshold=Threshold(None, "fpr", 0.01),
    )
    before = history.snapshot(model=chosen).fingerprint
    history.write("data/holdout.csv", "customer,age,region,churned\n1,1,north,1\n")
    assert "metrics" in differing(before, history.snapshot(model=chosen).fingerprint)


def test_a_model_that_is_needed_is_a_part(history: Any, model: Any) -> None:
    from ml_ci.changes.fingerprint import fingerprint
    from ml_ci.changes.surroundings import Surroundings
    from ml_ci.repository.repository import Repository

    tree = Repository.find(history.folder).tree()
    chosen = model(needs=("embedder",))
    needs = ({"embedder": Fingerprint({"code": code}, frozenset({"code"}))} for code in ("one", "two"))
    one, two = (fingerprint(chosen, tree, Surroundings(history.folder, needs=known)) for known in needs)
    assert differing(one, two) == {"needs.embedder"} and one.training != two.training


def test_the_working_tree_and_its_commit_are_the_same(history: Any) -> None:
    history.write("churn/train.py", "def train(train): return 1\n")
    history.write("data/train.csv", "customer,age,region,churned\n1,1,north,1\n")
    before = history.snapshot().fingerprint
    commit = history.commit()
    assert before == history.snapshot().fingerprint == history.snapshot(commit, cold=True).fingerprint


def test_code_globs_add_files_and_what_they_import(history: Any, model: Any) -> None:
    history.write("plugins/a.py", "import plugins.words")
    history.write("plugins/words.py", "x = 1")
    history.write("rules/words.txt", "one")
    chosen = model(code=("plugins/a.py", "rules"))
    for path in ("plugins/words.py", "rules/words.txt"):
        before = history.snapshot(model=chosen).fingerprint
        history.write(path, "x = 2")
        assert work(before, history.snapshot(model=chosen).fingerprint) == "train"


def test_what_cannot_be_followed_is_a_warning_with_the_way_to_declare_it(history: Any, model: Any) -> None:
    history.write(
        "churn/features.py", "import importlib\n\ndef clean(rows): return importlib.import_module(rows.name)\n"
    )
    assert history.snapshot().fingerprint.warnings == (
        "churn/features.py:3: an import by a variable cannot be followed. "
        "List the files that may be imported under `code:`, for example `code: [plugins/*.py]`.",
    )
    assert history.snapshot(model=model(code=("churn/*.py",))).fingerprint.warnings == ()
    assert history.snapshot(model=model(code=("gone/*.py",))).fingerprint.warnings == (
        "code: gone/*.py matches no file of the repository",
    )


def test_a_file_of_a_newer_syntax_counts_byte_by_byte_and_says_so(history: Any) -> None:
    history.write("churn/features.py", "match = = 1\n")
    assert history.snapshot().fingerprint.warnings == (
        "churn/features.py cannot be read as Python: it counts byte by byte, comments too",
    )


def test_a_function_that_is_not_in_the_repository(history: Any, model: Any) -> None:
    found = history.snapshot(model=model(job=FunctionJob("sklearn.dummy:train"))).fingerprint
    assert "sklearn.dummy is not in this repository" in found.warnings[0]
    assert "scikit-learn" in found.details["environment"]


def test_a_command_in_another_language_does_not_depend_on_python(history: Any, model: Any) -> None:
    history.write("train.R", "library(glm)")
    found = history.snapshot(model=model(job=CommandJob("Rscript train.R", predictions="p.csv"))).fingerprint
    assert found.details["environment"] == {}
    assert set(found.details["code"]) == {"train.R"}


@pytest.mark.parametrize(
    ("code", "job", "depends"),
    [
        ((), FunctionJob("churn.train:train"), True),  # Python, and nothing that is installed
        (("rules/*.txt",), FunctionJob("churn.train:train"), True),
        (("rules/*.txt",), CommandJob("Rscript train.R", predictions="p.csv"), False),
        (("rules/*.txt", "steps.py"), CommandJob("Rscript train.R", predictions="p.csv"), True),
        (("steps.pyw",), CommandJob("Rscript train.R", predictions="p.csv"), True),
        (("look.ipynb",), CommandJob("Rscript train.R", predictions="p.csv"), True),
        ((), FunctionJob("sklearn.dummy:train"), True),  # no file of the repository, and an installed module
    ],
)
def test_code_in_python_depends_on_the_python(history: Any, model: Any, code: Any, job: Any, depends: bool) -> None:
    history.write("churn/train.py", "import json\n\ndef train(train): return json.dumps({})\n")
    cells = [{"cell_type": "code", "source": ["import json\n"], "outputs": [], "metadata": {}}]
    history.write("look.ipynb", json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    for name in ("rules/words.txt", "train.R", "steps.py", "steps.pyw"):
        history.write(name, "1\n")
    found = history.snapshot(model=model(job=job, code=code)).fingerprint
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert found.details["environment"].get("python") == (python if depends else None)


@pytest.mark.parametrize(
    ("place", "warned"),
    [("../elsewhere", True), ("../project-of-others", True), ("vendored/shared", False), (".", False)],
)
def test_an_editable_package_outside_of_the_project_goes_unseen(
    history: Any, monkeypatch: pytest.MonkeyPatch, place: str, warned: bool
) -> None:
    url = (history.folder / place).resolve().as_uri()
    found = Environment("3.12", {"shared": "0.1"}, editable={"shared": url})
    monkeypatch.setattr("ml_ci.changes.fingerprint.environment", lambda *asked: found)
    said = f"environment: shared is installed from {url}: changes of its code go unseen"
    assert history.snapshot().fingerprint.warnings == ((said,) if warned else ())


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("python -m churn.train", {"churn/__init__.py", "churn/train.py", "churn/features.py"}),
        ("python -m churn", {"churn/__init__.py", "churn/__main__.py", "churn/other.py"}),
        ("python -m solo", {"solo.py"}),
        ("python churn/train.py", {"churn/__init__.py", "churn/train.py", "churn/features.py"}),
    ],
)
def test_a_module_that_a_command_starts_is_its_code(history: Any, model: Any, command: str, files: set[str]) -> None:
    for name, text in {
        "churn/__main__.py": "from churn import other",
        "churn/other.py": "x = 1",
        "solo.py": "1",
    }.items():
        history.write(name, text)
    chosen = model(job=CommandJob(command, model="m"))
    before = history.snapshot(model=chosen).fingerprint
    assert set(before.details["code"]) == files
    for name in files - {"churn/__init__.py"}:
        history.write(name, (history.folder / name).read_text() + "\ny = 2\n")
        after = history.snapshot(model=chosen).fingerprint
        assert work(before, after) == "train"
        before = after


@pytest.mark.parametrize(
    ("cwd", "place"),
    [
        (".", ""),
        ("service", "service/"),  # its own folder
        ("./service/", "service/"),
        ("service", ""),  # the repository's
        ("service", "service/src/"),
        ("service", "src/"),
        (".", "src/"),
    ],
)
@pytest.mark.parametrize("command", [None, "python -m app.train", "python PLACEapp/train.py"])
def test_modules_are_found_below_the_folder_that_a_job_starts_in(
    history: Any, model: Any, cwd: str, place: str, command: str | None
) -> None:
    history.write(f"{place}app/train.py", "from app.words import f\n\ndef train(train): return f(train)\n")
    history.write(f"{place}app/words.py", "def f(rows): return 1\n")
    path = f"{place}app/train.py"
    script = path.removeprefix("service/") if "service" in cwd and place.startswith("service/") else path
    script = f"../{script}" if "service" in cwd and not place.startswith("service/") else script
    text = None if command is None else command.replace("PLACEapp/train.py", script)
    job = FunctionJob("app.train:train") if text is None else CommandJob(text, model="m")
    before = history.snapshot(model=model(job=job, cwd=cwd)).fingerprint
    assert set(before.details["code"]) == {path, f"{place}app/words.py"}
    history.write(f"{place}app/words.py", "def f(rows): return 2\n")
    assert work(before, history.snapshot(model=model(job=job, cwd=cwd)).fingerprint) == "train"


def test_data_known_by_a_pointer_only_are_absent(history: Any, model: Any) -> None:
    history.write("data/big.csv.dvc", "outs: [{path: big.csv, md5: 0123456789abcdef0123456789abcdef}]")
    found = history.snapshot(model=model(data={"train": FileEntry("data/big.csv")})).fingerprint
    assert found.absent == {"data.train"}
    cut = model(data={"train": FileEntry("data/big.csv")}, holdout=PartEntry("train", share=0.2))
    assert history.snapshot(model=cut).fingerprint.absent == {"data.train", "data.holdout"}


def test_the_seed_of_a_further_training(history: Any, model: Any) -> None:
    found = history.snapshot().fingerprint
    assert found.with_seed(0) == found
    assert found.with_seed(1).training == history.snapshot(model=replace(model(), seed=1)).fingerprint.training


def test_a_module_that_nobody_has_is_part_of_the_environment(history: Any) -> None:
    before = history.snapshot().fingerprint
    history.write("churn/train.py", "import nowhere_at_all\n" + (history.folder / "churn/train.py").read_text())
    after = history.snapshot().fingerprint
    assert after.details["environment"]["nowhere_at_all"] is None
    assert "environment" in differing(before, after)


def test_a_part_of_an_entry_that_is_not_there(history: Any, model: Any) -> None:
    with pytest.raises(UserError, match="there is no entry 'rows'"):
        history.snapshot(model=model(holdout=PartEntry("rows", share=0.2)))


PARAMS = {
    "params.yaml": (
        "churn:\n  trees: 100\n  depth: [1, 2]\nother: 1\n",
        "trees: 100",
        "trees: 10",
        "other: 1",
        "other: 2",
    ),
    "params.toml": ("other = 1\n[churn]\ntrees = 100\n", "trees = 100", "trees = 10", "other = 1", "other = 2"),
    "params.json": ('{"churn": {"trees": 100}, "other": 1}', '"trees": 100', '"trees": 10', '"other": 1', '"other": 2'),
}


@pytest.mark.parametrize("path", PARAMS)
def test_parameters_count_by_their_values_below_the_key(history: Any, model: Any, path: str) -> None:
    text, was, now, other, otherwise = PARAMS[path]
    chosen = model(params_file=(path, "churn"))
    history.write(path, text)
    before = history.snapshot(model=chosen).fingerprint
    history.write(path, text.replace(other, otherwise) + "\n")
    assert work(before, history.snapshot(model=chosen).fingerprint) == "reuse"
    history.write(path, text.replace(was, now))
    assert work(before, history.snapshot(model=chosen).fingerprint) == "train"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "params: params.yaml is not there in"),
        ("a: [", "params: params.yaml cannot be read: "),
        ("other: 1", "params: params.yaml has no key churn"),
        ("- 1", "params: params.yaml has no key churn"),
    ],
)
def test_parameters_that_cannot_be_had(history: Any, model: Any, text: str | None, message: str) -> None:
    if text is not None:
        history.write("params.yaml", text)
    with pytest.raises(UserError) as caught:
        history.snapshot(model=model(params_file=("params.yaml", "churn")))
    assert caught.value.message.startswith(message) and caught.value.hint


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T10:00:00Z", "2026-01-01 10:00:00+00:00"),
        ("!!set {b, a}", ["a", "b"]),
        ("!!binary aGk=", "b'hi'"),
        (".inf", "inf"),
        (".nan", "nan"),
        ("[2026-01-01, {deep: .nan}]", ["2026-01-01", {"deep": "nan"}]),
        ("[1, 2.5, true, null]", [1, 2.5, True, None]),
    ],
)
def test_a_parameter_of_any_kind_is_kept_as_json_knows_it(history: Any, model: Any, text: str, kept: object) -> None:
    history.write("params.yaml", f"churn: {{it: {text}}}\n")
    found = history.snapshot(model=model(params_file=("params.yaml", "churn"))).fingerprint
    assert found.details["params"] == {"it": kept}
    json.dumps(found.details["params"], allow_nan=False)


def test_a_fingerprint_of_what_is_known_imports_nothing_heavy(history: Any) -> None:
    history.snapshot()
    history.snapshot()
    script = f"""
import sys
from pathlib import Path
from ml_ci.changes.fingerprint import fingerprint
from ml_ci.changes.surroundings import Surroundings
from ml_ci.changes.settle import settle
from ml_ci.changes.describe import describe
from ml_ci.changes.snapshot import Snapshot
from ml_ci.repository.repository import Repository
from ml_ci.spec.values import *
folder = Path({str(history.folder)!r})
model = ModelSpec("churn", FunctionJob("churn.train:train"), {{"train": FileEntry("data/train.csv")}},
                  FileEntry("data/holdout.csv"), "churned", Positive((1,)))
tree = Repository.find(folder).tree()
around = Surroundings(folder, Path({str(history.state)!r}))
one = Snapshot(model, tree, around, fingerprint(model, tree, around))
assert describe(one, settle(one, one)) == ()
heavy = {{"numpy", "scipy", "duckdb", "pandas", "yaml", "fsspec", "churn", "importlib.metadata"}}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
