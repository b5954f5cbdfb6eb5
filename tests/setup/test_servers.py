"""What `ml-ci init` says of a tracking server that a repository names."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from ml_ci.setup import servers
from ml_ci.setup.choose import choose
from ml_ci.setup.look import look
from ml_ci.setup.servers import tell_server
from ml_ci.setup.values import Answers, DataFile, Found


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Let one server answer, and note who was asked."""
    asked: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], seconds: float) -> Any:
        asked.append(address)
        if address[0] != "mlflow.example.org":
            raise TimeoutError("timed out")
        return socket.socket()

    monkeypatch.setattr(servers.socket, "create_connection", connect)
    return asked


@pytest.mark.parametrize(
    ("uri", "said", "asked"),
    [
        ("https://mlflow.example.org/x", "which answers here", [("mlflow.example.org", 443)]),
        ("http://mlflow.example.org:5000", "which answers here", [("mlflow.example.org", 5000)]),
        ("http://gone.example.org", "which does not answer (timed out): a job in CI", [("gone.example.org", 80)]),
        ("http://localhost:5000", "which is this machine's own: a job in CI", []),
        ("http://h:port/", "which is no address of a server", []),
    ],
)
def test_whether_it_answers(uri: str, said: str, asked: list[Any], answering: list[Any]) -> None:
    assert said in tell_server(uri)
    assert answering == asked


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("params.yaml", "mlflow:\n  tracking_uri: http://h.example:5000\n"),
        ("settings.toml", 'MLFLOW_TRACKING_URI = "http://h.example:5000"\n'),
        ("train.py", "import mlflow\nfrom sklearn.svm import SVC\nmlflow.set_tracking_uri('http://h.example:5000')\n"
         "SVC().fit([[0], [1]], [0, 1])\n"),
        ("train.py", "import mlflow\nfrom sklearn.svm import SVC\nURI = 'http://h.example:5000'\n"
         "mlflow.set_tracking_uri(URI)\nSVC().fit([[0], [1]], [0, 1])\n"),
    ],
)  # fmt: skip
def test_where_it_is_named(path: str, text: str, make_repository: Any) -> None:
    made = make_repository("tracked")
    made.commit({path: text})
    assert look(Path(made.path)).servers == ("http://h.example:5000",)


@pytest.mark.parametrize(
    ("columns", "label", "why"),
    [
        (("a", "b"), "b", "the last column; a has two values too"),
        (("a", "churn"), "churn", None),
        (("n", "b"), "b", None),
    ],
)
def test_a_label_for_which_nothing_but_its_place_speaks_is_said(
    columns: tuple[str, str], label: str, why: str | None
) -> None:
    values = {name: ("0", "1") for name in columns if name != "n"}
    table = DataFile("t.csv", columns, True, 9, values)
    choice = choose(Found("m", "main", tables=(table,)), Answers(run="x", predictions="p.csv"))
    assert (choice.keys["label"], choice.why.get("label")) == (label, why)
