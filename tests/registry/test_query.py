"""What answers, or does not, where a registry's server should be."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ml_ci.registry import answering, query
from ml_ci.registry.location import Location
from ml_ci.registry.values import NoAnswerError, Version

NOWHERE = "http://127.0.0.1:9"


@contextmanager
def server(status: int, body: bytes = b"{}") -> Iterator[str]:
    """Serve one answer to everything; give its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


def at(url: str, folder: Path, **environment: str) -> Location:
    return Location(url, folder, False, environment)


def test_where_nothing_listens_it_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(NoAnswerError, match=r"^the registry http:.* does not answer: .*refused") as caught:
        answering.check(at(NOWHERE, tmp_path))
    assert "`registry:` in ml-ci.yaml" in caught.value.hint


@pytest.mark.parametrize("status", [200, 401, 403, 404, 500])
def test_whatever_a_server_answers_it_is_there(tmp_path: Path, status: int) -> None:
    with server(status) as url:
        answering.check(at(url, tmp_path))


def test_a_file_is_not_asked(tmp_path: Path) -> None:
    answering.check(Location(f"sqlite:///{tmp_path}/mlflow.db", tmp_path, True))


TABLES = """
CREATE TABLE registered_model_aliases (name, alias, version);
CREATE TABLE registered_model_tags (name, key, value);
CREATE TABLE model_versions (name, version, creation_time, source, run_id, current_stage);
CREATE TABLE model_version_tags (name, version, key, value);
INSERT INTO registered_model_aliases VALUES ('churn', 'champion', 3);
"""


@pytest.mark.parametrize("row", ["", "INSERT INTO model_versions VALUES ('churn', 3, 0, 's', 'r', 'Deleted_Internal')"])
def test_an_alias_whose_version_somebody_deleted_is_no_new_model(tmp_path: Path, row: str) -> None:
    """As MLflow 3.1 leaves it in its database, where no promotion of ml-ci's tells of a champion."""
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        database.executescript(TABLES + row)
    found = Location(f"sqlite:///{tmp_path}/mlflow.db", tmp_path, True)
    with pytest.raises(NoAnswerError, match="the alias `champion` of churn names v3, which is not there") as caught:
        query.champion(found, "churn")
    assert "set the alias to one that is there" in caught.value.hint


# Writes more than the cache holds, so that half of it is in the file, and dies.
KILLED = """
import os, signal, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA cache_size = 1")
database.execute("BEGIN IMMEDIATE")
for number in range(2000):
    database.execute("INSERT INTO model_version_tags VALUES ('churn', 4, ?, ?)", (number, "x" * 1000))
database.execute("UPDATE registered_model_aliases SET version = 4")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_promotion_half_wrote_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(TABLES + "INSERT INTO model_versions VALUES ('churn', 3, 0, 's', 'r', NULL)")
    done = subprocess.run((sys.executable, "-c", KILLED, str(path)), check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.with_name("mlflow.db-journal").stat().st_size > 0
    found = query.champion(Location(f"sqlite:///{path}", tmp_path, True), "churn")
    assert found is not None
    assert found.version == "3"


def test_who_is_not_let_in_is_asked_again_by_mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = Version("churn", "3")
    monkeypatch.setattr(query, "_from_mlflow", lambda location, model, alias: known)
    with server(401) as url:
        assert query.champion(at(url, tmp_path), "churn") is known


@pytest.mark.parametrize("status", [401, 403])
def test_who_has_no_credentials_is_told_which(tmp_path: Path, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise NoAnswerError("MLflow was not let in either")

    monkeypatch.setattr(query, "_from_mlflow", refuse)
    with server(status) as url, pytest.raises(NoAnswerError, match=f"answered {status} ") as caught:
        query.champion(at(url, tmp_path, MLFLOW_TRACKING_TOKEN="s3cret"), "churn")
    assert "MLFLOW_TRACKING_TOKEN" in caught.value.hint
    assert "s3cret" not in f"{caught.value} {caught.value.hint}"


_OTHER = b'{"registered_model": {"name": "other", "aliases": [{"alias": "champion", "version": "3"}]}}'


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"{}"),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"registered_model": {}}'),
        (200, b'{"registered_model": []}'),
        (200, b'{"registered_model": {"name": "churn", "aliases": [1]}}'),
        (200, b'{"registered_model": {"name": "churn", "tags": [1]}}'),
        (200, b'{"registered_model": {"name": "churn", "aliases": [{"alias": "champion", "version": "3"}]}}'),
        (200, _OTHER),
    ],
)
def test_what_is_no_answer_is_an_error_and_no_first_model(tmp_path: Path, status: int, body: bytes) -> None:
    with server(status, body) as url, pytest.raises(NoAnswerError):
        query.champion(at(url, tmp_path), "churn")


@pytest.mark.parametrize(
    ("status", "body", "said", "hint"),
    [
        (200, b"{}", "does not answer as an MLflow server does", "`registry:` in ml-ci.yaml"),
        (200, b"[1]", "did not do what was asked", "`registry:` in ml-ci.yaml"),
        (200, b'{"registered_model": []}', "did not do what was asked", "`registry:` in ml-ci.yaml"),
        (500, b"{}", "it answers 500, again and again", "`registry:` in ml-ci.yaml"),
        (401, b"no", "401", "MLFLOW_TRACKING_TOKEN"),
        (403, b'{"error_code": "PERMISSION_DENIED", "message": "no"}', "PERMISSION_DENIED", "MLFLOW_TRACKING_TOKEN"),
    ],
)
def test_mlflow_too_takes_no_answer_for_an_error(
    tmp_path: Path, status: int, body: bytes, said: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
    from ml_ci.registry.mlflow_registry import MlflowRegistry

    with server(status, body) as url, pytest.raises(NoAnswerError) as caught:
        MlflowRegistry(at(url, tmp_path)).aliased("churn", "champion")
    assert said in caught.value.message
    assert hint in caught.value.hint


def test_no_such_model_is_no_champion(tmp_path: Path) -> None:
    with server(404, b'{"error_code": "RESOURCE_DOES_NOT_EXIST"}') as url:
        assert query.champion(at(url, tmp_path), "churn") is None
