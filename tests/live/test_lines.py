"""Log lines of model servers, and rows that lie behind a URL."""

from __future__ import annotations

import base64
import functools
import gzip
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.evaluation.confusion import Confusion
from ml_ci.live.values import Bins, Reference

from .conftest import CHAMPION, Service, at, make_model

KSERVE, SAGEMAKER = "{path: logs/*.jsonl, format: kserve}", "{path: logs/*.jsonl, format: sagemaker}"


def event(name: str, kind: str, data: Any, **more: Any) -> dict[str, Any]:
    """Give a CloudEvent of KServe's logger: a request and its response share the id."""
    return {
        "specversion": "1.0",
        "id": name,
        "type": f"org.kubeflow.serving.inference.{kind}",
        "source": "http://localhost:9081/",
        "time": at(1),
        "inferenceservicename": "churn",
        "data": data,
        **more,
    }


def captured(output: str, given: str = "3,0.5", encoding: str = "CSV", **about: Any) -> dict[str, Any]:
    """Give a line of SageMaker's data capture."""
    part = {"observedContentType": "text/csv", "encoding": encoding}
    return {
        "captureData": {
            "endpointInput": {**part, "mode": "INPUT", "data": given},
            "endpointOutput": {**part, "mode": "OUTPUT", "data": output},
        },
        "eventMetadata": {"eventId": "event-1", "inferenceTime": at(1), **about},
        "eventVersion": "0",
    }


def test_kserve_joins_a_response_with_its_request_by_their_id(service: Service) -> None:
    service.model = make_model(predictions=KSERVE)
    service.log(event("early", "response", {"predictions": [0.9]}))  # in whatever order they come
    service.log(event("early", "request", {"instances": [[1.0, 2.0]]}), {"type": "somebody.else", "id": "x"})
    service.log(event("batch", "request", {"instances": [{"age": 5}, {"age": 70}]}))
    service.log(event("batch", "response", {"predictions": [[0.8, 0.2], [0.3, 0.7]]}))
    tensor = {"name": "age", "shape": [1, 1], "datatype": "FP32", "data": [9]}
    service.log(event("open", "request", {"inputs": [tensor]}))
    answer = {"outputs": [{"name": "p", "shape": [1, 1], "datatype": "FP32", "data": [[0.1]]}], "model_version": "7"}
    service.log(event("open", "response", None, data_base64=base64.b64encode(json.dumps(answer).encode()).decode()))
    service.log(event("unanswered", "request", {"instances": [[1.0, 2.0]]}))
    service.label(*({"request": name, "churned": 1} for name in ("early", "batch/0", "batch/1")))
    service.label({"request": "open", "churned": 0})
    service.reference = Reference(CHAMPION.holdout, {"age": Bins("number", (1, 1, 1), (50.0,))})
    window = service.look(9).windows[0]
    assert (window.rows, window.counts) == (4, Confusion(tp=2, fn=1, tn=1))
    assert window.columns["age"] == (2, 1, 1)


def test_sagemaker_takes_the_callers_id_before_its_own(service: Service) -> None:
    service.model = make_model(predictions=SAGEMAKER)
    packed = base64.b64encode(b"0.2\n0.8\n").decode()
    given = base64.b64encode(b"1,2\n3,4\n").decode()
    service.log(captured("0.9", inferenceId="mine"), captured("0.1"))
    service.log(captured(packed, given, "BASE64", eventId="event-2"))
    service.log({"captureData": {"endpointInput": {}}, "eventMetadata": {"eventId": "no answer"}})
    for name in ("mine", "event-1", "event-2/0", "event-2/1"):
        service.label({"request": name, "churned": 1})
    assert service.look(9).windows[0].counts == Confusion(tp=2, fn=2)


def test_a_packed_file_and_answers_that_are_classes(service: Service) -> None:
    service.model = make_model(predictions="{path: logs/*.gz, format: kserve}")
    service.champion = replace(CHAMPION, threshold=None)
    lines = [event("a", "request", {"instances": [[1]]}), event("a", "response", {"predictions": [1]})]
    (service.folder / "logs").mkdir()
    with gzip.open(service.folder / "logs" / "a.jsonl.gz", "wt") as out:
        out.writelines(json.dumps(line) + "\n" for line in lines)
    assert service.look(9).windows[0].positive == 1


BAD: list[tuple[str, list[Any], str]] = [
    (KSERVE, ["{"], "a.jsonl, line 1: the data are no JSON"),
    (KSERVE, [event("", "request", {})], "a.jsonl, line 1: the event has no id"),
    (KSERVE, [event("a", "request", {"instances": [[1]]})], "logs/*.jsonl holds no answered request"),
    (
        KSERVE,
        [event("a", "request", {"instances": [[1]]}), event("a", "response", {"predictions": [1, 2]})],
        "a.jsonl, line 2: 1 rows were asked, and 2 answered",
    ),
    (
        KSERVE,
        [event("a", "request", {"instances": [[1]]}), event("a", "response", {"predictions": [[0.1, 0.2, 0.7]]})],
        "logs/*.jsonl: an answer has 3 values for one row, and a score is one or two",
    ),
    (
        KSERVE,
        [event("a", "request", {"rows": 1}), event("a", "response", {"predictions": [1]})],
        "a.jsonl, line 2: the request has neither instances nor inputs",
    ),
    (SAGEMAKER, [{"id": "a"}], "a.jsonl, line 1: no captureData and eventMetadata"),
    (SAGEMAKER, [captured("!", "1", "BASE64")], "a.jsonl, line 1: the data are no base64 of a text"),
    (SAGEMAKER, [captured("0.1\n0.2")], "a.jsonl, line 1: 1 rows were asked, and 2 answered"),
]


@pytest.mark.parametrize(("source", "lines", "said"), BAD, ids=range(len(BAD)))
def test_lines_that_are_something_else(service: Service, source: str, lines: list[Any], said: str) -> None:
    service.model = make_model(predictions=source)
    file = service.folder / "logs" / "a.jsonl"
    file.parent.mkdir()
    file.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    with pytest.raises(UserError) as wrong:
        service.look(9)
    assert wrong.value.message == said


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Serve a folder over HTTP."""
    pytest.importorskip("aiohttp", reason="fsspec reads HTTP by aiohttp")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_rows_behind_a_url(service: Service, url: str) -> None:
    service.model = make_model(predictions=f"{url}/logs/a.jsonl", labels=f"{url}/outcomes.jsonl")
    service.log({"request": "a", "at": at(1), "score": 0.9})
    service.label({"request": "a", "churned": 1})
    assert service.look(9).windows[0].counts == Confusion(tp=1)


def test_rows_in_a_store(service: Service) -> None:
    import fsspec

    store = fsspec.filesystem("memory")
    service.model = make_model(predictions="memory://live/logs/*.jsonl", labels="memory://live/outcomes")
    with pytest.raises(UserError, match=r"^no live rows at memory://live/logs/\*.jsonl: there is no such file"):
        service.look(9)
    for part in range(2):
        store.pipe(f"/live/logs/{part}.jsonl", json.dumps({"request": part, "at": at(1), "score": part}).encode())
    store.pipe("/live/outcomes/a.csv", b"request,churned\n0,1\n1,1\n")
    assert service.look(9).windows[0].counts == Confusion(tp=1, fn=1)
    service.model = make_model(predictions="nowhere://a/b.jsonl")
    with pytest.raises(UserError, match=r"nowhere://a/b\.jsonl cannot be read: Protocol not known: nowhere"):
        service.look(9)
