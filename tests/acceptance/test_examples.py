"""The examples, each as a repository of its own: as it stands it passes, and what `docs/ways.md` says of it is so."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import yaml

from ml_ci.cli.main import call

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


@dataclass(frozen=True)
class Example:
    """A copy of an example under git, in which `ml-ci run` has passed."""

    folder: Path
    capture: pytest.CaptureFixture[str]
    options: tuple[str, ...] = ()

    def run(self) -> tuple[int, dict[str, Any]]:
        """Run ml-ci; give the exit code and the report of the one model."""
        code = call(["run", "--json", *self.options])
        said = self.capture.readouterr()
        [model] = json.loads(said.out)["models"].values()
        return code, {**model, "said": said.err}

    def edit(self, name: str, old: str, new: str) -> None:
        """Put one text in the place of another in a file."""
        text = (self.folder / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new))


@pytest.fixture
def example(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Example]:
    """Give what makes a repository of an example, and runs it once."""

    def make(name: str, *options: str, project: str = ".") -> Example:
        folder = tmp_path / name
        shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("__pycache__", ".ml_ci"))
        (folder / ".gitignore").write_text("__pycache__/\n.ml_ci/\n")
        for command in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", name)):
            subprocess.run(("git", *command), cwd=folder, check=True)
        monkeypatch.chdir(folder / project)
        made = Example(folder / project, capsys, options)
        code, model = made.run()
        assert (code, model["verdict"], model["action"]) == (0, "pass", "train"), model
        return made

    return make


def test_a_service_is_asked_and_ends_with_the_job(example: Callable[..., Example]) -> None:
    service = example("service")
    service.edit("service/__main__.py", '"""Answer requests for scores."""', '"""Answer a request for scores."""')
    assert service.run()[1]["action"] == "reuse"
    service.edit("model.json", '"bias": -12.8', '"bias": -15.8')
    code, model = service.run()
    assert (code, model["verdict"], model["action"]) == (1, "fail", "train")
    assert [change["part"] for change in model["changes"]] == ["code"]
    assert model["candidate"]["metrics"]["fnr"] > model["baseline"]["metrics"]["fnr"] + 0.02
    running = subprocess.run(("ps", "-eo", "args"), capture_output=True, text=True, check=True).stdout
    assert "-m service 0" not in running


def test_a_service_that_does_not_start_is_an_error_with_its_words(example: Callable[..., Example]) -> None:
    service = example("service")
    service.edit("model.json", '"bias"', '"base"')
    code, model = service.run()
    assert (code, model["verdict"]) == (1, "error"), model
    assert "500" in json.dumps(model) or "RemoteDisconnected" in json.dumps(model)


def broken(model: dict[str, Any]) -> dict[str, tuple[str, float | None]]:
    """Give the verdict and the value of each gate on a behaviour."""
    names = ("many", "single", "protocol", "alone")
    gates = {gate["condition"].partition(" ")[0]: gate for gate in model["gates"]}
    return {name: (gates[name]["verdict"], gates[name]["value"]) for name in names}


def test_a_service_is_held_to_the_model_that_it_serves(example: Callable[..., Example]) -> None:
    rest = example("rest")
    code, model = rest.run()
    assert broken(model) == dict.fromkeys(("many", "single", "protocol", "alone"), ("pass", 0.0))
    assert "asking" not in model["said"]  # nothing changed
    rest.edit("service/protocol.py", "zip(columns, values)", "zip(columns, (value or 0 for value in values))")
    code, model = rest.run()
    found = broken(model)
    assert (code, model["verdict"], found["protocol"][0]) == (1, "fail", "fail")
    assert found["protocol"][1] is not None and 0.02 < found["protocol"][1] < 0.2
    assert found["many"] == found["single"] == found["alone"] == ("pass", 0.0)
    assert model["candidate"]["metrics"] == model["baseline"]["metrics"]
    assert call(["run", *rest.options]) == 1
    assert "The model is the baseline's: what serves it has changed." in rest.capture.readouterr().out


def test_micro_batches_that_mix_up_their_answers_are_seen(example: Callable[..., Example]) -> None:
    rest = example("rest")
    rest.edit("service/batches.py", "scores[: len(rows)])", "scores[-len(rows) :])")
    code, model = rest.run()
    found = broken(model)
    assert (code, found["single"][0]) == (1, "fail")
    assert found["many"] == found["protocol"] == ("pass", 0.0)


def test_a_service_that_refuses_its_rows_is_an_error_by_name(example: Callable[..., Example]) -> None:
    rest = example("rest")
    rest.edit("service/protocol.py", 'INPUTS = {"months"', 'INPUTS = {"region": "BYTES", "months"')
    code, model = rest.run()
    assert (code, broken(model)["protocol"][0], broken(model)["many"]) == (1, "error", ("pass", 0.0))
    assert "400" in json.dumps(model)


def test_a_new_model_from_elsewhere_and_a_change_of_the_software_are_told_apart(
    example: Callable[..., Example],
) -> None:
    separate = example("separate")
    separate.edit("model.json", '"calls": 3.4656', '"calls": 3.1')
    code, model = separate.run()
    assert (code, [change["part"] for change in model["changes"]]) == (1, ["data.model"])
    separate.edit("model.json", '"calls": 3.1', '"calls": 3.4656')
    separate.edit("app/offers.py", "CAP = 60 ", "CAP = 20 ")
    code, model = separate.run()
    assert (code, [change["part"] for change in model["changes"]]) == (1, ["code"])


def test_a_notebook_is_executed_and_known_by_its_code_cells(example: Callable[..., Example]) -> None:
    python = os.environ.get("ML_CI_NOTEBOOK")
    if not python:
        pytest.skip("no nbconvert: name an interpreter that has it and ipykernel by ML_CI_NOTEBOOK")
    notebook = example("notebook", "--python", python)
    cells = json.loads((notebook.folder / "train.ipynb").read_text())
    cells["cells"][1] |= {"execution_count": 7, "outputs": [{"output_type": "stream", "name": "stdout", "text": ["7"]}]}
    cells["cells"][0]["source"] = ["# Who will stay?"]
    (notebook.folder / "train.ipynb").write_text(json.dumps(cells))
    code, model = notebook.run()
    assert (code, model["action"], model["changes"]) == (0, "reuse", [])
    notebook.edit("train.ipynb", "STEPS = 400", "STEPS = 0")
    code, model = notebook.run()
    assert (code, model["action"]) == (1, "train"), model
    assert [change["summary"] for change in model["changes"]] == ["train.ipynb: 1 code cell of 4"]


@pytest.mark.parametrize("installed", [False, True])
def test_a_package_in_src_is_judged_by_each_sides_own(
    example: Callable[..., Example], tmp_path: Path, installed: bool
) -> None:
    python = tmp_path / "environment" / "bin" / "python"
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", tmp_path / "environment"), check=True)
    [site] = (tmp_path / "environment").glob("lib/python*/site-packages")
    if installed:
        (site / "leaving.pth").write_text(f"{tmp_path}/package/src\n")
    package = example("package", "--python", str(python))
    package.edit("src/leaving/features.py", '"calls": (4.5, 3), ', "")
    code, model = package.run()
    assert (code, model["verdict"]) == (1, "fail"), model
    assert model["candidate"]["metrics"]["fnr"] > model["baseline"]["metrics"]["fnr"] + 0.02
    assert [change["part"] for change in model["changes"]] == ["code"]


def test_what_a_project_of_a_monorepo_reads_beside_it_is_seen(example: Callable[..., Example]) -> None:
    leaving = example("monorepo", project="services/leaving")
    leaving.edit("columns.json", '"calls": [4.5, 3], ', "")
    code, model = leaving.run()
    assert (code, model["verdict"], model["action"]) == (1, "fail", "train"), model
    assert model["candidate"]["metrics"]["fnr"] > model["baseline"]["metrics"]["fnr"] + 0.02
    assert "columns.json" in str(model["changes"])
    leaving.edit("columns.json", "{", '{"calls": [4.5, 3], ')
    leaving.edit("../../packages/customers/src/customers/__init__.py", "float(row[name])", "-abs(float(row[name]))")
    code, model = leaving.run()
    assert model["action"] == "train", model
    assert "packages/customers/src/customers/__init__.py" in str(model["changes"])
    leaving.edit("../../packages/customers/src/customers/__init__.py", "-abs(float(row[name]))", "float(row[name])")
    (leaving.folder.parents[1] / "packages" / "customers" / "README.md").write_text("customers\n")
    leaving.edit(
        "columns.json",
        '{"calls": [4.5, 3], "months": [36, 20], "price"',
        '{"months": [36, 20], "calls": [4.5, 3], "price"',
    )
    code, model = leaving.run()
    assert (code, model["action"]) == (0, "reuse"), model


def test_behaviours_see_what_rates_do_not(example: Callable[..., Example]) -> None:
    loans = example("behaviours")
    loans.edit("loans/model.py", ".strip().lower()", ".strip()")
    code, model = loans.run()
    failing = {gate["condition"] for gate in model["gates"] if gate["verdict"] == "fail"}
    assert (code, failing) == (1, {"spelling <= 0"})
    assert model["behaviours"]["spelling"]["counterexample"]["words"].startswith("job ")
    assert "flips the decision" in model["behaviours"]["spelling"]["counterexample"]["words"]
    loans.edit("loans/model.py", ".strip()", ".strip().lower()")
    loans.edit("tests/cases.csv", "north,yes", "north,no")
    code, model = loans.run()
    words = "case 1 of tests/cases.csv is negative and was called positive"
    assert model["behaviours"]["known"]["counterexample"]["words"] == words
    assert (code, {gate["condition"] for gate in model["gates"] if gate["verdict"] == "fail"}) == (1, {"known <= 0"})


def test_the_tests_of_behaviours_pass_and_find_a_fault(example: Callable[..., Example]) -> None:
    pytest.importorskip("hypothesis")
    loans = example("behaviours")
    environment = {**os.environ, "CI": "1"}
    plugin = ("-p", "ml_ci") if entry_points(group="pytest11", name="ml_ci") else ("-p", "pytest_ml_ci.plugin")
    command = (sys.executable, "-m", "pytest", *plugin, "--ml-ci", "-q", "--import-mode=importlib")

    def test() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=loans.folder, env=environment, capture_output=True, text=True, check=False)

    done = test()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "test_a_raise_never_hurts tried" in done.stdout
    loans.edit("loans/model.py", "max(income, 0)", "max(income % 5000, 0)")
    done = test()
    assert done.returncode == 1
    assert "test_a_raise_never_hurts" in done.stdout
    assert re.search(r"row=<row of loans: [^>]*>", done.stdout)


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("behaviours.md", {"behaviours"}),
        ("ways.md", {"tumours", "separate", "service", "grpc", "rest", "languages", "notebook", "spark"}),
        ("layouts.md", {"package", "monorepo"}),
    ],
)
def test_the_page_shows_what_the_examples_hold(page: str, names: set[str]) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    shown = dict(re.findall(r"`examples/(\w+)`.*?```yaml\n(.*?)```", text, re.DOTALL))
    assert shown.keys() == names
    for name, part in shown.items():
        [config] = (EXAMPLES / name).rglob("ml-ci.yaml")
        models = yaml.safe_load(config.read_text(encoding="utf-8"))["models"].values()
        assert any(yaml.safe_load(part).items() <= model.items() for model in models), name


@pytest.mark.parametrize(
    ("model", "program", "source", "old", "new"),
    [
        ("in_r", "Rscript", "train.R", "age + visits", "visits"),
        ("in_node", "node", "train.js", "step < 3000", "step < 5"),
        ("in_java", "java", "Train.java", "/ 18,", "/ 1800,"),
    ],
)
def test_a_command_in_any_language_is_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    model: str, program: str, source: str, old: str, new: str,
) -> None:  # fmt: skip
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    folder = tmp_path / "languages"
    shutil.copytree(EXAMPLES / "languages", folder, ignore=shutil.ignore_patterns(".ml_ci"))
    for command in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "languages")):
        subprocess.run(("git", *command), cwd=folder, check=True)
    monkeypatch.chdir(folder)
    one = Example(folder, capsys, (model,))
    code, found = one.run()
    assert (code, found["verdict"], found["candidate"]["rows"]) == (0, "pass", 300), found
    one.edit(source, old, new)
    code, found = one.run()
    assert found["action"] == "train"
    assert [change["part"] for change in found["changes"]] == ["code"]
    worse = found["candidate"]["metrics"]["fnr"] - found["baseline"]["metrics"]["fnr"]
    assert worse != 0 and code == (1 if worse > 0.02 else 0)
