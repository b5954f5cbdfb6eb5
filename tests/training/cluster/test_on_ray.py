"""Whole runs on a real cluster of Ray: nodes as processes of this machine, killed, full, or without what is asked for.

`ML_CI_NODE_KILLS` says how often a node is killed in the middle of a job, 1 by default; 20 times:
`ML_CI_NODE_KILLS=20 python -m pytest -m slow -s tests/training/cluster/test_on_ray.py -k killed`
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ml_ci.pipeline import run
from ml_ci.spec.resources import Resources
from ml_ci.spec.values import Budget, CommandJob
from ml_ci.steps.values import Options
from ml_ci.training.cluster import executor
from ml_ci.training.job import train
from ml_ci.training.values import Interpreter

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("ML_CI_NODE_KILLS", "1"))
MAIN = ("-c", "from ml_ci.cli.entry import main; main()")
JOB = """\
import os, sys, time
print("VERSION", dict(os.environ))
out, seconds = sys.argv[1], float(sys.argv[2])
time.sleep(seconds)
rows = open("data/holdout.csv").read().splitlines()[1:]
with open(f"{out}/p.csv", "w") as file:
    print("prediction", *(row.split(",")[0] for row in rows), sep="\\n", file=file)
with open("made.txt", "w") as file:
    print("VERSION", file=file)
"""
FUNCTION = """\
class Model:
    def predict_proba(self, rows):
        return [[1 - float(x), float(x)] for x in rows["x"]]
def train(train):
    print("rows", len(train), "VERSION")
    return Model()
"""
COMMAND = """\
  command:
    run: python job.py {out} SECONDS WORD
    outputs: {predictions: "{out}/p.csv", model: made.txt}
    data: {train: data/train.csv, holdout: data/holdout.csv}
    label: y
    positive: 1
    gates: [fnr <= 0.1]
"""
BY_FUNCTION = """\
  function:
    train: fun:train
    data: {train: data/train.csv, holdout: data/holdout.csv}
    label: y
    positive: 1
    gates: [fnr <= 0.1]
"""
ROWS = "x,y\n" + "0,0\n1,1\n" * 20


def _files(version: str, seconds: float, word: str, *models: str) -> Mapping[str, str]:
    spec = "version: 1\nmodels:\n" + "".join(models or (COMMAND,))
    return {
        "ml-ci.yaml": spec.replace("SECONDS", str(seconds)).replace("WORD", word),
        "job.py": JOB.replace("VERSION", version),
        "fun.py": FUNCTION.replace("VERSION", version),
        "data/train.csv": ROWS,
        "data/holdout.csv": ROWS,
    }


def _options(repository: Any, address: str, **more: Any) -> Options:
    environment = {**os.environ, "ML_CI_EXECUTOR": address, "GITHUB_TOKEN": "hunter2hunter2"}
    return Options(start=Path(repository.path), environment=environment, **more)


def _records(repository: Any, kind: str = "trainings") -> dict[str, dict[str, bytes]]:
    """Give the files of each record but what tells of time and machine, its log among them."""
    found: dict[str, dict[str, bytes]] = {}
    for record in (Path(repository.path) / ".ml_ci/records" / kind).glob("*/*"):
        found[record.name] = {at.name: at.read_bytes() for at in record.iterdir() if at.suffix not in (".json", ".log")}
    return found


def test_both_sides_come_out_as_they_do_here(cluster: Any, make_repository: Callable[[str], Any]) -> None:
    """Fingerprints, bytes and verdicts are the same; a token of the driver's is nowhere, the user's tree untouched."""
    reports, records = [], []
    for name, address in (("here", "local"), ("there", cluster.address)):
        repository = make_repository(name)
        repository.commit(_files("first", 0, "w", COMMAND, BY_FUNCTION))
        repository.write(_files("second", 0, "w", COMMAND, BY_FUNCTION))
        before = repository.git("status", "--porcelain", "--untracked-files=all")
        reports.append(run(_options(repository, address, baseline="HEAD")))
        records.append(_records(repository))
        after = repository.git("status", "--porcelain", "--untracked-files=all", "--", ":!.ml_ci", ":!.gitignore")
        assert [line for line in before.splitlines() if ".ml_ci" not in line] == after.splitlines()
        logs = {at.name: at.read_text() for at in (Path(repository.path) / ".ml_ci/logs").iterdir()}
        assert "second" in logs["command-candidate.log"] and "first" in logs["command-baseline.log"]
        for at in (Path(repository.path) / ".ml_ci").rglob("*"):
            assert not at.is_file() or b"hunter2hunter2" not in at.read_bytes()
    assert [report.verdict for report in reports] == ["pass", "pass"]
    assert records[0].keys() == records[1].keys() and len(records[0]) == 4
    assert records[0] == records[1]
    made = [files["model.txt"] for files in records[1].values() if "model.txt" in files]
    assert sorted(made) == [b"first\n", b"second\n"]
    assert cluster.folders() == []


def test_machines_are_ready_before_their_first_job(cluster: Any) -> None:
    place = executor.Cluster(cluster.address.removeprefix("ray://"))
    place.slots(None)
    cluster.wait(lambda: len(place._warmed) == 2, 60)
    ray = executor.join(cluster.address.removeprefix("ray://"))
    assert ray.get(place._warmed, timeout=120) == [None, None]
    engines = [at for at in (cluster.folder / f"ml-ci-{os.getuid()}").glob("engine-*") if (at / "ml_ci").is_dir()]
    assert len(engines) == 1


@pytest.mark.parametrize("number", range(KILLS))
def test_a_node_that_is_killed_in_the_middle_of_a_job(cluster: Any, repository: Any, number: int) -> None:
    word, seconds = f"kill-{number}-{time.time_ns()}", 3.0
    repository.commit(_files("killed", seconds, word))
    after, hosts = random.Random(number).random() * seconds, list[str]()

    def kill() -> None:
        cluster.wait(lambda: cluster.find(word), 120)
        hosts.append(cluster.host_of(cluster.find(word)[0]))
        time.sleep(after)
        cluster.kill(hosts[0])

    killer = threading.Thread(target=kill)
    killer.start()
    report = run(_options(repository, cluster.address, baseline="none"))
    killer.join()
    try:
        print(f"kill {number}: {hosts[0]} after {after:.2f} s of {seconds}")
        assert report.verdict == "pass", report.models["command"].failure
        assert len(_records(repository)) == 1
        cluster.wait(lambda: not cluster.find(word), 10)
    finally:
        _start_again(cluster, hosts[0])


def _start_again(cluster: Any, host: str) -> None:
    cluster.end(host)
    cluster.start(host, *cluster.nodes[host].resources)
    cluster.wait(lambda: executor.connect(cluster.address[6:]).slots(None) == 2, 120)


FAILS: dict[str, tuple[str | tuple[str, ...], dict[str, Any]]] = {
    "time-limit": ("sleep 60", {"budget": Budget(seconds=0.5)}),
    "memory-limit": (
        f"{sys.executable} -c 'x = bytearray(300_000_000); import time; time.sleep(60)'",
        {"budget": Budget(seconds=60.0, memory=150_000_000)},
    ),
    "job-exit": ("exit 3", {}),
    "interpreter": ("true", {"interpreter": Interpreter(Path("/no/such/python"), (3, 11, 0))}),
}


def test_limits_exit_codes_and_a_missing_interpreter_are_told_as_here(cluster: Any, jobs: Any, failed: Any) -> None:
    jobs.environment["ML_CI_EXECUTOR"] = cluster.address
    found = {code: failed(partial(jobs.command, command, **more)) for code, (command, more) in FAILS.items()}
    assert {code: failure.code for code, failure in found.items()} == {code: code for code in FAILS}
    assert "exit code 3" in found["job-exit"].message and "its limit is 0.5 s" in found["time-limit"].message


@contextmanager
def _started(repository: Any, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = (sys.executable, *MAIN, *arguments)
    process = subprocess.Popen(
        command, cwd=repository.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_driver_leaves_no_process_and_no_folder(
    cluster: Any, repository: Any, jobs: Any, number: int
) -> None:
    word = f"stop-{time.time_ns()}"
    repository.commit(_files("stopped", 300, word))
    with _started(repository, "run", "--executor", cluster.address, "--baseline", "none") as driver:
        cluster.wait(lambda: cluster.find(word), 120)
        driver.send_signal(number)
        assert driver.wait(60) == (130 if number == signal.SIGINT else -signal.SIGKILL)
    ended = time.monotonic()
    cluster.wait(lambda: not cluster.find(word), 10)
    print(f"the job was gone {time.monotonic() - ended:.1f} s after the driver")
    if number == signal.SIGKILL:  # nobody is left who could ask for it: whoever comes next does
        jobs.environment["ML_CI_EXECUTOR"] = cluster.address
        jobs.command("echo . > {out}/model.txt")
    cluster.wait(lambda: not cluster.folders(), 10)


def test_a_gpu_is_waited_for_and_one_that_is_nowhere_is_named(
    cluster: Any, jobs: Any, failed: Any, repository: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.environment["ML_CI_EXECUTOR"] = cluster.address
    place = executor.connect(cluster.address.removeprefix("ray://"))
    assert place.slots(Resources(gpus=1)) == 1 and place.lacks(Resources(gpus=1)) == ""
    ray = executor.join(cluster.address.removeprefix("ray://"))
    holding = ray.remote(num_gpus=1)(lambda: time.sleep(5)).remote()
    lines = []

    class Shown:
        def tick(self, model: str, seconds: float, megabytes: float, last_line: str) -> None:
            lines.append(last_line)

    job = CommandJob("printenv CUDA_VISIBLE_DEVICES > {out}/model.txt", model="{out}/model.txt")
    model = train(jobs.request(job, resources=Resources(gpus=1)), Shown())
    assert model.artifact is not None and model.artifact.read_text() == "0\n"
    assert "waiting for 1 GPU of the cluster" in lines
    ray.get(holding, timeout=30)
    monkeypatch.setattr(executor, "_GONE", 0.0)
    monkeypatch.setattr(executor, "_ASK_AGAIN", 0.1)
    found = failed(lambda: train(replace(jobs.request(job), resources=Resources(gpus=2))))
    assert found.code == "no-resources" and "no machine of the cluster has 2 GPUs" in found.message
    repository.commit(_files("gpu", 0, "w", COMMAND + "    resources: {gpus: 2}\n"))
    failure = run(_options(repository, cluster.address, baseline="none")).models["command"].failure
    assert failure is not None and failure.code == "no-gpu"
    said = "asks for 2 GPUs, and no machine of the cluster has 2 GPUs (the most is 1 GPU, of 3)"
    assert failure.message == f"the model `command` {said}"
    repository.commit(_files("gpu", 1, "w", COMMAND + "    resources: {gpus: 1, cpus: 99}\n"))
    failure = run(_options(repository, cluster.address, baseline="none")).models["command"].failure
    assert failure is not None and failure.code == "no-resources"
    assert "no machine of the cluster has 99 CPUs" in failure.message


ASKED = """\
import os, pathlib, time
class Model:
    def predict_proba(self, rows):
        gpu = os.environ.get("CUDA_VISIBLE_DEVICES", "none")
        pathlib.Path("TOLD", str(os.getpid())).write_text(f"{len(rows)} {gpu}")
        time.sleep(0.02)
        return [[1 - float(x), float(x)] for x in rows["x"]]
def train(train):
    return Model()
"""
BEHAVIOURS = """\
    behaviours:
      steady: {same: again}
      rising: {raise: x, score: never falls}
      alone: {same: alone}
"""


def _ask(repository: Any, address: str, told: Path, more: str = "") -> Any:
    """Give how the behaviours of both sides come out; `told` is a folder for what the models say of themselves."""
    told.mkdir()
    source = ASKED.replace("TOLD", str(told))
    files = _files("asked", 0, "w", BY_FUNCTION + more + BEHAVIOURS)
    repository.commit({**files, "fun.py": source})
    repository.write({"fun.py": source + "# changed\n"})
    model = run(_options(repository, address, baseline="HEAD")).models["function"]
    assert model.verdict == "pass" and model.failure is None, model
    return model.behaviours


def test_behaviours_are_asked_there_of_both_sides_on_one_gpu(
    cluster: Any, make_repository: Callable[[str], Any], tmp_path: Path
) -> None:
    here = _ask(make_repository("here"), "local", tmp_path / "told-here")
    there = _ask(make_repository("there"), cluster.address, tmp_path / "told-there", "    resources: {gpus: 1}\n")
    assert here == there and len(here) == 3
    told = [one.read_text().split() for one in (tmp_path / "told-there").iterdir()]
    assert {gpu for _, gpu in told} == {"0"} and len(told) >= 2


def test_a_node_that_is_killed_while_a_model_is_asked(
    cluster: Any, make_repository: Callable[[str], Any], tmp_path: Path
) -> None:
    expected = _ask(make_repository("here"), "local", tmp_path / "told-here")
    told, hosts = tmp_path / "told-killed", list[str]()

    def find_asked() -> Path | None:
        alone = (one for one in told.glob("*") if one.read_text().startswith("1 "))
        return next(alone, None)

    def kill() -> None:
        cluster.wait(find_asked, 240)
        asked = find_asked()
        assert asked is not None
        hosts.append(cluster.host_of(int(asked.name)))
        cluster.kill(hosts[0])

    killer = threading.Thread(target=kill)
    killer.start()
    found = _ask(make_repository("killed"), cluster.address, told)
    killer.join()
    try:
        assert hosts[0] and found == expected
        cluster.wait(lambda: not any(Path("/proc", one.name).exists() for one in told.iterdir()), 10)
    finally:
        _start_again(cluster, hosts[0])


OTHER = "import ray; ray.__version__ = '0.0.1'; from ml_ci.cli.entry import main; main()"


def test_a_cluster_that_does_not_answer_or_is_another_is_named(cluster: Any, repository: Any) -> None:
    repository.commit(_files("silent", 0, "w"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        asked = {
            "ray://127.0.0.1:9": (MAIN, "does not answer"),
            f"ray://127.0.0.1:{silent.getsockname()[1]}": (MAIN, "does not answer|did not answer"),
            "ray://no host": (MAIN, "is no HOST or HOST:PORT"),
            cluster.address: (("-c", OTHER), "ersion mismatch"),
        }
        for address, (code, said) in asked.items():
            command = (sys.executable, *code, "run", "--executor", address, "--baseline", "none")
            done = subprocess.run(command, cwd=repository.path, capture_output=True, text=True, timeout=90)
            assert done.returncode == 2, done.stderr
            assert any(one in done.stderr for one in said.split("|")), done.stderr
            assert f"--executor {address}" in done.stderr
