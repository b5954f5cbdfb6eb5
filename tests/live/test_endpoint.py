"""The open inference protocol against a real server: what is sent, what is read, and what each failure says."""

from __future__ import annotations

from typing import Any

import pytest

from ml_ci.errors import StageFailed, UserError
from ml_ci.live.endpoint import Endpoint
from tests.live.served import METADATA, output, scoring, serve

TABLE = {"name": "cut", "inputs": [{"name": "input-0", "datatype": "FP32", "shape": [-1, 2]}]}


def test_rows_are_sent_by_column_with_the_types_that_the_model_names() -> None:
    with serve(scoring) as server:
        said = Endpoint.read(f"{server.url}/infer", token="s3cret").ask({"x": [10, 30.0], "sex": ["Male", None]})
    assert (said.scores, said.classes, said.output) == ((0.25, 0.75), None, "score")
    assert server.asked == [
        {
            "id": "ml-ci-1",
            "inputs": [
                {"name": "x", "datatype": "INT64", "shape": [2], "data": [10, 30]},
                {"name": "sex", "datatype": "BYTES", "shape": [2, 1], "data": ["Male", None]},
            ],
        }
    ]
    assert server.headers[0]["Authorization"] == "Bearer s3cret"


@pytest.mark.parametrize(
    ("metadata", "inputs"),
    [
        (TABLE, [{"name": "input-0", "datatype": "FP32", "shape": [2, 2], "data": [1.0, 3.0, 2.0, 4.0]}]),
        (
            None,
            [
                {"name": "x", "datatype": "FP64", "shape": [2], "data": [1.0, 2.0]},
                {"name": "y", "datatype": "FP64", "shape": [2], "data": [3.0, 4.0]},
            ],
        ),
        (
            {"name": "cut", "inputs": []},
            [
                {"name": "x", "datatype": "FP64", "shape": [2], "data": [1.0, 2.0]},
                {"name": "y", "datatype": "FP64", "shape": [2], "data": [3.0, 4.0]},
            ],
        ),
    ],
)
def test_one_table_or_no_metadata(metadata: Any, inputs: Any) -> None:
    with serve(lambda _: (200, {"outputs": [output([0.5, 0.5])]}), metadata) as server:
        assert Endpoint.read(server.url).ask({"x": [1, 2], "y": [3, 4]}).scores == (0.5, 0.5)
    assert server.asked[0]["inputs"] == inputs


def test_many_rows_are_sent_in_batches_and_come_back_in_order() -> None:
    with serve(scoring) as server:
        said = Endpoint.read(server.url).ask({"x": [n % 40 for n in range(250)], "sex": ["Male"] * 250})
    assert said.scores == tuple(n % 40 / 40 for n in range(250))
    assert [one["id"] for one in server.asked] == ["ml-ci-1", "ml-ci-2", "ml-ci-3"]


@pytest.mark.parametrize(
    ("outputs", "wanted", "scores", "classes"),
    [
        ([output([0.1, None], shape=[2, 1])], None, (0.1, None), None),
        ([output([[0.9, 0.1], [0.3, 0.7]], shape=[2, 2])], None, (0.1, 0.7), None),
        ([output([0.9, 0.1, 0.3, 0.7], "FP32", [2, 2])], None, (0.1, 0.7), None),
        ([output([0, 1], "INT64", name="a"), output([[0.9, 0.1], [0.3, 0.7]], shape=[2, 2])], None, (0.1, 0.7), None),
        ([output([0, 1], "INT64", name="predict"), output([0.1, 0.7])], "predict", None, (0, 1)),
        ([output(["no", "yes"], "BYTES")], None, None, ("no", "yes")),
        ([output([0.1, 0.2], name="a"), output([0.3, 0.4], name="b")], "b", (0.3, 0.4), None),
    ],
)  # fmt: skip
def test_what_an_answer_may_look_like(outputs: Any, wanted: str | None, scores: Any, classes: Any) -> None:
    with serve(lambda _: (200, {"outputs": outputs})) as server:
        said = Endpoint.read(server.url, output=wanted).ask({"x": [1, 2], "sex": ["a", "b"]})
    assert (said.scores, said.classes) == (scores, classes)


@pytest.mark.parametrize(
    ("status", "answer", "code", "message", "hint"),
    [
        (200, {"outputs": [output([0.5])]}, "answer", "the output `score` has the shape [1], for 2 rows", "--output"),
        (200, {"outputs": [output([0.5, 0.5], shape=[3])]}, "answer", "has 2 values, and its shape [3] another", "V2"),
        (200, {"outputs": [output([0.1] * 6, shape=[2, 3])]}, "answer", "the shape [2, 3], for 2 rows", "classes"),
        (200, {"outputs": [output([0.5, 3.5])]}, "score-range", "3.5, and a score lies in [0, 1]", "--output NAME"),
        (200, {"outputs": [output([0.5, "no"])]}, "answer", "holds what is no number", "V2"),
        (200, {"outputs": [output([0.1, 0.2], name="a"), output([0.1, 0.2], name="b")]}, "output",
         "has several outputs: a, b", "--output NAME"),
        (200, {"outputs": []}, "answer", "answers without outputs", "V2"),
        (200, {"outputs": [{"name": "score"}]}, "answer", "has no name, type, shape or data", "V2"),
        (200, [0.5, 0.5], "answer", "answers without outputs", "V2"),
        (200, b"<html>", "answer", "answers with what is no JSON", "URL"),
        (200, b"[" * 100_000, "answer", "answers with what is no JSON", "URL"),
        (200, b'"' + b"x" * 2_000_000 + b'"', "answer", "answers with more than 1.0 MB", ""),
        (400, {"error": "sex: expected\n BYTES"}, "refused", "answered 400: sex: expected BYTES", ""),
        (404, {"error": "gone"}, "refused", "answered 404: gone", "Is the model's name in the URL right"),
        (401, b"", "refused", "answered 401", "ML_CI_SERVING_TOKEN"),
        (307, b"", "refused", "answered 307: it is elsewhere", "redirects"),
        (503, {"error": ["not", "text"]}, "refused", "answered 503", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_answer_is_told(status: int, answer: Any, code: str, message: str, hint: str) -> None:
    with serve(lambda _: (status, answer)) as server, pytest.raises(StageFailed) as told:
        Endpoint.read(server.url, token="s3cret").ask({"x": [1, 2], "sex": ["a", "b"]})
    failure = told.value.failure
    assert failure.code == code
    assert message in failure.message
    assert hint in failure.hint
    assert "s3cret" not in f"{failure} {server!r}"


@pytest.mark.parametrize(
    "metadata", [[], {"inputs": 3}, {"inputs": [{"name": "x"}]}, {"inputs": [{**METADATA["inputs"][0], "shape": "x"}]}]
)
def test_metadata_that_is_none(metadata: Any) -> None:
    with serve(scoring, metadata) as server, pytest.raises(StageFailed) as told:
        Endpoint.read(server.url).ask({"x": [1]})
    assert told.value.failure.code == "metadata"


@pytest.mark.parametrize("drip", [0.1, 5.0])
def test_an_answer_that_takes_too_long_ends(drip: float) -> None:
    with serve(scoring) as server:
        endpoint = Endpoint.read(server.url, seconds=0.4)
        server.drip = drip
        with pytest.raises(StageFailed) as told:
            endpoint.ask({"x": [1], "sex": ["a"]})
    assert told.value.failure.code == "time-limit"
    assert "took longer than 0.4 s to answer" in told.value.failure.message


def test_nobody_there() -> None:
    with serve(scoring) as server:
        url = server.url
    with pytest.raises(StageFailed) as told:
        Endpoint.read(url).ask({"x": [1]})
    assert told.value.failure.message == f"{url} does not answer: connection refused"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://localhost/v2/models/", "no URL of a served model, which ends in /v2/models/NAME"),
        ("http://localhost/predict", "no URL of a served model"),
        ("ftp://localhost/v2/models/cut", "no URL of a served model"),
        ("http://me:secret@localhost/v2/models/cut", "the URL holds credentials"),
    ],
)
def test_no_url_of_a_model(url: str, said: str) -> None:
    with pytest.raises(UserError) as told:
        Endpoint.read(url)
    assert said in str(told.value)
    assert "secret" not in str(told.value)


def test_urls_of_a_model() -> None:
    for url in (
        "https://a.b/v2/models/cut",
        "http://a:80/x/v2/models/cut/versions/3/infer",
        " http://a/v2/models/cut/ ",
    ):
        assert Endpoint.read(url).model == "cut"
    assert "s3cret" not in repr(Endpoint.read("http://a/v2/models/cut", token="s3cret"))
