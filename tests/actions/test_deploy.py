"""The example of the whole chain, run for real: a pull request, the default branch, promotion and deployment."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.act

EXAMPLE = Path(__file__).parents[2] / "examples" / "chain"
OFFERED = "# DEPLOY_TOKEN: ${{ secrets.DEPLOY_TOKEN }} # what `env:` of those jobs names"
GIVEN = "SERVICES: ${{ secrets.SERVICES }}"


@dataclass
class Team:
    """The example on GitHub, its registry, and the folder that its service is released into: a secret of one job."""

    rig: Any
    services: Path

    def read(self) -> dict[str, str]:
        found = (
            path for path in EXAMPLE.rglob("*") if path.is_file() and not {"__pycache__", ".ml_ci"} & {*path.parts}
        )
        return {path.relative_to(EXAMPLE).as_posix(): path.read_text(encoding="utf-8") for path in found}

    def change(self, name: str, old: str, new: str) -> dict[str, str]:
        """Give a file of the repository with one text in the place of another."""
        text = self.rig.git("show", f"main:{name}") + "\n"
        assert old in text
        return {name: text.replace(old, new)}

    def merge(self, files: dict[str, str]) -> Any:
        """Commit on the default branch, and run its workflow."""
        self.rig.git("checkout", "-q", "main")
        self.rig.commit(files)
        return self.push()

    def push(self) -> Any:
        after = self.rig.git("rev-parse", "main")
        payload = {"ref": "refs/heads/main", "after": after, "repository": {"default_branch": "main"}}
        return self.rig.run("default-branch.yml", "push", payload, at="main")

    @property
    def released(self) -> list[Path]:
        return sorted(self.services.glob("releases/*.pyz"))


@pytest.fixture
def team(rig: Any, mlflow: str, tmp_path: Path) -> Team:
    """Give the example with nothing promoted; the folder of the service is known to the job that deploys alone."""
    services = tmp_path / "services"
    services.mkdir()
    rig.variables = {"MLFLOW_TRACKING_URI": mlflow}
    rig.secrets = {"SERVICES": str(services)}
    rig.edits = {OFFERED: GIVEN}
    made = Team(rig, services)
    rig.git("rm", "-q", "-r", "--cached", ".")
    for path in rig.origin.iterdir():
        if path.is_file() and path.name != ".gitignore":
            path.unlink()
    rig.commit(made.read())
    return made


def test_the_chain_is_judged_in_a_pull_request_and_deployed_once_after_the_promotion(team: Team) -> None:
    done = team.push()
    assert done.jobs == {"gate": "success", "promote": "success", "deploy": "success"}, done.log
    [first] = team.released
    assert (team.services / "current").resolve() == first
    assert "leaving: deploy done for v1" in done.log
    assert "### Deployment" in done.said("summary")

    done = team.push()  # once more, as a person may: nothing is due
    assert (done.jobs["promote"], team.released) == ("success", [first]), done.log
    assert done.jobs.get("deploy") in (None, "skipped")

    files = team.change("transform.py", "CAP = 3.0", "CAP = 1.5")
    payload = team.rig.pull_request(files)
    done = team.rig.run("pull-request.yml", "pull_request", payload, at="refs/pull/7/merge")
    assert done.jobs == {"gate": "success", "report": "success"}, done.log
    statuses = team.rig.github.latest(payload["pull_request"]["head"]["sha"])
    assert {statuses[f"ml-ci/{name}"] for name in ("leaving", "rule", "validate", "build", "test")} == {"success"}
    assert "ml-ci/deploy" not in statuses
    assert team.released == [first], "a pull request deploys nothing"

    done = team.merge(files)
    assert done.jobs == {"gate": "success", "promote": "success", "deploy": "success"}, done.log
    assert len(team.released) == 2
    assert (team.services / "current").resolve() != first
    assert "in place of v1" in done.log
    assert str(team.services) not in json.dumps(done.lines), "a secret stands in the log"

    (team.services / "current").unlink()
    (team.services / "current").mkdir()
    done = team.merge(team.change("train.py", "STEPS = 400", "STEPS = 380"))
    assert done.jobs == {"gate": "success", "promote": "success", "deploy": "failure"}, done.log
    assert "deploy failed for v3" in done.said("error")
    (team.services / "current").rmdir()
    done = team.push()
    assert done.jobs == {"gate": "success", "promote": "success", "deploy": "success"}, done.log
    assert len(team.released) == 3, "the try that failed had released it"
    assert (team.services / "current").resolve() in team.released
