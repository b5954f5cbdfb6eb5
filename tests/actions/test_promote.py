"""The default branch with a registry, run for real: a server of MLflow, behind a login, and what becomes champion."""

from __future__ import annotations

import base64
import http.client
import json
import re
import shutil
import threading
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

pytestmark = pytest.mark.act

USER, PASSWORD = "robot", "correct horse battery staple"
LOGIN = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

# Standard library only: the job's Python is the rig's.
CODE = """\
import csv
from pathlib import Path


class Model:
    def __init__(self, cut):
        self.cut = cut


def train(train: Path, params):
    return Model(params["cut"])


def predict(model, rows: Path):
    with open(rows, newline="") as file:
        return [0.9 if float(row["x"]) >= model.cut else 0.1 for row in csv.DictReader(file)]
"""
MODEL = """\
  {name}:
    train: cutting:train
    predict: cutting:predict
    data: {{train: train.csv, holdout: holdout.csv}}
    params: {name}.yaml
    label: y
    positive: 1
    gates: [fpr <= 0.2, fnr <= baseline.fnr + 0.05]
"""
TRAIN = "x,y\n0.2,0\n0.8,1\n"
HOLDOUT = "x,y\n" + "".join(f"{n / 40:.3f},{int(n >= 20)}\n" for n in range(40))


@dataclass
class Registry:
    """The server behind its login, as a person looks at it."""

    url: str
    methods: set[str]

    def ask(self, method: str, path: str, **body: str) -> dict[str, Any]:
        """Ask MLflow's REST API."""
        url = f"{self.url}/api/2.0/mlflow/{path}"
        data = None
        if method == "GET":
            url += "?" + urllib.parse.urlencode(body)
        else:
            data = json.dumps(body).encode()
        headers = {"Authorization": LOGIN, "Content-Type": "application/json"}
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def alias(self, model: str, alias: str) -> str | None:
        """Give the version that an alias names."""
        try:
            found = self.ask("GET", "registered-models/alias", name=model, alias=alias)
        except urllib.error.HTTPError as error:
            assert error.code in (400, 404), error.read()
            return None
        return str(found["model_version"]["version"])

    def in_use(self, model: str) -> tuple[str | None, str | None]:
        """Give the versions that `champion` and `previous` name."""
        return self.alias(model, "champion"), self.alias(model, "previous")

    def versions(self, model: str) -> list[str]:
        """Give every version."""
        found = self.ask("GET", "model-versions/search", filter=f"name='{model}'")
        return sorted(str(one["version"]) for one in found.get("model_versions", ()))

    def event(self, model: str) -> dict[str, Any]:
        """Give what the champion's version says of its promotion."""
        found = self.ask("GET", "registered-models/alias", name=model, alias="champion")["model_version"]
        said: dict[str, Any] = json.loads(next(one["value"] for one in found["tags"] if one["key"] == "ml-ci.event"))
        return said

    def usurp(self, model: str) -> None:
        """Make another version champion, as somebody may by hand."""
        known = self.ask("GET", "registered-models/alias", name=model, alias="champion")["model_version"]
        same = {"source": known["source"], "run_id": known["run_id"]}
        made = self.ask("POST", "model-versions/create", name=model, **same)["model_version"]
        self.ask("POST", "registered-models/alias", name=model, alias="champion", version=made["version"])


@pytest.fixture(scope="module")
def registry(mlflow: str) -> Iterator[Registry]:
    """Put the server behind a login: what comes without it is turned away."""

    found: Registry

    class Handler(BaseHTTPRequestHandler):
        def _pass_on(self) -> None:
            found.methods.add(self.command)
            body = b"".join(self._body())
            if self.headers.get("Authorization") != LOGIN:
                self._answer(401, "text/plain", b"You are not logged in")
                return
            there = http.client.HTTPConnection(mlflow.removeprefix("http://"), timeout=60)
            own = ("authorization", "host", "connection", "transfer-encoding", "content-length")
            headers = {name: value for name, value in self.headers.items() if name.lower() not in own}
            there.request(self.command, self.path, body, headers)
            answer = there.getresponse()
            self._answer(answer.status, answer.headers.get("Content-Type", ""), answer.read())
            there.close()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass_on  # noqa: N815

        def _body(self) -> Iterator[bytes]:
            if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                yield self.rfile.read(int(self.headers.get("Content-Length") or 0))
                return
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        found = Registry(f"http://127.0.0.1:{server.server_address[1]}", set())
        yield found
        server.shutdown()


@dataclass
class Team:
    """A repository whose models are promoted; `names` are this test's own, for the registry is everybody's."""

    rig: Any
    registry: Registry
    names: tuple[str, ...]

    def commit(self, *cuts: float, branch: str = "main") -> str:
        """Commit models on a branch: the nearer to 0.5 the cut, the fewer misses above it and false alarms below."""
        spec = "version: 1\nmodels:\n" + "".join(MODEL.format(name=name) for name in self.names)
        params = {f"{name}.yaml": f"cut: {cut}\n" for name, cut in zip(self.names, cuts, strict=True)}
        self.rig.git("checkout", "-q", branch)
        files = {"ml-ci.yaml": spec, "cutting.py": CODE, "train.csv": TRAIN, "holdout.csv": HOLDOUT}
        return str(self.rig.commit({**files, **params}))

    def push(self, *cuts: float, branch: str = "main", template: str = "default-branch.yml") -> Any:
        """Commit models on a branch and run its workflow."""
        self.commit(*cuts, branch=branch)
        return self.again(branch, template)

    def again(self, branch: str = "main", template: str = "default-branch.yml") -> Any:
        """Run the workflow of a branch's last commit."""
        after = self.rig.git("rev-parse", branch)
        payload = {"ref": f"refs/heads/{branch}", "after": after, "repository": {"default_branch": "main"}}
        done = self.rig.run(template, "push", payload, at=branch)
        for secret in (self.rig.github.token, PASSWORD, LOGIN.split()[1]):
            assert all(secret not in json.dumps(line) for line in done.lines), "a secret stands in the log"
        return done


@pytest.fixture
def team(rig: Any, registry: Registry) -> Team:
    """Give a repository with two models, and where they are registered."""
    rig.variables = {"MLFLOW_TRACKING_URI": registry.url}
    logins = {"USERNAME": USER, "PASSWORD": PASSWORD}
    rig.secrets = {f"MLFLOW_{who}_{what}": said for who in ("READER", "PROMOTER") for what, said in logins.items()}
    return Team(rig, registry, tuple(f"{name}-{uuid.uuid4().hex[:6]}" for name in ("churn", "fraud")))


def test_the_first_becomes_champion_a_better_one_takes_its_place_and_a_worse_one_does_not(team: Team) -> None:
    churn, fraud = team.names
    team.rig.github.permissions["actions"] = "read"
    team.rig.github.approve("ada", "Looks right", run=1)
    done = team.push(0.6, 0.55)
    assert done.jobs == {"gate": "success", "promote": "success"}, done.log
    assert team.registry.in_use(churn) == team.registry.in_use(fraud) == ("1", None)
    assert "no champion yet" in done.said("summary") and "- Approved by ada: Looks right" in done.said("summary")
    assert [team.registry.event(churn)[key] for key in ("approved_by", "reason")] == ["ada", "Looks right"]

    head = team.commit(0.55, 0.55)
    done = team.again()
    assert done.jobs == {"gate": "success", "promote": "success"}, done.log
    assert team.registry.in_use(churn) == ("2", "1"), "judged against the champion, better, and in its place"
    assert team.registry.in_use(fraud) == ("1", None), "it did not change"
    assert f"v2 ({head[:7]}) is champion, in place of v1" in done.said("summary")
    assert f"{fraud}: v1" in done.log and "it is champion already: nothing was promoted" in done.log

    done = team.again()
    assert done.jobs == {"gate": "success", "promote": "success"}, done.log
    assert (team.registry.in_use(churn), team.registry.versions(churn)) == (("2", "1"), ["1", "2"])

    done = team.push(0.9, 0.55)
    assert done.jobs == {"gate": "failure", "promote": "failure"}, done.log
    assert (team.registry.in_use(churn), team.registry.versions(churn)) == (("2", "1"), ["1", "2"])
    assert re.search(r"Misses \d+ → \d+ \(\+\d+ of \d+\): FNR 10\.0%25 → 80\.0%25", done.said("error"))


def test_another_branch_is_refused(team: Team) -> None:
    team.rig.git("checkout", "-q", "-b", "release", "main")
    team.registry.methods.clear()
    done = team.push(0.6, 0.6, branch="release")
    assert done.jobs == {"gate": "success", "promote": "failure"}, done.log
    assert "Only a run on the default branch promotes" in done.said("error")
    assert team.registry.methods == {"GET"}, "the gate only reads"
    assert {one.name for one in (team.rig.state / "artifacts").iterdir()} == {"ml-ci-report"}
    assert [team.registry.versions(name) for name in team.names] == [[], []]


def test_one_that_is_refused_fails_the_job_and_the_other_is_promoted(team: Team) -> None:
    churn, fraud = team.names
    team.push(0.6, 0.6)

    def usurp(method: str, path: str) -> None:
        """Move the champion after the gate has judged: `promote` sets the statuses before it promotes."""
        if method == "POST" and "/statuses/" in path and team.registry.in_use(churn)[0] == "1":
            team.registry.usurp(churn)

    team.rig.github.before = usurp
    done = team.push(0.55, 0.55)
    assert done.jobs == {"gate": "success", "promote": "failure"}, done.log
    assert team.registry.in_use(churn)[0] == "2", "somebody else's, as it was"
    assert team.registry.in_use(fraud) == ("2", "1")
    assert f"{churn} was not promoted" in done.said("error")
    assert "was judged against champion v1" in done.said("error")
    assert "the champion is v2" in done.said("summary")


MATRIX = "default-branch-matrix.yml"


def test_what_the_legs_of_a_matrix_judged_is_promoted_without_any_cache(team: Team) -> None:
    churn, fraud = team.names
    done = team.push(0.6, 0.55, template=MATRIX)
    assert set(done.jobs.values()) == {"success"}, done.log
    assert team.registry.in_use(churn) == team.registry.in_use(fraud) == ("1", None)
    left = {one.name for one in (team.rig.state / "artifacts").iterdir()}
    assert {f"ml-ci-records-ml-ci-report-{name}" for name in team.names} <= left

    shutil.rmtree(team.rig.state / "caches")
    done = team.push(0.55, 0.9, template=MATRIX)
    assert done.jobs["promote"] == "failure", done.log  # fraud became worse
    assert team.registry.in_use(churn) == ("2", "1"), done.log
    assert team.registry.in_use(fraud) == ("1", None)


def test_records_that_were_lost_or_changed_on_the_way_are_named(team: Team) -> None:
    churn, fraud = team.names
    team.commit(0.6, 0.55)
    team.rig.lost = f"ml-ci-records-ml-ci-report-{churn}"

    def tamper(method: str, path: str) -> None:
        """Change what lies between the jobs: `promote` sets the statuses before it fetches the records."""
        for file in (team.rig.state / "artifacts").glob(f"ml-ci-records-*-{fraud}/trainings/*.tar"):
            file.write_bytes(file.read_bytes()[:700])

    team.rig.github.before = tamper
    done = team.again(template=MATRIX)
    assert done.jobs["promote"] == "failure", done.log
    assert [team.registry.versions(name) for name in team.names] == [[], []], done.log
    said = done.said("error")
    assert f"{churn} was not promoted::of `{churn}` no record of the training and verdict arrived" in said
    assert f"{fraud} was not promoted::of `{fraud}` no record of the training arrived" in said
    assert f"a record was refused::ml-ci-records-ml-ci-report-{fraud}/trainings/" in said
    assert "it is no archive of a record" in said
    assert "Run all jobs of this workflow again" in done.said("summary")
