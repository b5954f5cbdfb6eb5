"""Jobs after a promotion: done once the model is champion, once a move, by the default branch's file alone."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.main import call
from ml_ci.registry.deployments import write
from ml_ci.registry.history import list_tries
from ml_ci.registry.mlflow_registry import MlflowRegistry
from ml_ci.registry.values import DEPLOYED, JOBS, Try

JOB_FILES = {
    "deploy.py": """\
import json, os, sys
from pathlib import Path

service, (job, *paths) = Path(os.environ["SERVICE"]), sys.argv[1:]
facts = {name.removeprefix("ML_CI_").lower(): os.environ[name] for name in (
    "ML_CI_DEPLOYMENT", "ML_CI_MODEL", "ML_CI_VERSION", "ML_CI_COMMIT", "ML_CI_REPLACES", "ML_CI_BEGUN")}
same = len({Path(path).read_bytes() for path in paths}) < 2
with open(service / "log", "a") as log:
    told = {**facts, "job": job, "same": same, "secrets": "MLFLOW_TRACKING_PASSWORD" in os.environ}
    log.write(json.dumps(told) + "\\n")
if (service / f"{job}-fails").exists():
    sys.exit("the service did not start")
"""
}
JOBS_YAML = """
jobs:
  image: {run: "cp {needs.cutter} {out}/image.bin", needs: [cutter], outputs: ["{out}/image.bin"]}
  tell: {run: "python deploy.py tell", needs: [deploy], env: [SERVICE], after: promotion}
  deploy:
    run: python deploy.py deploy {needs.image}/image.bin {needs.cutter}
    needs: [image, cutter]
    env: [SERVICE]
    after: promotion
"""


@dataclass
class Service:
    """A game whose model is deployed to a service: a folder outside, that the job finds by a variable."""

    game: Any
    folder: Path

    def change(self, cut: float, jobs: str = JOBS_YAML) -> str:
        """Commit another model, judge it, and give its commit."""
        self.game.change(cut)
        path = self.game.path / "ml-ci.yaml"
        path.write_text(path.read_text() + jobs)
        for name, text in JOB_FILES.items():
            (self.game.path / name).write_text(text)
        self.game.git("add", "-A")
        commit: str = self.game.git("commit", "-q", "--amend", "-m", f"Cut at {cut}") or self.game.git(
            "rev-parse", "HEAD"
        )
        report = self.game.run()
        assert report.verdict == "pass", report
        return commit

    @property
    def log(self) -> list[dict[str, Any]]:
        """Give what each start of a job found."""
        path = self.folder / "log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def started(self) -> list[tuple[str, str]]:
        return [(one["job"], one["version"]) for one in self.log]

    @property
    def registry(self) -> MlflowRegistry:
        return MlflowRegistry(self.game.location)

    @property
    def tries(self) -> list[Try]:
        return list(list_tries("cutter", self.registry.tags("cutter")))


@pytest.fixture(scope="module")
def _judged() -> dict[str, Service]:
    """Keep what was judged once: the tests begin with copies of it."""
    return {}


@pytest.fixture
def service(
    game: Any, _judged: dict[str, Service], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Service:
    """Give a service to which nothing was deployed; the first model is judged, and not promoted."""
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "not for a job")
    if not _judged:
        folder = tmp_path_factory.mktemp("judged")
        shutil.copytree(game.path, folder / "project", symlinks=True)
        _judged["first"] = Service(replace(game, path=folder / "project", git=_git(folder / "project")), folder)
        _judged["first"].change(0.6)
    first = _judged["first"].game
    shutil.copytree(first.path, game.path, symlinks=True, dirs_exist_ok=True)
    game.package = first.package
    made = Service(game, game.path.with_name("service"))
    made.folder.mkdir()
    monkeypatch.chdir(game.path)
    monkeypatch.setenv("SERVICE", str(made.folder))
    return made


def _git(path: Path) -> Callable[..., str]:
    def git(*arguments: str) -> str:
        done = subprocess.run(("git", *arguments), cwd=path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    return git


Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Said:
    """Give what calls ml-ci; it gives the exit code and what was printed."""

    def ml_ci(*arguments: str) -> tuple[int, str, str]:
        code = call(list(arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return ml_ci


def test_a_run_makes_what_is_deployed_and_deploys_nothing(service: Service) -> None:
    report = service.game.run()
    assert {name: job.verdict for name, job in report.jobs.items()} == {"image": "pass"}
    assert service.log == []


def test_jobs_are_done_in_order_once_the_model_is_champion(service: Service, say: Said) -> None:
    code, out, _ = say("promote", "cutter")
    head = service.game.git("rev-parse", "HEAD")
    named = f"v1 ({head[:7]})"
    assert (code, out.splitlines()) == (
        0,
        [
            f"cutter: {named} is champion, the first one",
            f"cutter: deploy done for {named}",
            f"cutter: tell done for {named}",
        ],
    )
    known = {
        "model": "cutter",
        "version": "1",
        "commit": head,
        "replaces": "",
        "begun": "",
        "same": True,
        "secrets": False,
    }
    assert [{name: one[name] for name in known} for one in service.log] == [known, known]
    assert service.started == [("deploy", "1"), ("tell", "1")]
    assert len({one["deployment"] for one in service.log}) == 2
    champion = service.game.champion()
    assert {f"{DEPLOYED}deploy", f"{DEPLOYED}tell", JOBS} <= champion.tags.keys()
    for again in (("promote", "cutter"), ("deploy",), ("deploy", "cutter")):
        code, out, _ = say(*again)
        assert code == 0
        assert f"cutter: deploy was done for {named} at" in out
        assert "nothing to do" in out
    assert len(service.log) == 2


def test_the_next_version_takes_the_place_and_a_rollback_deploys_the_one_before(service: Service, say: Said) -> None:
    assert say("promote", "cutter")[0] == 0
    service.change(0.55)
    code, out, _ = say("promote", "cutter")
    assert code == 0
    assert out.splitlines()[1].endswith(", in place of v1")
    assert service.log[-2]["replaces"] == "1"
    code, out, _ = say("rollback", "cutter", "--reason", "wrong")
    lines = out.splitlines()
    assert code == 0, out
    assert lines[0] == "cutter: v1 is champion again, in place of v2"
    assert lines[1].startswith("cutter: deployed by deploy is v2, done ")
    assert lines[3].startswith("cutter: deploy done for v1 (")
    assert service.started == [(job, version) for version in "121" for job in ("deploy", "tell")]
    assert [one["same"] for one in service.log] == [True] * 6
    assert service.log[4]["deployment"] != service.log[0]["deployment"]
    history = json.loads(say("history", "cutter", "--json")[1])
    assert [(one["job"], one["version"], one["state"]) for one in history["deployments"]][:2] == [
        ("tell", "1", "done"),
        ("deploy", "1", "done"),
    ]
    assert len([line for line in say("history", "cutter")[1].splitlines() if line.startswith("> deploy: v1 done")]) == 1
    assert "deployment   deploy done" in say("lineage", "cutter@2")[1]
    assert [one["version"] for one in json.loads(say("lineage", "cutter@2", "--json")[1])["deployments"]] == ["2", "2"]
    assert "deploy done" in say("lineage", "cutter@1", "--mermaid")[1]


def test_a_failed_job_is_told_what_needs_it_waits_and_both_are_repeated(service: Service, say: Said) -> None:
    (service.folder / "deploy-fails").touch()
    code, out, err = say("promote", "cutter")
    assert code == 1
    assert "v1 (" in out
    assert "is champion" in out
    assert "cutter: deploy failed for v1" in err
    assert "the service did not start" in err
    assert "nothing is known to be deployed. To try again: ml-ci deploy cutter" in err
    assert "cutter: tell was not done for v1" in err
    assert service.game.in_use() == ("1", None)
    assert [one.state for one in service.tries] == ["failed"]
    said = json.loads(say("deploy", "--json")[1])["models"]["cutter"]
    assert [(one["job"], one["outcome"], one["failure"] and one["failure"]["code"]) for one in said] == [
        ("deploy", "failed", "job-exit"),
        ("tell", "waits", None),
    ]
    (service.folder / "deploy-fails").unlink()
    assert say("deploy", "cutter")[0] == 0
    assert service.started == [("deploy", "1")] * 3 + [("tell", "1")]
    assert [one["begun"] for one in service.log] == [""] * 4  # it ended each time: nothing is unknown
    assert len({one["deployment"] for one in service.log[:3]}) == 1


def test_no_deploy_leaves_it_to_the_job_that_has_the_secrets(service: Service, say: Said) -> None:
    code, out, _ = say("promote", "cutter", "--no-deploy", "--json")
    assert (code, json.loads(out)["deployments"]) == (0, [])
    code, out, _ = say("deploy", "--dry-run")
    assert code == 0
    assert "cutter: deploy is due for v1" in out
    assert "cutter: tell is due for v1" in out
    assert service.log == []
    assert service.tries == []
    assert say("deploy", "--approved-by", "Eve")[0] == 0
    assert {one.approved_by for one in service.tries} == {"Eve"}


def begin(service: Service, begun: datetime, **given: Any) -> Try:
    """Write down that a try was begun, as one that was killed left it."""
    [known] = [one for one in service.tries if one.job == "deploy"] or [None]
    assert known is not None
    until = (begun + timedelta(hours=1)).isoformat()
    made = replace(known, state="begun", ended=None, begun=begun.isoformat(), until=until, **given)
    write(service.registry, "cutter", made)
    return made


@pytest.mark.parametrize(
    ("elsewhere", "hours", "allow", "refused"),
    [
        (False, 0.0, (), False),  # here one works at a time: it was stopped
        (True, 0.0, (), True),
        (True, 0.0, ("--allow-pending", "--reason", "that runner is gone"), False),
        (True, 2.0, (), False),  # ml-ci would have ended it
    ],
)
def test_what_was_begun_and_never_ended_is_told_and_repeated_once_it_is_dead(
    service: Service, say: Said, elsewhere: bool, hours: float, allow: tuple[str, ...], refused: bool
) -> None:
    assert say("promote", "cutter")[0] == 0
    begun = datetime.now(UTC) - timedelta(hours=hours)
    left = begin(service, begun, **({"place": "run 77 of somebody"} if elsewhere else {}))
    code, _, err = say("deploy", "cutter", *allow)
    if refused:
        assert code == 2
        assert "the job deploy was begun for v1 of cutter" in err
        assert "(run 77 of somebody), and is not known to have ended" in err
        assert "--allow-pending" in err
        assert len(service.log) == 2
        return
    assert code == 0, err
    assert "it is done again, and finds that in ML_CI_BEGUN" in err
    assert service.started[2:] == [("deploy", "1")]
    assert service.log[2]["begun"] == left.begun
    assert service.log[2]["deployment"] == service.log[0]["deployment"]
    assert sorted(one.state for one in service.tries) == ["done", "done", "lost"]


def test_the_default_branch_says_what_is_done_whatever_is_checked_out(service: Service, say: Said) -> None:
    assert say("promote", "cutter", "--no-deploy")[0] == 0
    service.game.git("switch", "-q", "-c", "feature")
    path = service.game.path / "ml-ci.yaml"
    path.write_text(
        path.read_text().replace("python deploy.py deploy", "touch $SERVICE/other; python deploy.py deploy")
    )
    (service.game.path / "deploy.py").write_text("raise SystemExit('the code of a change')\n")
    assert say("deploy")[0] == 0
    service.game.git("commit", "-q", "-a", "-m", "Feature")
    assert say("rollback", "cutter", "--reason", "x")[0] == 2  # the first: nothing to go back to
    assert service.started == [("deploy", "1"), ("tell", "1")]
    assert not (service.folder / "other").exists()


def test_nothing_is_deployed_in_a_run_of_a_pull_request(
    service: Service, say: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert say("promote", "cutter", "--no-deploy")[0] == 0
    for name, value in {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request"}.items():
        monkeypatch.setenv(name, value)
    code, _, err = say("deploy", "cutter")
    assert (code, service.log) == (2, [])
    assert "this run belongs to a pull request (`pull_request`): nothing is deployed" in err


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("none", "cutter has no champion: nothing is deployed"),
        ("foreign", "is champion of cutter, and ml-ci did not put it there: it is not deployed"),
        ("unfinished", "is not finished"),
        ("rollback", "is not finished"),
        ("damaged", "the tag ml-ci.deployment.x of cutter is damaged"),
    ],
)
def test_a_champion_that_is_not_settled_is_not_deployed(service: Service, say: Said, spoil: str, said: str) -> None:
    registry = service.registry
    if spoil != "none":
        assert say("promote", "cutter", "--no-deploy")[0] == 0
    if spoil == "foreign":
        client, champion = registry._client, service.game.champion()
        made = client.create_model_version("cutter", champion.source, run_id=champion.run)
        registry.point("cutter", "champion", str(made.version))
    elif spoil == "unfinished":
        registry._client.delete_model_version_tag("cutter", "1", "ml-ci.promoted")
    elif spoil == "rollback":
        event = {"id": "x", "kind": "rollback", "model": "cutter", "time": "2026-01-01T00:00:00+00:00", "by": "Eve"}
        registry.tag_model(
            "cutter", "ml-ci.rollback", json.dumps({"event": {**event, "version": "1"}, "previous": None})
        )
    elif spoil == "damaged":
        registry.tag_model("cutter", "ml-ci.deployment.x", "{}")
    code, out, err = say("deploy", "cutter")
    assert (code, service.log) == (2, []), out
    assert said in err


@pytest.mark.parametrize(("where", "said"), [("record", "the model of v1"), ("jobs", "of the job image of v1")])
def test_what_the_registry_lost_or_changed_is_not_deployed(service: Service, say: Said, where: str, said: str) -> None:
    assert say("promote", "cutter", "--no-deploy")[0] == 0
    found = [path for path in service.game.state.parent.rglob(f"artifacts/{where}/**/*") if path.is_file()]
    target = [path for path in found if path.name in ("image.bin", "model.pkl")]
    assert target, found
    target[0].write_bytes(b"another")
    code, _, err = say("deploy", "cutter")
    assert (code, service.log) == (1, [])
    assert said in err
    assert "in the registry is not what was promoted" in err or "is not what was promoted" in err
    assert service.tries == []


def test_a_version_from_before_the_job_has_nothing_to_deploy(service: Service, say: Said) -> None:
    service.change(0.55, jobs="")
    assert say("promote", "cutter")[0] == 0
    assert service.log == []
    service.change(0.55)
    code, _, err = say("deploy", "cutter")
    assert (code, service.log) == (1, [])
    assert "of cutter has nothing of the job image, which deploy takes" in err


def test_without_the_record_of_what_is_deployed_nothing_is_promoted(service: Service, say: Said) -> None:
    from ml_ci.records.store import Store

    store = Store(service.game.state)
    [(kind, key, _)] = [one for one in store.records() if '"image"' in (one[2] / "record.json").read_text()]
    store.drop(kind, key)
    code, _, err = say("promote", "cutter")
    assert code == 2
    assert "the record of the job `image`, which is deployed with `cutter`, is not here" in err
    assert service.game.in_use() == (None, None)


def test_what_was_made_of_another_training_is_not_deployed(service: Service, say: Said) -> None:
    """Two machines train the same model each for itself: the image of the one is not of the model of the other."""
    from ml_ci.records.record import read
    from ml_ci.records.store import Store

    store = Store(service.game.state)
    [(kind, key, folder)] = [one for one in store.records() if '"made_of"' in (one[2] / "record.json").read_text()]
    known = read(folder, kind, key)
    [made_of] = known.content["made_of"].values()
    other = {**known.content, "made_of": {"cutter": made_of[::-1]}}
    with store.draft() as draft:
        shutil.copytree(folder / "outputs", draft / "outputs")
        shutil.copy(folder / "job.log", draft)
        store.drop(kind, key)
        store.keep(draft, kind, key, other)
    code, _, err = say("promote", "cutter")
    assert code == 2
    assert "the job `image`, which is deployed with `cutter`, was made of another training of it than passed" in err
    assert "ml-ci run cutter image" in err
    assert service.game.in_use() == (None, None)


def test_a_name_that_no_file_declares_is_a_mistake(service: Service, say: Said) -> None:
    code, _, err = say("deploy", "cuter")
    assert code == 2
    assert "ml-ci.yaml has no model `cuter`" in err
    assert "Its models are: cutter." in err
    assert service.log == []


def test_a_job_that_cannot_be_started_was_not_begun(service: Service, say: Said) -> None:
    missing = JOBS_YAML.replace(
        "    needs: [image, cutter]\n", "    needs: [image, cutter]\n    data: {x: nowhere.csv}\n"
    )
    service.change(0.6, jobs=missing)
    code, _, err = say("promote", "cutter")
    assert (code, service.log, service.tries) == (1, [], [])
    assert "cutter: deploy failed for v1" in err
    assert "nowhere.csv" in err
