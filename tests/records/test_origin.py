"""A record says where it was made, and the default branch believes what its own runs made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ml_ci.records.origin import Beliefs, Origin, foreign, origin_of, pack_origin, unpack_origin
from ml_ci.records.record import DamagedRecordError, read, reseal, write
from ml_ci.records.shared import Shared
from ml_ci.records.store import Store
from ml_ci.repository.repository import Repository
from ml_ci.steps.opening.believed import find_beliefs

KEY = "ab" + "0" * 62
MAIN = "refs/heads/main"
HERE = Origin("push", MAIN, "20")
PULL = Origin("pull_request", "refs/pull/7/merge", "11")


@pytest.mark.parametrize(
    ("made", "here", "said"),
    [
        (HERE, HERE, ""),
        (Origin("push", MAIN, "19"), HERE, ""),
        (Origin("schedule", MAIN, "18"), HERE, ""),
        (Origin("workflow_dispatch", MAIN, "18"), HERE, ""),
        (Origin("repository_dispatch", MAIN, "18"), HERE, ""),
        (Origin("workflow_run", MAIN, "20"), Origin("workflow_run", MAIN, "20"), ""),  # in this very run
        (Origin("workflow_run", MAIN, "19"), HERE, "made elsewhere, in a run of `workflow_run` on refs/heads/main"),
        (Origin("workflow_run", MAIN, ""), Origin("workflow_run", MAIN, ""), "made elsewhere"),
        (PULL, HERE, "made elsewhere, in a run of `pull_request` on refs/pull/7/merge"),
        (Origin("pull_request", MAIN, "20"), HERE, "made elsewhere"),  # the run's number alone is not enough
        (Origin("pull_request_target", MAIN, "11"), HERE, "made elsewhere, in a run of `pull_request_target`"),
        (Origin("issue_comment", MAIN, "11"), HERE, "made elsewhere"),
        (Origin("merge_group", "refs/heads/gh-readonly-queue/main/pr-7", "11"), HERE, "made elsewhere"),
        (Origin("push", "refs/heads/feature", "11"), HERE, "on refs/heads/feature"),
        (Origin("push", "refs/tags/main", "11"), HERE, "on refs/tags/main"),
        (Origin(), HERE, "made by hand, in no run of this branch"),
        (Origin("", MAIN, "20"), HERE, "made by hand"),
        (None, HERE, "made nobody knows where: by an older ml-ci, or not by ml-ci"),
    ],
)
def test_the_default_branch_believes_its_own_runs(made: Origin | None, here: Origin, said: str) -> None:
    told = foreign(made, here, (MAIN,))
    assert told.startswith(said) if not said.startswith("on ") else said in told
    assert bool(told) == bool(said)
    assert Beliefs(here).foreign(made) == ""  # on a person's machine whatever lies there is believed
    assert Beliefs(here, (MAIN,)).foreign(made) == told


@pytest.mark.parametrize(
    "said", [None, {}, "push", {"event": "push", "ref": MAIN}, {"event": 1, "ref": MAIN, "run": "1"}, ["event"]]
)
def test_what_is_no_origin_is_none(said: object) -> None:
    assert unpack_origin(said) is None
    assert unpack_origin(pack_origin(HERE)) == HERE


def _environment(event: str = "", ref: str = "", run: str = "20", **more: str) -> Mapping[str, str]:
    return {"GITHUB_EVENT_NAME": event, "GITHUB_REF": ref, "GITHUB_RUN_ID": run, **more}


@pytest.mark.parametrize(
    ("event", "ref", "refs"),
    [
        ("push", MAIN, (MAIN,)),
        ("schedule", MAIN, (MAIN,)),
        ("workflow_dispatch", MAIN, (MAIN,)),
        ("workflow_run", MAIN, (MAIN,)),
        ("a_new_event", MAIN, (MAIN,)),
        ("push", "refs/heads/feature", ("refs/heads/feature", MAIN)),
        ("release", "refs/tags/v1", ("refs/tags/v1", MAIN)),
        ("merge_group", "refs/heads/gh-readonly-queue/main/pr-7", ("refs/heads/gh-readonly-queue/main/pr-7", MAIN)),
        ("pull_request", "refs/pull/7/merge", ()),
        ("pull_request_target", MAIN, ()),
        ("", "", ()),  # by hand
    ],
)
def test_in_ci_a_run_believes_its_branch_and_the_default_one(
    repository: Any, event: str, ref: str, refs: tuple[str, ...]
) -> None:
    repository.commit({"a": ""})
    environment = _environment(event, ref)
    assert find_beliefs(Repository.find(repository.path), environment) == Beliefs(origin_of(environment), refs)


def test_the_event_names_the_default_branch(repository: Any, tmp_path: Path) -> None:
    repository.commit({"a": ""})
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"repository": {"default_branch": "trunk"}}))
    environment = _environment("push", "refs/heads/feature", GITHUB_EVENT_PATH=str(event))
    found = find_beliefs(Repository.find(repository.path), environment)
    assert found.refs == ("refs/heads/feature", "refs/heads/trunk")


def kept(root: Path, origin: Origin, **more: Any) -> Store:
    store = Store(root, beliefs=Beliefs(origin), **more)
    with store.draft() as draft:
        (draft / "model").write_text("weights")
        store.keep(draft, "trainings", KEY, {"seconds": 1})
    return store


def test_a_record_keeps_its_origin_and_is_found_by_what_it_was_made_of_alone(tmp_path: Path) -> None:
    kept(tmp_path, PULL)
    kept(tmp_path, HERE)  # the same inputs: one record, the first one's
    record = Store(tmp_path).find("trainings", KEY)
    assert record is not None
    assert record.origin == PULL
    assert [key for _, key, _ in Store(tmp_path).records()] == [KEY]


def test_one_of_a_pull_request_is_set_aside_on_the_default_branch_and_made_again(tmp_path: Path) -> None:
    kept(tmp_path / ".ml_ci", PULL)
    strict = Store(tmp_path / ".ml_ci", beliefs=Beliefs(HERE, (MAIN,)))
    assert strict.find("trainings", KEY) is None
    [said] = strict.damaged
    assert said.startswith(
        "the record trainings/ab0000000000 was not believed (it was made elsewhere, in a run of `pull_r"
    )
    assert "set aside in .ml_ci/damaged/" in said and said.endswith("and is made again")
    with strict.draft() as draft:
        again = strict.keep(draft, "trainings", KEY, {"seconds": 2})
    assert again.origin == HERE
    assert strict.find("trainings", KEY) == again


def test_one_that_stands_in_the_way_does_not_stay(tmp_path: Path) -> None:
    kept(tmp_path / ".ml_ci", PULL)
    strict = Store(tmp_path / ".ml_ci", beliefs=Beliefs(HERE, (MAIN,)))
    with strict.draft() as draft:
        assert strict.keep(draft, "trainings", KEY, {"seconds": 2}).content == {"seconds": 2}


def test_one_of_an_older_version_does_not_say_and_is_not_believed(tmp_path: Path) -> None:
    folder = Store(tmp_path / ".ml_ci").folder("trainings", KEY)
    folder.mkdir(parents=True)
    write(folder, "trainings", KEY, {"seconds": 1})
    assert "origin" not in json.loads((folder / "record.json").read_text())
    assert Store(tmp_path / ".ml_ci").find("trainings", KEY) is not None
    strict = Store(tmp_path / ".ml_ci", beliefs=Beliefs(HERE, (MAIN,)))
    assert strict.find("trainings", KEY) is None
    assert "made nobody knows where" in strict.damaged[0]


def test_an_origin_is_sealed_with_the_record(tmp_path: Path) -> None:
    kept(tmp_path, PULL)
    file = Store(tmp_path).folder("trainings", KEY) / "record.json"
    file.write_text(file.read_text().replace("pull_request", "push"))
    with pytest.raises(DamagedRecordError, match="does not match its own digest"):
        read(file.parent, "trainings", KEY)


def test_what_is_vouched_for_anew_is_verified_first(tmp_path: Path) -> None:
    kept(tmp_path, PULL)
    folder = Store(tmp_path).folder("trainings", KEY)
    reseal(folder, "trainings", KEY, HERE)
    assert read(folder, "trainings", KEY).origin == HERE
    (folder / "model").write_text("others")
    with pytest.raises(DamagedRecordError, match="model is not as it was written"):
        reseal(folder, "trainings", KEY, PULL)


def test_one_of_a_pull_request_in_the_shared_store_is_not_used_and_is_replaced(tmp_path: Path) -> None:
    pull = kept(tmp_path / "pull", PULL, shared=Shared("share", tmp_path))
    assert pull.shared is not None
    assert pull.shared.push("trainings", KEY, pull.folder("trainings", KEY))
    main = Store(tmp_path / "main", Shared("share", tmp_path), beliefs=Beliefs(HERE, (MAIN,)))
    assert main.has("trainings", KEY)
    assert main.find("trainings", KEY) is None
    assert not main.has("trainings", KEY)
    [said] = main.notes
    assert "in the store share was not believed (it was made elsewhere, in a run of `pull_request`" in said
    with main.draft() as draft:
        main.keep(draft, "trainings", KEY, {"seconds": 2})
    assert main.shared is not None
    assert main.shared.push("trainings", KEY, main.folder("trainings", KEY))
    other = Store(tmp_path / "other", Shared("share", tmp_path), beliefs=Beliefs(HERE, (MAIN,))).find("trainings", KEY)
    assert other is not None
    assert other.origin == HERE
