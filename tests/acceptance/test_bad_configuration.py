"""The user's mistakes in ml-ci.yaml, in data and on the command line: exit code 2, and what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# what is edited in ml-ci.yaml → what the message says
EDITS = {
    "an unknown key": ("    label: bought", "    labl: bought", ("ml-ci.yaml:9", "labl", "label")),
    "a missing file": (
        "data/train.csv",
        "data/trian.csv",
        ("data/trian.csv does not exist", "Did you mean data/train.csv?", "`data:`"),
    ),
    "a missing holdout": (
        "data/holdout.csv",
        "data/hold.csv",
        ("data/hold.csv does not exist", "Did you mean data/holdout.csv?"),
    ),
    "a label that is not in the holdout": ("label: bought", "label: buoght", ("data/holdout.csv", "buoght", "bought")),
    "a positive that never occurs": ('"yes"', '"true"', ("data/holdout.csv", "true", "yes")),
    "a slice that is no column": ("[region]", "[regoin]", ("data/holdout.csv", "regoin", "region")),
    "a gate by no slice": ("fpr <= 0.2", "each(fpr, by=regoin) <= 0.2", ("regoin", "region")),
    "a gate that is no condition": ("fpr <= 0.2", "fpr =< 0.2", ("ml-ci.yaml:13", "fpr =< 0.2")),
    "no YAML": ("models:", "models: [", ("ml-ci.yaml:",)),
    "an interpreter that is not there": ("    label:", "    python: python9.9\n    label:", ("python9.9",)),
}


@pytest.mark.parametrize("case", EDITS)
def test_a_mistake_in_the_file(project: Any, case: str) -> None:
    old, new, said = EDITS[case]
    project.run()
    project.edit("ml-ci.yaml", old, new)
    answer = project.run()
    assert answer.code == 2, answer.out + answer.err
    for words in said:
        assert words in answer.err
    assert answer.out == ""
    assert "Traceback" not in answer.err
    report = project.report()
    assert (report["verdict"], report["models"]) == ("error", {}), "the report of the earlier run is gone"
    assert report["failure"]["message"]
    assert project.trainings() == 1, "nothing is trained for a mistake that can be seen before"
    project.verify()


OPTIONS = {
    "a model": (("--model", "shpo"), "ml-ci.yaml has no model `shpo`", "Did you mean `shop`?"),
    "a model without its option": (("shpo",), "ml-ci.yaml has no model `shpo`", "Did you mean `shop`?"),
    "a stage": (("--stage", "stagin"), "--stage stagin: no model has this stage", "There is: staging, champion."),
    "a baseline": (("--baseline", "nowhere"), "the baseline `nowhere` names no commit here", "git fetch"),
    "an option-like baseline": (("--baseline=--upload-pack=x",), "names no commit", ""),
    "a file": (("--config", "other.yaml"), "other.yaml", ""),
    "a report's ending": (("--report", "report.pdf"), "report.pdf", ".md"),
    "a report that is a folder": (("--report", "data.md"), "data.md: this is a folder", "Name a file in it."),
    "a report's folder": (("--report", "nowhere/report.md"), "there is no folder nowhere", "Make it first."),
    "an option": (("--jason",), "--jason", "--json"),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_a_mistake_on_the_command_line(known: Any, case: str) -> None:
    arguments, message, hint = OPTIONS[case]
    (known.folder / "data.md").mkdir()
    known.edit("ml-ci.yaml", "    gates:", "    stages: [{name: staging, gates: [fpr <= 0.1]}, champion]\n    gates:")
    answer = known.run("run", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err
    assert hint in answer.err
    assert "Traceback" not in answer.err
    assert known.trainings() == 0
    known.verify()


def test_no_configuration(project: Any) -> None:
    (project.path / "ml-ci.yaml").unlink()
    answer = project.run()
    assert answer.code == 2
    assert "ml-ci.yaml" in answer.err
    assert not (project.path / ".ml_ci").exists()


@pytest.mark.parametrize("part", [".ml_ci", ".ml_ci/records", ".ml_ci/work", ".ml_ci/report.json/x"])
def test_a_place_that_cannot_be_written(project: Any, part: str) -> None:
    """A file stands where a folder has to be, or a folder where a file has to be."""
    (project.path / part).parent.mkdir(parents=True, exist_ok=True)
    (project.path / part).write_text("in the way")
    answer = project.run()
    assert answer.code == 2, answer.err
    assert part.split("/x")[0] in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(project: Any) -> None:
    project.path.chmod(0o555)
    try:
        answer = project.run()
    finally:
        project.path.chmod(0o755)
    assert answer.code == 2
    assert ".ml_ci" in answer.err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/full is Linux")
def test_a_full_disk_under_standard_output(known: Any) -> None:
    with Path("/dev/full").open("w") as full:
        command, errors = (sys.executable, "-m", "ml_ci", "run"), subprocess.PIPE
        done = subprocess.run(command, cwd=known.path, stdout=full, stderr=errors, text=True, timeout=300, check=False)
    assert done.returncode == 2, done.stderr
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr
    assert known.report()["verdict"] == "pass"


DATA = {
    "a row with a cell too many": ("data/holdout.csv", "0.06001,US,no\n", "0.06001,US,no,9\n", ("data/holdout.csv",)),
    "a label that is empty": (
        "data/holdout.csv",
        "0.06001,US,no\n",
        "0.06001,US,\n",
        ("data/holdout.csv", "bought", "line 3"),
    ),
}


@pytest.mark.parametrize("case", DATA)
def test_a_mistake_in_the_data(project: Any, case: str) -> None:
    name, old, new, said = DATA[case]
    project.edit(name, old, new)
    answer = project.run()
    assert answer.code == 2, answer.out
    for words in said:
        assert words in answer.err
    project.verify()


SLIPS = (
    "a label that is not in the holdout",
    "a positive that never occurs",
    "a slice that is no column",
    "a gate by no slice",
)


@pytest.mark.parametrize("case", SLIPS)
def test_a_slip_in_a_name_costs_no_training(project: Any, case: str) -> None:
    old, new, said = EDITS[case]
    project.edit("ml-ci.yaml", old, new)
    answer = project.run()
    assert answer.code == 2, answer.out + answer.err
    for words in said:
        assert words in answer.err
    assert project.trainings() == 0
    assert "training" not in answer.err


@pytest.mark.parametrize("command", ["run", "plan", "explain", "power", "ledger", "doctor"])
@pytest.mark.parametrize("option", [(), ("--model",)])
def test_a_model_is_named_alike_everywhere(known: Any, command: str, option: tuple[str, ...]) -> None:
    wrong = known.run(command, *option, "shpo")
    assert wrong.code in (1, 2)
    assert "ml-ci.yaml has no model `shpo`" in wrong.out + wrong.err
    right = known.run(command, *option, "shop")
    assert right.code == 0 or command == "doctor", right.out + right.err
    assert "shop" in right.out


def test_a_stage_that_one_of_the_models_has_may_be_asked_for(known: Any) -> None:
    known.edit("ml-ci.yaml", "    gates:", "    stages: [{name: staging, gates: [fpr <= 0.1]}, champion]\n    gates:")
    assert known.run("run", "--stage", "staging").code == 0
    assert known.run("run", "--stage", "champion").code == 0


def test_data_that_are_not_there_are_told_as_what_they_are(project: Any) -> None:
    holdout = project.folder / "data" / "holdout.csv"
    holdout.unlink()
    gone = project.run()
    assert gone.err.startswith("error: data/holdout.csv does not exist\n")
    assert "train.csv" not in gone.err, "a training table is no holdout"
    holdout.mkdir()
    assert project.run().err.startswith("error: data/holdout.csv is a folder without a file\n")
    holdout.rmdir()
    holdout.symlink_to("holdout.csv")
    assert project.run().err.startswith("error: data/holdout.csv is a link that leads nowhere\n")


def test_records_of_no_model_and_of_no_kind(known: Any) -> None:
    wrong = known.run("records", "list", "--model", "shpo")
    assert (wrong.code, wrong.err) == (2, "error: no record is of a model `shpo`\nThere are records of: shop.\n")
    kind = known.run("records", "list", "--kind", "training")
    assert (kind.code, "'trainings', 'predictions'" in kind.err) == (2, True)
    assert known.run("records", "list", "--model", "shop", "--kind", "trainings").out.count("trainings") == 1


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252"])
def test_what_standard_output_cannot_write_is_no_bug(known: Any, encoding: str) -> None:
    known.edit("model.py", "SHIFT = 0.0", "SHIFT = 0.3")
    known.run("run")
    for arguments in (("run",), ("run", "--json"), ("doctor",), ("plan",)):
        environment = {**os.environ, "PYTHONIOENCODING": encoding, "TRAININGS": str(known.folder.parent / "marks")}
        done = subprocess.run(
            (sys.executable, "-m", "ml_ci", *arguments),
            cwd=known.folder,
            env=environment,
            capture_output=True,
            timeout=300,
            check=False,
        )
        assert done.returncode in (0, 1), done.stderr
        assert b"Traceback" not in done.stderr
        assert b"shop" in done.stdout
