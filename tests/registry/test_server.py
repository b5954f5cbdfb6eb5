"""The same on a team's registry: an MLflow server on PostgreSQL, both started here on loopback."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ml_ci.registry.values import RefusedError
from ml_ci.steps.offer import Asked
from ml_ci.steps.promote import history, promoted, rolled_back

pytestmark = pytest.mark.slow

_FORK = multiprocessing.get_context("fork")


def _programs() -> Path:
    """Find PostgreSQL's programs, where Debian puts them too."""
    beside = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    for folder in (*(Path(one) for one in os.environ.get("PATH", "").split(":")), *reversed(beside)):
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    pytest.skip("PostgreSQL is not installed")


def _port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start PostgreSQL in a folder of its own; give the URL of an empty database."""
    programs, port = _programs(), _port()
    root = os.getuid() == 0
    who: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if root else {}
    folder = Path(tempfile.mkdtemp(prefix="ml-ci-postgres-", dir="/tmp"))
    if root:
        shutil.chown(folder, "postgres", "postgres")
    data, options = str(folder / "data"), f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder, **who}
    subprocess.run([programs / "initdb", "-D", data, "-U", "mlflow", "-A", "trust"], **quiet)
    start = [programs / "pg_ctl", "-D", data, "-o", options, "-w", "-l", str(folder / "log"), "start"]
    subprocess.run(start, **quiet)
    try:
        yield f"postgresql+psycopg://mlflow@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start an MLflow server on it; give its URL."""
    pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    port, folder = _port(), tmp_path_factory.mktemp("server")
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", postgres, "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "1", "--artifacts-destination", str(folder), "--serve-artifacts"]
    if "--allowed-hosts" in subprocess.run([*command[:4], "--help"], capture_output=True, text=True, check=True).stdout:
        command += ["--allowed-hosts", f"127.0.0.1:{port},127.0.0.1"]
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "log").open("w") as log:
        running = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(url, running, folder / "log")
        yield url
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def _wait(url: str, running: Any, log: Path) -> None:
    for _ in range(600):
        assert running.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the server did not start:\n{log.read_text()}")


@pytest.fixture
def team(server: str, game: Any) -> Any:
    """A game whose registry is the server; every test has a model of its own."""
    (game.state / "mlflow.db").unlink()
    game.environment = {"MLFLOW_TRACKING_URI": server}
    game.model = f"cutter-{uuid.uuid4().hex[:8]}"
    return game


def _asked(reason: str = "") -> Asked:
    return Asked("Ada", f"2026-02-03T04:05:{time.time() % 60:09.6f}+00:00", reason)


def _promote(game: Any) -> Any:
    return promoted(game.options(), game.model, _asked())


def _in_use_first(game: Any) -> None:
    game.change(0.6)
    assert game.run().verdict == "pass"
    assert _promote(game).promoted.moved


def _in_child(call: Callable[[], object]) -> int:
    def work() -> None:
        try:
            call()
        except RefusedError:
            os._exit(7)
        os._exit(0)

    child = _FORK.Process(target=work)
    child.start()
    child.join(180)
    return child.exitcode if child.exitcode is not None else 99


def test_a_champions_life_on_a_server(team: Any) -> None:
    assert team.champion() is None
    _in_use_first(team)
    assert team.in_use() == ("1", None)

    team.change(0.55)
    shutil.rmtree(team.state / "records")  # another machine: what the registry holds is all that there is
    report = team.run()
    assert report.models[team.model].baseline.confusion.fn == 4
    assert report.models[team.model].baseline.action == "evaluate"
    _promote(team)
    assert team.in_use() == ("2", "1")
    assert not _promote(team).promoted.moved

    rolled_back(team.options(), team.model, _asked("wrong"))
    assert team.in_use() == ("1", None)
    found = history(team.options(), team.model, datetime.now(UTC))
    assert [one.event.version for one in found.stays] == ["1", "2", "1"]
    assert not (team.state / "mlflow.db").exists()


def test_refusals_change_nothing_on_a_server(team: Any) -> None:
    _in_use_first(team)
    team.change(0.9)
    with pytest.raises(RefusedError, match="the verdict is stale"):
        _promote(team)
    assert team.run().verdict == "fail"
    with pytest.raises(RefusedError, match="is fail"):
        _promote(team)
    team.change(0.55)
    team.run()
    (team.path / f"{team.package}.py").write_text("import csv\n")
    with pytest.raises(RefusedError):
        _promote(team)
    assert team.in_use() == ("1", None)
    assert len(team.audit()) == 1


def _break_it(game: Any) -> None:
    code = game.path / f"{game.package}.py"
    code.write_text(code.read_text().replace("return Model(CUT)", "raise ValueError('no')"))
    game.git("commit", "-qam", "Break it")


def _inconclusive(game: Any) -> None:
    game.more = "confidence: 0.95"
    game.change(0.52)
    assert game.run().verdict == "inconclusive"


def _error(game: Any) -> None:
    game.change(0.55)
    _break_it(game)
    assert game.run().verdict == "error"


def _dirty(game: Any) -> None:
    game.change(0.55)
    game.run()
    code = game.path / f"{game.package}.py"
    code.write_text(code.read_text() + "\n# more\n")


def _branch(game: Any) -> None:
    game.git("checkout", "-q", "-b", "feature")
    game.change(0.55)
    game.run()


def _moved(game: Any) -> None:
    """Another machine, with an audit log of its own, promotes between the judgement and the promotion."""
    game.change(0.55)
    game.run()
    other = game.path.with_name("other")
    shutil.copytree(game.path, other, symlinks=True)
    clone = type(game)(other, _git(other), game.model, game.package, game.environment)
    clone.change(0.58)
    clone.run()
    _promote(clone)
    game.git("fetch", "-q", str(other), "main")


@pytest.mark.parametrize(
    ("spoil", "message", "verdict"),
    [
        (_inconclusive, "is inconclusive", "inconclusive"),
        (_error, "is error: ", "error"),
        (_dirty, "changes that are in no commit", ""),
        (_branch, "the branch is `feature`", ""),
        (_moved, "the champion of .* moved: it was judged against champion v1 .*, and the champion is v2", ""),
    ],
    ids=("inconclusive", "error", "dirty", "branch", "moved"),
)
def test_each_refusal_changes_nothing_on_a_server(
    team: Any, spoil: Callable[[Any], None], message: str, verdict: str
) -> None:
    _in_use_first(team)
    spoil(team)
    before = team.in_use(), team.audit()
    with pytest.raises(RefusedError, match=message) as error:
        _promote(team)
    assert error.value.verdict == verdict
    assert (team.in_use(), team.audit()) == before
    assert len(team.audit()) == 1


def _deadly(number: int, act: Callable[[], object]) -> Callable[[], object]:
    """Kill the process before the call of this number that writes to the registry or to the audit log."""

    def killed() -> None:
        from ml_ci.registry import audit
        from ml_ci.registry.mlflow_registry import MlflowRegistry

        done = [0]

        def deadly(call: Callable[..., Any]) -> Callable[..., Any]:
            def wrapped(*arguments: Any, **named: Any) -> Any:
                done[0] += 1
                if done[0] == number:
                    os.kill(os.getpid(), signal.SIGKILL)
                return call(*arguments, **named)

            return wrapped

        for name in ("log", "register", "point", "unpoint", "tag", "tag_model", "untag_model"):
            setattr(MlflowRegistry, name, deadly(getattr(MlflowRegistry, name)))
        audit.append = deadly(audit.append)
        act()

    return killed


@pytest.mark.parametrize("number", [2, 3, 4, 5, 6, 7])
def test_a_promotion_that_is_killed_on_a_server_is_completed_once(team: Any, number: int) -> None:
    _in_use_first(team)
    team.change(0.55)
    team.run()
    assert _in_child(_deadly(number, lambda: _promote(team))) == -signal.SIGKILL
    assert _in_child(lambda: _promote(team)) == 0
    assert _in_child(lambda: _promote(team)) == 0
    assert team.in_use() == ("2", "1")
    assert len(team.audit()) == 2
    assert team.champion().finished


def test_a_rollback_that_is_killed_on_a_server_is_completed_once(team: Any) -> None:
    """At each of its steps in turn: intent, champion, previous, the tag, the move, the audit log, the end."""
    _in_use_first(team)
    team.change(0.55)
    team.run()
    _promote(team)

    def back() -> object:
        return rolled_back(team.options(), team.model, _asked("wrong"))

    for number in (2, 3, 4, 5, 6, 7):
        lines = len(team.audit())
        assert _in_child(_deadly(number, back)) == -signal.SIGKILL, number
        assert _in_child(back) == 0, number
        assert team.in_use() == ("1", None), number
        assert len(team.audit()) == lines + 1, number
        asked = Asked("Ada", _asked().time, "again", frozenset({"rolled-back"}))
        assert promoted(team.options(), team.model, asked).promoted.moved
        assert team.in_use()[1] == "1"


def test_of_two_machines_one_promotes_on_a_server(team: Any, tmp_path: Path) -> None:
    """Two clones with different models, judged against the same champion, promote at the same time."""
    _in_use_first(team)
    clones = []
    for name, cut in (("one", 0.55), ("two", 0.58)):
        shutil.copytree(team.path, tmp_path / name, symlinks=True)
        clone = type(team)(tmp_path / name, _git(tmp_path / name), team.model, team.package, team.environment)
        clone.change(cut)
        assert clone.run().verdict == "pass"
        clones.append(clone)

    running = [_FORK.Process(target=_leave, args=(clone,)) for clone in clones]
    for child in running:
        child.start()
    for child in running:
        child.join(180)

    codes = sorted(child.exitcode for child in running)
    assert codes == [0, 7]
    assert team.in_use()[1] == "1"
    winner = clones[[child.exitcode for child in running].index(0)]
    assert team.champion().commit == winner.git("rev-parse", "HEAD")
    assert [len(clone.audit()) for clone in clones] in ([2, 1], [1, 2])


def _leave(clone: Any) -> None:
    try:
        _promote(clone)
    except RefusedError:
        os._exit(7)
    os._exit(0)


def _git(path: Path) -> Callable[..., str]:
    def git(*arguments: str) -> str:
        done = subprocess.run(("git", *arguments), cwd=path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    return git
