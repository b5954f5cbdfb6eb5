"""A canary's decision over HTTP, read by the recipes as Argo Rollouts and Flagger do, from a real server."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from ml_ci.cli.serving import Look, VerdictServer, read_address, serve
from ml_ci.errors import Failure, StageFailed, UserError

RECIPES = Path(__file__).parents[2] / "templates" / "recipes"
DECISIONS = ("promote", "roll back", "continue")


def look(decision: str) -> Look:
    return Look(decision, json.dumps({"format": 1, "model": "churn", "decision": decision, "gates": []}))


@contextmanager
def answering(server: VerdictServer) -> Iterator[VerdictServer]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(url: str, body: bytes | None = None) -> tuple[int, str]:
    """Ask as a controller does: GET without a body, POST with one."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def argo(metric: Any, url: str) -> str:
    """Measure as Argo Rollouts' web provider does: its metricproviders/webmetric and utils/evaluate.

    No 2xx is an error, as is JSON without such a path; what is no JSON is the result as it is. Then the conditions:
    failed, successful, and inconclusive where neither holds. Of its expressions this reads comparisons with a text.
    """
    status, body = ask(url)
    if not 200 <= status < 300:
        return "Error"
    path = metric["provider"]["web"]["jsonPath"]
    assert path.startswith("{$.") and path.endswith("}")
    result: Any = body
    try:
        result = json.loads(body)
        for name in path[3:-1].split("."):
            result = result[name]
    except (LookupError, TypeError):
        return "Error"
    except ValueError:
        pass
    held = {}
    for key in ("successCondition", "failureCondition"):
        name, equals, text = metric[key].partition(" == ")
        assert (name, equals) == ("result", " == ")
        held[key] = result == json.loads(text)
    return "Failed" if held["failureCondition"] else "Successful" if held["successCondition"] else "Inconclusive"


def assess(metric: Any, phases: list[str]) -> str:
    """Assess a metric's measurements as Argo Rollouts' analysis/analysis.go does, where no `count` is given."""
    assert "count" not in metric
    errors = next((place for place, one in enumerate(reversed(phases)) if one != "Error"), len(phases))
    if errors > metric["consecutiveErrorLimit"]:
        return "Error"
    if phases.count("Inconclusive") > metric["inconclusiveLimit"]:
        return "Inconclusive"
    if phases.count("Failed") > metric["failureLimit"]:
        return "Failed"
    successes = next((place for place, one in enumerate(reversed(phases)) if one != "Successful"), len(phases))
    return "Successful" if successes >= metric["consecutiveSuccessLimit"] > 0 else "Running"


@pytest.fixture(scope="module")
def metric() -> Any:
    kinds = {one["kind"]: one for one in yaml.safe_load_all((RECIPES / "argo-rollouts.yml").read_text()) if one}
    [found] = kinds["AnalysisTemplate"]["spec"]["metrics"]
    port = kinds["Service"]["spec"]["ports"][0]["targetPort"]
    [container] = kinds["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert read_address(container["command"][container["command"].index("--serve") + 1]) == ("0.0.0.0", port)
    assert found["provider"]["web"]["url"] == f"http://{kinds['Service']['metadata']['name']}/"
    return found


def test_argo_goes_on_back_or_waits(metric: Any) -> None:
    with answering(VerdictServer(("127.0.0.1", 0), 60)) as server:
        assert argo(metric, f"{server.url}/") == "Error"
        found = []
        for decision in DECISIONS:
            server.look(lambda decision=decision: look(decision))
            found.append(argo(metric, f"{server.url}/"))
    assert found == ["Successful", "Failed", "Inconclusive"]


@pytest.mark.parametrize(
    ("phases", "outcome"),
    [
        (["Inconclusive"] * 5760, "Running"),
        (["Inconclusive"] * 5761, "Inconclusive"),
        (["Inconclusive"] * 50 + ["Successful"], "Successful"),
        (["Inconclusive"] * 50 + ["Failed"], "Failed"),
        (["Inconclusive"] + ["Error"] * 4, "Running"),
        (["Inconclusive"] + ["Error"] * 5, "Error"),
    ],
)
def test_argo_waits_for_as_long_as_a_stage_lasts(metric: Any, phases: list[str], outcome: str) -> None:
    assert assess(metric, phases) == outcome


def test_flagger_promotes_and_goes_back_at_200_alone() -> None:
    hooks = yaml.safe_load((RECIPES / "flagger.yml").read_text())["spec"]["analysis"]["webhooks"]
    payload = json.dumps({"name": "churn", "namespace": "test", "phase": "Progressing"}).encode()
    with answering(VerdictServer(("127.0.0.1", 0), 60)) as server:
        paths = {one["type"]: one["url"].replace("http://ml-ci-canary", server.url) for one in hooks}
        assert {ask(url, payload)[0] for url in paths.values()} == {503}
        answers = {}
        for decision in DECISIONS:
            server.look(lambda decision=decision: look(decision))
            answers[decision] = {kind: ask(url, payload) for kind, url in paths.items()}
    assert answers == {
        "promote": {"confirm-promotion": (200, "promote\n"), "rollback": (403, "promote\n")},
        "roll back": {"confirm-promotion": (403, "roll back\n"), "rollback": (200, "roll back\n")},
        "continue": {"confirm-promotion": (403, "continue\n"), "rollback": (403, "continue\n")},
    }


@pytest.mark.parametrize(
    "error",
    [UserError("the registry does not answer"), StageFailed(Failure("live", "x", "the registry does not answer"))],
)
def test_a_look_that_fails_takes_the_decision_back(error: Exception) -> None:
    def fail() -> Look:
        raise error

    with answering(VerdictServer(("127.0.0.1", 0), 60)) as server:
        server.look(lambda: look("promote"))
        assert ask(f"{server.url}/promote", b"")[0] == 200
        assert server.look(fail) is None
        assert ask(f"{server.url}/promote", b"") == (503, "the registry does not answer\n")
        assert ask(f"{server.url}/") == (503, '{"error": "the registry does not answer"}')
        assert ask(f"{server.url}/healthz") == (200, "ok\n")


def test_an_old_decision_is_none() -> None:
    with answering(VerdictServer(("127.0.0.1", 0), 0.05)) as server:
        server.look(lambda: look("promote"))
        time.sleep(0.2)
        assert ask(f"{server.url}/promote", b"") == (503, "the last look is too long ago\n")


def test_what_it_does_not_answer() -> None:
    with answering(VerdictServer(("127.0.0.1", 0), 60)) as server:
        assert ask(f"{server.url}/../etc/passwd")[0] == 404
        assert ask(f"{server.url}/x", b"")[0] == 404
        connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
        connection.putrequest("POST", "/promote")
        connection.putheader("Content-Length", "1000001")
        connection.endheaders()
        assert connection.getresponse().status == 413
        connection.close()


def test_it_looks_again_and_says_what_is_new() -> None:
    looks = iter(["continue", "continue", "promote"])
    said: list[str] = []

    def looking() -> Look:
        try:
            return look(next(looks))
        except StopIteration:
            raise KeyboardInterrupt from None

    server = VerdictServer(("127.0.0.1", 0), 60)
    with pytest.raises(KeyboardInterrupt):
        serve(server, looking, 0.01, said.append)
    assert said == ["continue", "promote"]


def test_a_first_look_that_fails_ends_it() -> None:
    def looking() -> Look:
        raise UserError("`churn` has no stage `canary`")

    with pytest.raises(UserError, match="has no stage"):
        serve(VerdictServer(("127.0.0.1", 0), 60), looking, 60, str)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("8080", ("127.0.0.1", 8080)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("[::1]:0", ("::1", 0)),
        ("a.b:65535", ("a.b", 65535)),
    ],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    assert read_address(text) == address


@pytest.mark.parametrize("text", ["", "x", ":80", "a:b", "65536", "-1"])
def test_no_address(text: str) -> None:
    with pytest.raises(UserError, match="no address"):
        read_address(text)
