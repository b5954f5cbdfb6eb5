"""The example of the whole chain: libraries, transform, train, validate, build, test, deploy."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ml_ci.cli.main import call
from tests.acceptance.test_examples import EXAMPLES, ROOT

pytestmark = pytest.mark.slow

JOBS = ("libraries", "transform", "validate", "build", "test")


class Chain:
    """The example as a repository of its own, in which everything was done once."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capture = folder, capture
        shutil.copytree(EXAMPLES / "chain", folder, ignore=shutil.ignore_patterns("__pycache__", ".ml_ci"))
        (folder / ".gitignore").write_text("__pycache__/\n.ml_ci/\n")
        for command in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "chain")):
            subprocess.run(("git", *command), cwd=folder, check=True)

    def said(self, *arguments: str) -> tuple[int, Any, str]:
        """Call ml-ci; give the exit code, the JSON that it printed and its progress."""
        code = call([*arguments, "--json"])
        said = self.capture.readouterr()
        assert said.out, said.err
        return code, json.loads(said.out), said.err

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new))

    def planned(self) -> dict[str, str]:
        """Give what a run would do, without what rests."""
        plan = self.said("plan")[1]
        actions = {name: one["action"] for kind in ("models", "jobs") for name, one in plan[kind].items()}
        return {name: action for name, action in actions.items() if action != "reuse"}

    def done(self) -> tuple[int, set[str]]:
        """Run; give the exit code, and of what something was done."""
        code, _, progress = self.said("run")
        return code, set(re.findall(r"^(\w+): .* took ", progress, re.MULTILINE))


@pytest.fixture
def chain(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Chain:
    made = Chain(tmp_path / "chain", capsys)
    monkeypatch.chdir(made.folder)
    code, report, _ = made.said("run")
    assert (code, report["verdict"]) == (0, "pass"), report
    assert {name: job["verdict"] for name, job in report["jobs"].items()} == dict.fromkeys(JOBS[2:], "pass")
    return made


AFTER = {"deploy": "after promotion"}


def test_each_change_does_what_builds_on_it_and_nothing_else(chain: Chain) -> None:
    assert chain.planned() == AFTER
    on_the_model = {"leaving", "validate", "build", "test"}
    for name, old, new, work in (
        ("tests/ask.py", '"months": "3"', '"months": "4"', {"test"}),
        ("build.py", "zipfile.ZipInfo(name)", "zipfile.ZipInfo(name, (1990, 1, 1, 0, 0, 0))", {"build", "test"}),
        ("transform.py", "CAP = 3.0", "CAP = 1.5", {"transform", *on_the_model}),
        ("train.py", "STEPS = 400", "STEPS = 390", on_the_model),
        ("rule.py", "OFTEN = 6", "OFTEN = 7", {"rule"}),
        ("customers/__init__.py", "(52, 22)", "(52, 21)", {"libraries", "transform", *on_the_model}),
    ):
        chain.edit(name, old, new)
        assert set(chain.planned()) - {*AFTER} == work, name
        code, done = chain.done()
        assert (code, done) == (0, work), name
    chain.edit("transform.py", "min(CAP, value)", "min(CAP, value + 0)")  # other code, and the same features
    assert chain.done() == (0, {"transform"})
    chain.edit("transform.py", '"""Make the features of every customer,', '"""Make features,')
    assert chain.done() == (0, set())


def test_a_service_that_answers_wrongly_holds_up_the_promotion(chain: Chain) -> None:
    chain.edit("service/__main__.py", "round(answer", "1 - round(answer")
    code, report, _ = chain.said("run")
    assert (code, report["models"]["leaving"]["verdict"]) == (1, "pass")
    assert {name: job["verdict"] for name, job in report["jobs"].items()} == {
        "validate": "pass",
        "build": "pass",
        "test": "fail",
    }


def test_nothing_of_a_run_deploys(chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICES", str(tmp_path))
    assert call(["run", "deploy"]) == 2
    assert not (tmp_path / "releases").exists()


def test_what_jobs_made_goes_to_the_job_that_promotes(chain: Chain, tmp_path: Path, monkeypatch: Any) -> None:
    """Of another machine, with the report and no record: nothing is done again there."""
    assert call(["records", "pack", str(tmp_path / "packed")]) == 0
    there = tmp_path / "there"
    shutil.copytree(chain.folder, there)
    shutil.rmtree(there / ".ml_ci" / "records")
    monkeypatch.chdir(there)
    chain.capture.readouterr()
    code, taken, _ = chain.said("records", "unpack", str(tmp_path / "packed"))
    assert (code, taken["refused"], taken["missing"]) == (0, [], {})
    assert chain.planned() == AFTER

    shutil.rmtree(there / ".ml_ci" / "records")
    report = there / ".ml_ci" / "report.json"
    said = json.loads(report.read_text())
    for name in ("build", "test"):
        said["jobs"][name] |= {"verdict": "fail"}
    said["verdict"] = "fail"
    report.write_text(json.dumps(said))
    code, taken, _ = chain.said("records", "unpack", str(tmp_path / "packed"))
    assert (code, len(taken["refused"])) == (2, 2)
    assert all("it belongs to no model that passed in this run" in one for one in taken["refused"])


def test_the_page_shows_what_the_example_holds() -> None:
    text = (ROOT / "docs" / "chain.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"`examples/chain` is a small.*?```yaml\n(.*?)```", text, re.DOTALL)
    jobs = yaml.safe_load((EXAMPLES / "chain" / "ml-ci.yaml").read_text(encoding="utf-8"))["jobs"]
    assert yaml.safe_load(shown)["jobs"].items() <= jobs.items()
