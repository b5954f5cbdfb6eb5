"""kill -9 at any moment after a promotion or a rollback: deployed is once, and nothing that ended is repeated.

`ML_CI_KILLS` says how many, 6 by default; 20 of them, on a file:
`ML_CI_KILLS=20 python -m pytest -m slow -s tests/registry/stores/processes/test_deploy_kills.py`
"""

from __future__ import annotations

import json
import os
import random
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ml_ci.registry.history import list_tries
from ml_ci.registry.mlflow_registry import MlflowRegistry
from ml_ci.registry.values import Try

KILLS = int(os.environ.get("ML_CI_KILLS", "6"))

pytestmark = pytest.mark.slow

DEPLOY = Path(__file__).parents[4] / "examples" / "chain" / "deploy.py"
# What the example's script is put between: it says that it starts, and takes its time before and after.
START = """\
import json, os, time
from pathlib import Path

with open(Path(os.environ["SERVICES"]) / "starts", "a") as starts:
    starts.write(json.dumps([os.environ["ML_CI_DEPLOYMENT"], os.environ["ML_CI_BEGUN"]]) + "\\n")
time.sleep(0.5)
"""
END = "import time\ntime.sleep(0.5)\n"
RUN = "python start.py && python deploy.py {needs.cutter} && python end.py"
JOB = f"jobs: {{deploy: {{run: '{RUN}', needs: [cutter], env: [SERVICES], after: promotion}}}}\n"


@dataclass
class Service:
    """A desk whose model is deployed, and what its job left in the service's folder."""

    desk: Any
    hands: Any
    folder: Path
    calls: Any
    kills: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(20))
    seconds: float = 4.0

    @property
    def starts(self) -> list[tuple[str, str]]:
        """Give deployment and `ML_CI_BEGUN` of each start of the job."""
        path = self.folder / "starts"
        return [tuple(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []  # type: ignore[misc]

    @property
    def releases(self) -> list[str]:
        """Name the deployments that were released."""
        return [path.stem for path in self.folder.glob("releases/*.pyz")]

    @property
    def tries(self) -> tuple[Try, ...]:
        return list_tries("cutter", MlflowRegistry(self.desk.location).tags("cutter"))

    def do(self, call: partial[Any]) -> None:
        """Call until it ends, killed at any moment as long as there are kills left; then once more."""
        while self.kills < KILLS:
            began = time.monotonic()
            if not self.hands.kill_soon(call, 0, self.chance.uniform(0.0, self.seconds)):
                self.seconds = 1.1 * (time.monotonic() - began)
                break
            self.kills += 1
        assert self.hands.run(call).said == ""
        started = self.starts
        assert self.hands.run(call).said == ""
        assert self.starts == started, "what ended well is not started again"

    def check(self, versions: list[str]) -> None:
        """Hold that each move was deployed once, and what was started more often knew that it was."""
        told = self.tries
        done = [one for one in told if one.state == "done"]
        assert [one.version for one in done] == versions
        assert sorted(self.releases) == sorted(one.deployment for one in done)
        assert (self.folder / "current").resolve().stem == done[-1].deployment
        assert not [one for one in told if one.state in ("begun", "failed", "withdrawn")]
        for one in done:
            begun = [begun for name, begun in self.starts if name == one.deployment]
            lost = [other for other in told if (other.deployment, other.state) == (one.deployment, "lost")]
            assert all(begun[1:]), "who comes second knows it"
            assert 1 <= len(begun) <= len(lost) + 1, "what starts has its word in the registry first"


@pytest.fixture
def service(judged: Any, hands: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """Give a desk whose second model passed, with a job after its promotion."""
    import registry_child as child

    folder = tmp_path / "service"
    folder.mkdir()
    monkeypatch.setenv("SERVICES", str(folder))
    config = judged.path / "ml-ci.yaml"
    config.write_text(config.read_text().replace("models:", f"{JOB}models:", 1))
    for name, text in {"start.py": START, "deploy.py": DEPLOY.read_text(), "end.py": END}.items():
        (judged.path / name).write_text(text)
    judged.git("add", "-A")
    judged.git("commit", "-q", "-m", "Deploy")
    assert judged.run().verdict == "pass"
    return Service(judged, hands, folder, child)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_each_promotion_and_rollback_is_deployed_once_whenever_it_is_killed(service: Service) -> None:
    desk, versions = service.desk, []
    options = desk.options()
    deploy = partial(service.calls.deploy, options, "cutter")
    while True:
        again = ("rolled-back",) if versions else ()
        service.do(partial(service.calls.promote_and_deploy, options, desk.promotion(*again)))
        versions.append(desk.champion().version)
        service.check(versions)
        if service.kills >= KILLS:
            break
        desk.go_back()
        service.do(deploy)
        versions.append("1")
        service.check(versions)
    print(f"{service.kills} kills, {len(versions)} deployments, {len(service.starts)} starts")
    assert service.kills == KILLS
