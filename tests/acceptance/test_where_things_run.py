"""`docs/where-things-run.md`: each section is a repository, made of its own blocks, in which what it says is so."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from ml_ci.cli.main import call
from tests.acceptance.test_examples import ROOT

pytestmark = pytest.mark.slow
PAGE = ROOT / "docs" / "where-things-run.md"
# What a section does not show: the model's other keys, a table of 2,000 rows, and a script that learns one rate.
KEYS = {"data": {"train": "data/all.csv", "holdout": {"of": "train", "share": 0.2}}, "label": "label"}
ROWS = [
    ("red", "yes" if n % 10 < 7 else "no") if n % 2 else ("blue", "yes" if n % 40 == 0 else "no") for n in range(2000)
]
TABLE = "n,kind,label\n" + "".join(f"{n},{kind},{label}\n" for n, (kind, label) in enumerate(ROWS))
SCRIPT = """\
import csv, os, pathlib, sys
rows = [row["label"] == "yes" for row in csv.DictReader(open("data/all.csv")) if row["kind"] == "red"]
rate = round(sum(rows) / len(rows), 3)
pathlib.Path("python.txt").write_text(sys.prefix)
pathlib.Path("model").mkdir()
pathlib.Path("model/rates.json").write_text('{"red": %s, "blue": 0.02}' % rate)
print("ran by", sys.prefix)
if "ML_CI_DATA_HOLDOUT" in os.environ:
    with open(os.environ["ML_CI_DATA_HOLDOUT"]) as holdout, open("scores.csv", "w") as scores:
        scores.write("score\\n")
        for row in csv.DictReader(holdout):
            scores.write(f"{rate if row['kind'] == 'red' else 0.02}\\n")
"""


def sections() -> dict[str, str]:
    _, *parts = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {part.partition("\n")[0]: part for part in parts}


def blocks(section: str, language: str) -> list[str]:
    return [textwrap.dedent(one) for one in re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)]


@dataclass(frozen=True)
class Shown:
    """The repository of one section; `keys` are those of its model."""

    folder: Path
    keys: Mapping[str, Any]
    capture: pytest.CaptureFixture[str]

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new))

    def commit(self) -> None:
        for command in (("add", "-A"), ("commit", "-q", "--allow-empty", "-m", "change")):
            subprocess.run(("git", *command), cwd=self.folder, check=True)

    def run(self, *options: str) -> tuple[int, dict[str, Any]]:
        code = call(["run", "--json", *options])
        said = self.capture.readouterr()
        assert said.out, said.err
        return code, json.loads(said.out)["models"]["churn"]

    @property
    def log(self) -> str:
        """What the last training wrote."""
        logs = sorted((self.folder / ".ml_ci/records/trainings").rglob("job.log"), key=lambda one: one.stat().st_mtime)
        return logs[-1].read_text()


@pytest.fixture
def shown(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Shown]:
    """Give what makes the repository of a section, with files of the test's own in place of what it does not show."""

    def make(title: str, more: Mapping[str, str] | None = None, **given: Any) -> Shown:
        section = sections()[title]
        keys = {
            **KEYS,
            "positive": "yes",
            "gates": ["fpr <= 0.5"],
            **yaml.safe_load(blocks(section, "yaml")[0]),
            **given,
        }
        own = {re.match(r"# (\S+)\n", one)[1]: one for one in blocks(section, "python")}  # type: ignore[index]
        files = {
            "data/all.csv": TABLE,
            "train.py": SCRIPT,
            ".gitignore": ".ml_ci/\n__pycache__/\n",
            **(more or {}),
            **own,
        }
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        (tmp_path / "ml-ci.yaml").write_text(yaml.safe_dump({"version": 1, "models": {"churn": keys}}))
        subprocess.run(("git", "init", "-q", "-b", "main", str(tmp_path)), check=True)
        monkeypatch.chdir(tmp_path)
        made = Shown(tmp_path, keys, capsys)
        made.commit()
        return made

    return make


@pytest.fixture
def old_environment(tmp_path: Path) -> Path:
    """Make the environment that the page calls `.venv38`, out of sight of git."""
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", str(tmp_path / ".venv38")), check=True)
    (tmp_path / ".venv38/.gitignore").write_text("*\n")
    return tmp_path / ".venv38"


def test_every_section_with_an_example_is_tried() -> None:
    source = Path(__file__).read_text()
    for title, section in sections().items():
        assert blocks(section, "yaml"), title
        assert f'"{title}"' in source, title


def test_the_job_s_python(shown: Callable[..., Shown], old_environment: Path) -> None:
    made = shown("The job's Python, beside pytest")
    assert made.run("--baseline", "none")[0] == 0
    assert f"ran by {old_environment}" in made.log


def test_in_ci(shown: Callable[..., Shown], old_environment: Path) -> None:
    title = "The same, in CI"
    made = shown("The same, in CI")
    assert made.run("--baseline", "none", "--python", ".venv38/bin/python")[0] == 0
    assert f"ran by {old_environment}" in made.log
    workflow = yaml.safe_load(blocks(sections()[title], "yaml")[1])
    assert [*workflow["steps"][0]["with"]] == ["python-version"]
    assert workflow["steps"][2]["uses"] == "OWNER/ml-ci/actions/gate@SHA"
    assert "--python" in (ROOT / "actions/gate/run.sh").read_text()


def test_python_comes_before_the_option(shown: Callable[..., Shown], old_environment: Path) -> None:
    made = shown("The job's Python, beside pytest")
    assert made.run("--baseline", "none", "--python", sys.executable)[0] == 0
    assert f"ran by {old_environment}" in made.log


@pytest.mark.parametrize("annotated", ["", ": str"])
def test_a_folder(annotated: str, shown: Callable[..., Shown]) -> None:
    made = shown("A folder as the model")
    if annotated:
        made.edit("scoring.py", "def predict(model,", "def predict(model: str,")
        made.edit("scoring.py", '(model / "rates.json").read_text()', 'open(model + "/rates.json").read()')
        made.commit()
    code, model = made.run("--baseline", "none")
    assert code == 0, model["failure"]
    assert 0 < model["candidate"]["metrics"]["fpr"] < 0.5


def test_its_own_split(shown: Callable[..., Shown]) -> None:
    made = shown("A script that splits by itself")
    assert made.run("--baseline", "none")[0] == 0
    held = made.run("--baseline", "none")[1]["candidate"]["rows"]
    assert f"learnt from {2000 - held} rows" in made.log
    made.edit("ml-ci.yaml", "TEST_SHARE: '0'", "TEST_SHARE: '0.25'")
    made.commit()
    assert made.run("--baseline", "none")[1]["action"] == "train"
    assert f"learnt from {2000 - held - int((2000 - held) * 0.25)} rows" in made.log, "lost a second time"


def test_without_a_table(shown: Callable[..., Shown]) -> None:
    labels = [(f"{n}.pbm", "yes" if n % 3 else "no") for n in range(60)]
    tables = {
        f"labels/{name}.csv": "file,label\n" + "".join(f"{file},{label}\n" for file, label in rows)
        for name, rows in {"train": labels[:40], "holdout": labels[40:]}.items()
    }
    images = {f"images/{file}": "x" * (90 if label == "yes" else 9) for file, label in labels}
    made = shown("A script without a table", {**tables, **images})
    code, model = made.run("--baseline", "none")
    assert (code, model["candidate"]["rows"], model["candidate"]["metrics"]["fnr"]) == (0, 20, 0.0)


def test_a_limit_of_its_own(shown: Callable[..., Shown]) -> None:
    made = shown("A limit of the repository's own", {"settings.py": "MIN_F1 = 0.6\n"})

    def tests_pass() -> bool:
        command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_limits.py")
        return subprocess.run(command, cwd=made.folder, capture_output=True).returncode == 0

    assert made.run("--baseline", "none")[0] == 0 and tests_pass()
    made.edit("settings.py", "0.6", "0.1")
    assert not tests_pass(), "lowered in the settings alone"
    made.edit("ml-ci.yaml", "f1 >= 0.6", "f1 >= 0.1")
    assert tests_pass()
    subprocess.run(("git", "switch", "-q", "-c", "lower"), cwd=made.folder, check=True)
    made.commit()
    _, model = made.run("--gates-from", "main")
    assert [gate["condition"] for gate in model["gates"]] == ["f1 >= 0.6"]
    assert "`f1 >= 0.6` was loosened in this change to `f1 >= 0.1`: judged by the old." in model["cautions"]


def test_the_client_s_threshold(shown: Callable[..., Shown]) -> None:
    made = shown("The threshold of the client")
    at = made.run("--baseline", "none")[1]["candidate"]["metrics"]["fpr"]
    made.edit("ml-ci.yaml", "threshold: 0.35", "threshold: 0.9")
    made.commit()
    assert at > made.run("--baseline", "none")[1]["candidate"]["metrics"]["fpr"] == 0.0


@pytest.mark.parametrize("declared", [True, False])
def test_a_wrapper(declared: bool, shown: Callable[..., Shown]) -> None:
    """What it runs counts, declared or seen."""
    made = shown(
        "A wrapper around a script", {"old/scores.py": f"RATE = 3\n{SCRIPT}"}, **({} if declared else {"code": []})
    )
    assert made.run("--baseline", "none")[0] == 0
    made.edit("old/scores.py", "RATE = 3", "RATE = 4")
    made.commit()
    _, model = made.run("--baseline", "HEAD~1")
    assert model["action"] == "train"
    assert [change["part"] for change in model["changes"]] == ["code" if declared else "reads"]


def test_only_relative_gates(shown: Callable[..., Shown]) -> None:
    title = "A gate that only compares"
    made = shown("A gate that only compares")
    code, model = made.run("--baseline", "none")
    assert (code, [gate["verdict"] for gate in model["gates"]]) == (0, ["unjudged", "pass"]), title
    made.edit("ml-ci.yaml", "    - fnr <= 0.3\n", "")
    made.commit()
    assert made.run("--baseline", "none")[0] == 5


def test_a_lowered_gate(shown: Callable[..., Shown]) -> None:
    """On its branch the old gate judges; once it is merged, the new one."""
    made = shown(
        "A gate that is lowered on purpose",
        {"train.py": SCRIPT.replace("else 0.02", "else 0.02 if row['n'] != '40' else 0.9")},
    )
    lowered = made.keys["gates"][0]
    assert made.run("--baseline", "none")[0] == 0
    made.edit("ml-ci.yaml", lowered, "fnr <= 0.001")
    made.commit()
    subprocess.run(("git", "switch", "-q", "-c", "lower"), cwd=made.folder, check=True)
    made.edit("ml-ci.yaml", "fnr <= 0.001", lowered)
    made.commit()
    code, model = made.run("--gates-from", "main")
    assert code == 1 and [gate["condition"] for gate in model["gates"]] == ["fnr <= 0.001"]
    assert made.run("--gates-from", "lower")[0] == 0
    anchors = {
        re.sub(r"[^a-z0-9]+", "-", line.lower()).strip("-")
        for line in re.findall(r"^## (.*)$", (ROOT / "docs/trust.md").read_text(), re.MULTILINE)
    }
    assert "lowering-a-gate-on-purpose" in anchors
