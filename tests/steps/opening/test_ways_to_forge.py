"""A pull request's forgery and the default branch: every kind of thing that is believed, by every way that it may come.

The pull request makes the model worse: FNR 20% → 70%. Whoever forges edits one kind of record so that the rest follows
from it, and seals it as ml-ci does. After the merge the default branch's own run is to say `fail` all the same.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.forges.values import Request
from ml_ci.pipeline import run
from ml_ci.plan.plan import COMPARISONS, PREDICTIONS, TRAININGS, VERDICTS
from ml_ci.records.ledgers import Ledgers, dumps, loads
from ml_ci.records.origin import Origin
from ml_ci.records.places import Folder
from ml_ci.records.record import read, write
from ml_ci.records.remote import Remote
from ml_ci.records.shared import Shared
from ml_ci.records.store import Store
from ml_ci.reports.values import Report
from ml_ci.review.gathering import gathered
from ml_ci.steps.keeping.stock import Stock
from ml_ci.steps.promotion.handover import take_over
from ml_ci.steps.values import Options

LEDGERS = "ledgers"
KINDS = (TRAININGS, PREDICTIONS, COMPARISONS, VERDICTS, LEDGERS)
PULL = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_RUN_ID": "11"}
MAIN = {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main", "GITHUB_RUN_ID": "20"}
ORIGIN = Origin("pull_request", "refs/pull/7/merge", "11")


@dataclass
class Attack:
    """A repository in which the pull request was merged, and what its run left below `.ml_ci`."""

    project: Any
    report: Report
    kind: str = ""

    @property
    def state(self) -> Path:
        return Path(self.project.path) / ".ml_ci"

    @property
    def store(self) -> Store:
        return Store(self.state)

    def judged(self, where: Mapping[str, str], **asked: Any) -> Report:
        options = self.project.options(**asked)
        return run(replace(options, environment={**options.environment, **where}))

    def options(self, where: Mapping[str, str], **asked: Any) -> Options:
        options: Options = self.project.options(**asked)
        return replace(options, environment={**options.environment, **where})

    def records(self, kind: str) -> dict[str, Path]:
        """Give the folders of a kind's records by key, the candidate's first."""
        found = {key: at for one, key, at in self.store.records() if one == kind}
        own = self.report.models["cut"].candidate.record  # type: ignore[union-attr]
        contents = {key: read(at, kind, key).content for key, at in found.items()}
        return dict(sorted(found.items(), key=lambda pair: own not in (pair[0], contents[pair[0]].get("training"))))

    def drop(self, *kinds: str) -> None:
        for kind in kinds:
            shutil.rmtree(self.state / "records" / kind)

    def forge(self, kind: str) -> None:
        """Edit one kind so that it says what the forger wants, and remove what follows from it: that is made anew."""
        self.kind = kind
        later = (VERDICTS, COMPARISONS, PREDICTIONS)
        if kind == LEDGERS:
            for path in (self.state / LEDGERS).glob("*.json"):
                path.write_text(dumps(replace(loads(path.read_text(), str(path)), looks=())))
            return
        self.drop(*later[: {VERDICTS: 0, COMPARISONS: 1, PREDICTIONS: 2, TRAININGS: 3}[kind]])
        (key, own), *others = self.records(kind).items()
        content = json.loads(json.dumps(read(own, kind, key).content))
        if kind == VERDICTS:
            content["judged"]["gates"][0]["verdict"] = "pass"
        elif kind == COMPARISONS:
            content["comparison"]["candidate"] = content["comparison"]["baseline"]
        else:
            [(_, other)] = others
            name = "predictions.csv" if kind == TRAININGS else "predictions.parquet"
            shutil.copyfile(other / name, own / name)
        write(own, kind, key, content, ORIGIN)

    def files(self) -> Iterator[Path]:
        """Give the files that hold what was forged."""
        below = self.state / LEDGERS if self.kind == LEDGERS else self.state / "records" / self.kind
        yield from (path for path in below.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def _merged(tmp_path_factory: pytest.TempPathFactory, git_folder: Any, small: Any, data: Callable[[int], str]) -> Any:
    """Judge the pull request once, in its own run, and merge it."""
    project = small(git_folder(tmp_path_factory.mktemp("attack") / "repository"))
    project.commit({".gitignore": ".ml_ci/\n"}, "Ignore")
    project.repository.git("switch", "-q", "-c", "change")
    project.commit({"data/train.csv": data(30)}, "Other data")
    attack = Attack(project, Report("error", None, None))
    report = attack.judged(PULL)
    assert report.verdict == "fail"
    project.repository.git("switch", "-q", "main")
    project.repository.git("merge", "-q", "--no-ff", "-m", "Merge", "change")
    return project, report


@pytest.fixture
def attack(_merged: Any, small: Any, tmp_path: Path) -> Attack:
    known, report = _merged
    shutil.copytree(known.path, tmp_path / "repository", symlinks=True)
    repository = type(known.repository)(tmp_path / "repository")
    return Attack(small(repository, first=False), report)


@pytest.fixture(params=KINDS)
def forged(attack: Attack, request: pytest.FixtureRequest) -> Attack:
    """Give the attack with one kind forged; that a person's own run believes it shows that the forgery is good."""
    attack.forge(request.param)
    if request.param != LEDGERS:
        spare = attack.state.with_name("spare")
        shutil.copytree(attack.state, spare)
        assert attack.judged(dict.fromkeys(MAIN, "")).verdict == "pass"
        shutil.rmtree(attack.state)
        spare.rename(attack.state)
    return attack


def test_by_git(forged: Attack) -> None:
    """What is in the index or in HEAD is refused, whatever it is, in the pull request and after the merge."""
    forged.project.repository.git("add", "-f", *map(str, forged.files()))
    forged.project.commit(message="And a forged record")
    for where in (PULL, MAIN):
        with pytest.raises(
            UserError, match=r"is in git: records, ledgers and caches are believed only where they were"
        ):
            forged.judged(where)


def test_by_the_cache(forged: Attack) -> None:
    """A pull request's cache is not the default branch's (GitHub's rule); were it restored, all is made anew."""
    assert forged.judged(MAIN).verdict == "fail"
    if forged.kind == LEDGERS:
        [ledger] = Ledgers(forged.store).all()
        assert len(ledger.looks) == 1, "what forgets its looks counts no more than what was never there"
        return
    aside = {path.name.partition("-")[0] for path in (forged.state / "damaged").iterdir()}
    assert forged.kind in aside
    for kind in (VERDICTS, COMPARISONS, PREDICTIONS, TRAININGS):
        for key, at in forged.records(kind).items():
            assert read(at, kind, key).origin == Origin("push", "refs/heads/main", "20")


def test_by_the_store(forged: Attack, tmp_path: Path) -> None:
    """A pull request's run sends nothing; what it got there otherwise is not believed, and ledgers only ever grow."""
    share = tmp_path / "share"
    share.mkdir()
    with pytest.raises(UserError, match="a pull request's run does not write the shared store"):
        Stock.open(forged.options(PULL, store=str(share))).push([])
    remote = Remote.open(str(share), tmp_path)
    for kind, key, at in forged.store.records():
        remote.push(kind, key, at)
    for path in (forged.state / LEDGERS).glob("*.json"):
        remote.keep_ledger(path)
    for path in (forged.state / "reads").rglob("*.json"):
        remote.keep_reads(path.parent.name, path.stem, path)  # what leads to the records
    if forged.kind != LEDGERS:
        shutil.rmtree(forged.state)
    before = [len(one.looks) for one in Ledgers(forged.store).all()]
    report = forged.judged(MAIN, store=str(share))
    assert report.verdict == "fail"
    if forged.kind == LEDGERS:
        assert [len(one.looks) for one in Ledgers(forged.store).all()] >= before
    else:
        said = " ".join(report.models["cut"].notes)
        assert re.search(
            rf"the record {forged.kind}/\w+ in the store .* was not believed \(it was made elsewhere", said
        )


def test_by_an_archive(forged: Attack, tmp_path: Path) -> None:
    """What one job hands to the one that promotes is of this run; kinds that a promotion needs not are never taken."""
    folder = tmp_path / "handed"
    remote = Remote(Folder(folder))
    if forged.kind == LEDGERS:
        remote.place.prepare()
        for path in forged.files():
            remote.keep_ledger(path)
    else:
        for key, at in forged.records(forged.kind).items():
            remote.push(forged.kind, key, at)
    report = (forged.state / "report.json").read_text()
    shutil.rmtree(forged.state)
    forged.state.mkdir()
    (forged.state / "report.json").write_text(report.replace('"verdict": "fail"', '"verdict": "pass"'))
    taken = take_over(forged.options(MAIN), folder)
    assert taken.records == 0
    assert "no record of the training" in taken.missing["cut"]
    foreign = "it was made elsewhere, in a run of `pull_request` on refs/pull/7/merge"
    none, others = "it is no archive of a record", "it belongs to no model that passed in this run"
    allowed = {none} if forged.kind in (COMPARISONS, LEDGERS) else {foreign, others}
    said = {one.partition(": ")[2] for one in taken.refused}
    assert said and said <= allowed
    assert forged.kind in (COMPARISONS, LEDGERS) or foreign in said


def test_by_the_artifact_of_reports(forged: Attack, tmp_path: Path) -> None:
    """Where reports are expected only reports are read: anything else there is an error of the whole."""
    folder = tmp_path / "reports"
    shutil.copytree(forged.state / (LEDGERS if forged.kind == LEDGERS else "records"), folder / "more")
    shutil.copy(forged.state / "report.json", folder / "report.json")
    report = gathered(Request(reports=(folder,)))
    assert report.verdict == "error"
    assert report.failure is not None
    assert report.failure.code == "bad-report"


def test_a_ledger_of_the_store_forgets_nothing(attack: Attack, tmp_path: Path) -> None:
    """Whoever sends a ledger without looks takes none away from who knows them."""
    shared = Shared("share", tmp_path)
    own = Ledgers(Store(attack.state, shared))
    [before] = own.all()
    Remote.open("share", tmp_path).place.prepare()
    path = tmp_path / f"{before.holdout.digest}.json"
    path.write_text(dumps(replace(before, looks=())))
    Remote.open("share", tmp_path).keep_ledger(path)
    own.send()
    assert [*own.all()] == [before]
    [name] = shared.ledgers()
    assert loads(shared.ledgers()[name], name) == before


def test_a_pull_requests_run_sends_nothing_though_it_is_asked_to(attack: Attack, tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    shutil.rmtree(attack.state)
    report = attack.judged(PULL, store=str(share), push=True)
    assert [note for note in report.models["cut"].notes if "does not write the shared store: nothing was sent" in note]
    assert not list(share.rglob("*.tar"))
    shutil.rmtree(attack.state)
    attack.judged(MAIN, store=str(share), push=True)
    assert len(list(share.rglob("*.tar"))) == 6
