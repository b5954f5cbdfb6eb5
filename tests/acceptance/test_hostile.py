"""What attacks git, the parent process or the copy of a job from inside of a repository does nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

REFS = [
    "--upload-pack=touch stolen",
    "--output=stolen",
    "-o stolen",
    "$(touch stolen)",
    "`touch stolen`",
    "main; touch stolen",
    "main\ntouch stolen",
    ":/first",
    "@{upstream}",
    "main:ml-ci.yaml",
    "ext::sh -c touch% stolen",
    "../../../etc/passwd",
]


@pytest.mark.parametrize("ref", REFS)
def test_a_baseline_and_a_base_ref_are_names_of_commits_and_nothing_else(
    known: Any, ref: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {*known.path.iterdir()}
    answer = known.run("plan", f"--baseline={ref}")
    assert (answer.code, "Traceback" in answer.err) == (2, False), answer.err
    monkeypatch.setenv("GITHUB_BASE_REF", ref)
    answer = known.run("plan")
    assert answer.code in (0, 2)
    assert "Traceback" not in answer.err
    assert {*known.path.iterdir()} == before
    assert not list(known.path.rglob("stolen"))


# Counts what the parent unpickles, over several commands, and says in which process the model was loaded.
HOOKED = """
import json, os, sys
from ml_ci.cli.main import call
found, codes = [], []
sys.addaudithook(lambda event, told: found.append(told) if event == "pickle.find_class" else None)
for line in (["run"], ["run"], ["plan"], ["doctor"], ["report"], ["records", "list"], ["records", "pack", "p.tar"],
             ["explain"], ["ledger"], ["power"]):
    codes.append(call(line))
print("\\n" + json.dumps([os.getpid(), codes, [list(map(str, one)) for one in found]]))
"""
LOADED = """
import os
from pathlib import Path
class Model:
    def __reduce__(self):
        return _load, ()
def _load():
    with open(os.environ["TRAININGS"], "a") as marks:
        marks.write(f"loaded in {os.getpid()}\\n")
    return Model()
def train(train: Path):
    return Model()
def score(model, rows: Path):
    return [0.9 if float(line.split(",")[0]) >= 0.5 else 0.1 for line in open(rows).readlines()[1:]]
"""


def test_a_model_is_loaded_in_no_process_but_its_jobs(project: Any) -> None:
    project.write({"model.py": LOADED})
    project.commit()
    done = subprocess.run((sys.executable, "-c", HOOKED), cwd=project.path, capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    parent, codes, found = json.loads(done.stdout.splitlines()[-1])
    assert codes[:2] == [0, 0]
    assert found == []
    marks = project.marks.read_text().splitlines()
    assert marks
    assert f"loaded in {parent}" not in marks


JOBS = {
    "removes its copy": "    import os, shutil; shutil.rmtree(os.getcwd(), ignore_errors=True)\n    means = []",
    "takes its copy's rights": "    import os; os.chmod('.', 0)\n    means = []",
    "removes the folder above": "    import shutil; shutil.rmtree('..', ignore_errors=True)\n    means = []",
    "makes its copy a link": (
        "    import os, shutil\n    at = os.getcwd(); shutil.rmtree(at)\n"
        "    os.symlink(os.environ['VICTIM'], at)\n    means = []"
    ),
    "fills names": "    for n in range(3000):\n        open(f'{n}' * 40, 'w').close()\n    means = []",
    "makes a deep tree": (
        "    import os\n    for n in range(300):\n        os.mkdir('d' * 100); os.chdir('d' * 100)\n    means = []"
    ),
}


@pytest.mark.parametrize("job", JOBS)
def test_a_job_that_spoils_its_copy_spoils_nothing_else(project: Any, tmp_path: Path, job: str) -> None:
    victim = tmp_path / "victim"
    (victim / "deep").mkdir(parents=True)
    (victim / "deep" / "file").write_text("kept")
    project.edit("ml-ci.yaml", "env: [TRAININGS]", "env: [TRAININGS, VICTIM]")
    project.edit("model.py", "    means = []", JOBS[job])
    before = project.state()
    answer = project.command("run", env={**os.environ, "TRAININGS": str(project.marks), "VICTIM": str(victim)})
    assert answer.code in (0, 1), answer.err
    assert (victim / "deep" / "file").read_text() == "kept"
    assert "Traceback (most recent" not in answer.err
    assert project.state() == before
    project.no_jobs()
    project.git("checkout", "-q", ".")
    answer = project.run()
    assert answer.code == 0, answer.err
    project.verify()
