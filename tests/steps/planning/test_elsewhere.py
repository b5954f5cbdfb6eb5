"""A baseline that the default branch trained under other versions is found by its commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ml_ci.changes.values import Fingerprint
from ml_ci.records.index import Known, recall, remember
from ml_ci.records.manifests import Entry, pack_entries
from ml_ci.records.store import Store
from ml_ci.spec.values import FileEntry, FunctionJob, ModelSpec, Positive
from ml_ci.steps.planning.elsewhere import find_elsewhere
from ml_ci.steps.values import Project, Side

COMMIT = "c" * 40
MODEL = ModelSpec("churn", FunctionJob("a:b"), {"train": FileEntry("t.csv")}, FileEntry("h.csv"), "y", Positive((1,)))


@dataclass
class FakeTree:
    commit: str | None


@dataclass
class FakeProject:
    store: Store


def fingerprint(environment: str, code: str = "1") -> Fingerprint:
    parts = {"code": code, "environment": environment, "metrics": "m"}
    details: Mapping[str, Mapping[str, object]] = {"environment": {"scikit-learn": environment}}
    return Fingerprint(parts, frozenset({"code", "environment"}), details).with_reads({})


def side(one: Fingerprint, commit: str | None = COMMIT) -> Side:
    return Side("baseline", MODEL, cast(Any, FakeTree(commit)), one)


def trained(store: Store, one: Fingerprint) -> None:
    with store.draft() as draft:
        store.keep(draft, "trainings", one.training, {"reads": pack_entries([Entry(one.manifest, one.training, {})])})
    known = Known(one.training, one.parts, {"scikit-learn": one.parts["environment"], "gone": None})
    remember(store, COMMIT, "churn", known)


def asked(store: Store, one: Side) -> Side:
    return find_elsewhere(cast(Project, FakeProject(store)), one)


def test_another_environment_is_taken_and_named(tmp_path: Path) -> None:
    store = Store(tmp_path)
    trained(store, fingerprint("1.4"))
    found = asked(store, side(fingerprint("1.5")))
    assert found.fingerprint.training == fingerprint("1.4").training
    assert found.fingerprint.details["environment"] == {"scikit-learn": "1.4", "gone": None}
    assert found.fingerprint.parts["metrics"] == "m"


def test_the_own_environment_comes_first(tmp_path: Path) -> None:
    store = Store(tmp_path)
    trained(store, fingerprint("1.4"))
    trained(store, fingerprint("1.5"))
    assert asked(store, side(fingerprint("1.5"))).fingerprint == fingerprint("1.5")


def test_another_code_is_not_taken(tmp_path: Path) -> None:
    store = Store(tmp_path)
    trained(store, fingerprint("1.4", code="2"))
    assert asked(store, side(fingerprint("1.5"))).fingerprint == fingerprint("1.5")


def test_a_record_that_is_gone_is_not_taken(tmp_path: Path) -> None:
    store = Store(tmp_path)
    trained(store, fingerprint("1.4"))
    store.drop("trainings", fingerprint("1.4").training)
    assert asked(store, side(fingerprint("1.5"))).fingerprint == fingerprint("1.5")


def test_a_working_tree_has_no_commit_to_be_found_by(tmp_path: Path) -> None:
    store = Store(tmp_path)
    trained(store, fingerprint("1.4"))
    assert asked(store, side(fingerprint("1.5"), commit=None)).fingerprint == fingerprint("1.5")


def test_what_is_remembered_is_verified(tmp_path: Path) -> None:
    store = Store(tmp_path)
    trained(store, fingerprint("1.4"))
    folder = tmp_path / "commits" / COMMIT / "churn"
    for name, text in {
        "a": "{",
        "b": "[]",
        "c": '{"format": 1, "parts": {"x": 1}, "environment": {}}',
        "d": "{}",
    }.items():
        (folder / f"{name}.json").write_text(text)
    assert [known.key for known in recall(store, COMMIT, "churn")] == [fingerprint("1.4").training]
