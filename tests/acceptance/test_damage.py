"""What is cut off, killed or interrupted: the next run succeeds, and the store holds whole records only."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

SLOW = "    import time\n    time.sleep(600)\n    means = []"

# The moments at which a run is killed: before each of these functions is called, and after it has returned.
STAGES = (
    "ml_ci.pipeline:plan_work",
    "ml_ci.steps.working.train:train",
    "ml_ci.records.record:write",
    "ml_ci.steps.working.score:predict",
    "ml_ci.steps.judging.judge:judge_gates",
    "ml_ci.steps.telling.publish:write_text",
)

KILLED_AT = """\
import importlib, os, sys
name, attribute, when, count = sys.argv[1:5]
module = importlib.import_module(name)
real, calls = getattr(module, attribute), []
def replaced(*given, **named):
    calls.append(1)
    last = len(calls) == int(count)
    if last and when == "before":
        os.kill(os.getpid(), 9)
    answer = real(*given, **named)
    if last:
        os.kill(os.getpid(), 9)
    return answer
setattr(module, attribute, replaced)
from ml_ci.cli.main import call
sys.exit(call(["run"]))
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_run_that_is_killed_at_a_stage(project: Any, stage: str, when: str) -> None:
    project.edit("model.py", "SHIFT = 0.0", "SHIFT = 0.01")
    command = (sys.executable, "-c", KILLED_AT, *stage.split(":"), when, "1")
    done = subprocess.run(command, cwd=project.path, capture_output=True, timeout=300, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    project.no_jobs()
    assert not (project.path / ".ml_ci" / "report.json").exists() or when == "after"
    answer = project.run()
    assert answer.code == 0, answer.err
    project.verify()


def test_a_run_that_is_killed_at_many_moments(project: Any) -> None:
    """Each time a little later, until one gets through; what earlier ones finished is not done again."""
    project.edit("model.py", "SHIFT = 0.0", "SHIFT = 0.01")
    delay, code = 0.15, -signal.SIGKILL
    while code == -signal.SIGKILL:
        process = project.start("run")
        try:
            code = process.wait(delay)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        delay += 0.25
        assert delay < 60
    assert code == 0
    project.no_jobs()
    assert project.run().code == 0
    project.verify()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_its_job_and_keeps_what_is_finished(known: Any, number: signal.Signals) -> None:
    known.edit("model.py", "    means = []", SLOW)
    before = known.state()
    process = known.start("run")
    known.wait_for(lambda: known.trainings() == 1)
    assert known.interrupt(process, number) == 130
    known.no_jobs()
    known.verify()
    assert known.state() == before
    assert not (known.path / ".ml_ci" / "report.json").exists()
    known.edit("model.py", SLOW, "    means = []")
    assert known.run().code == 0
    assert known.model()["action"] == "reuse"


def test_an_interrupt_says_what_happened(known: Any) -> None:
    known.edit("model.py", "    means = []", SLOW)
    command = (sys.executable, "-m", "ml_ci", "run", "--json")
    process = subprocess.Popen(command, cwd=known.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    known.wait_for(lambda: known.trainings() == 1)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "interrupted: jobs were ended; finished records are kept" in err
    assert "Traceback" not in err


def records(project: Any, kind: str) -> list[Path]:
    return sorted((project.path / ".ml_ci" / "records" / kind).glob("*/*"))


KINDS = {"trainings": 1, "predictions": 0, "comparisons": 0, "verdicts": 0}


@pytest.mark.parametrize("how", ["cut off", "a file gone", "a digit changed", "empty"])
def test_damaged_records_are_named_set_aside_and_made_again(project: Any, how: str) -> None:
    project.edit("model.py", "SHIFT = 0.0", "SHIFT = 0.01")
    assert project.run().code == 0
    first, trainings = project.model(), project.trainings()
    folders = [folder for kind in KINDS for folder in records(project, kind)]
    for folder in folders:
        damage(folder, how)
    answer = project.run("run", "-v")
    assert answer.code == 0, answer.err
    again = project.model()
    assert {key: again["candidate"][key] for key in ("tp", "fp", "tn", "fn")} == {
        key: first["candidate"][key] for key in ("tp", "fp", "tn", "fn")
    }
    assert project.trainings() == trainings + 2
    assert again["action"] == "train", "the report says what was really done"
    notes = " ".join(again["notes"])
    assert "was damaged" in notes
    assert "made again" in " ".join(answer.out.split())
    assert len(list((project.path / ".ml_ci" / "damaged").iterdir())) == len(folders)
    project.verify()
    assert project.run().code == 0
    assert project.trainings() == trainings + 2


def damage(folder: Path, how: str) -> None:
    file = folder / "record.json"
    if how == "cut off":
        file.write_bytes(file.read_bytes()[:-20])
    elif how == "a file gone":
        others = [path for path in folder.iterdir() if path.name != "record.json"]
        (others[0] if others else file).unlink()
    elif how == "empty":
        file.write_bytes(b"")
    else:
        text = file.read_text()
        at = next(at for at, letter in enumerate(text) if letter.isdigit() and at > 200)
        file.write_text(text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :])


def test_a_damaged_report_and_cache_do_no_harm(known: Any) -> None:
    assert known.run().code == 0
    for path in (known.path / ".ml_ci" / "cache").rglob("*"):
        if path.is_file():
            path.write_bytes(b"\x00{")
    (known.path / ".ml_ci" / "report.json").write_text("{")
    answer = known.run()
    assert answer.code == 0, answer.err
    assert known.trainings() == 0
