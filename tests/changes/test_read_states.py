"""What a job read, and whether a tree agrees with it: a table of edits, and the law that they stand for."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_ci.changes.describe_reads import describe_reads, differences
from ml_ci.changes.fingerprint import fingerprint
from ml_ci.changes.read_states import ReadStates, States
from ml_ci.changes.reads import Reads
from ml_ci.changes.surroundings import Surroundings
from ml_ci.changes.values import Stage
from ml_ci.changes.whole import Whole
from ml_ci.repository.repository import Repository
from ml_ci.spec.values import CommandJob, FileEntry, FunctionJob, ModelSpec, Positive

NOTEBOOK = json.dumps({"cells": [{"cell_type": "code", "source": "a = 1", "outputs": []}]})
FILES = {
    "proj/t.py": "import helper\nimport os\nNAMES = ['switch.on', 'deep/flag']\ndef train(train): return 1\n",
    "proj/helper.py": "A = 1\n",
    "proj/plugin.py": "# by a variable\nA = 1\n",
    "proj/params.yaml": "m: {depth: 3}\nother: {depth: 4}\n",
    "proj/columns.json": '{"column": "kind"}\n',
    "proj/look.ipynb": NOTEBOOK,
    "proj/data/train.csv": "x,y\n1,0\n2,1\n",
    "proj/data/holdout.csv": "x,y\n1,0\n2,1\n",
    "proj/data/extra.csv": "x,y\n1,0\n",
    "proj/parts/part-1.csv": "x,y\n1,0\n",
    "proj/pkg/__init__.py": "",
    "proj/out/model.pkl": "an old model",
    "common/shared.py": "import numbers_of_ours\nCUT = 0.5\n",
    "common/words.txt": "a\n",
    "docs/a.md": "words\n",
}
READ = Reads(
    opened=frozenset(FILES) - {"docs/a.md", "proj/pkg/__init__.py", "proj/parts/part-1.csv", "proj/data/extra.csv"},
    imported=frozenset({"proj/t.py", "proj/helper.py", "proj/plugin.py", "common/shared.py"}),
    missed=frozenset({"proj/local.json", "common/local.json", ".git/HEAD", "proj/__pycache__/t.pyc"}),
    listed=frozenset({"proj/parts", "common", "nowhere"}),
)
MODEL = ModelSpec(
    "m",
    FunctionJob("t:train"),
    {"train": FileEntry("data/train.csv")},
    FileEntry("data/holdout.csv"),
    "y",
    Positive((1,)),
    params_file=("params.yaml", "m"),
)
COMMAND = replace(
    MODEL,
    job=CommandJob("python t.py --look-for wanted.txt", model="out/model.pkl"),
    ignore=("docs/**", "../common/w*"),
)


@pytest.fixture
def mono(repository: Any) -> Any:
    repository.commit(FILES)
    return repository


class Pair:
    """A repository whose HEAD was trained, beside what its disk holds now."""

    def __init__(self, mono: Any, model: ModelSpec = MODEL, stage: Stage = "train") -> None:
        self.found = Repository.find(mono.path / "proj")
        self.model, self.stage = model, stage
        self.old = self.look(self.found.head())

    def look(self, commit: str | None) -> ReadStates:
        tree = self.found.tree() if commit is None else self.found.tree(commit)
        known = fingerprint(self.model, tree, Surroundings(self.found.project))
        return ReadStates(self.model, known, Whole(self.found, tree, None), self.stage)

    def agrees(self, reads: Reads = READ) -> bool:
        states = self.old.of(reads)
        return self.look(None).now(states) == states

    def told(self, reads: Reads = READ) -> str:
        found = differences(self.old.of(reads), self.old, self.look(None))
        seen = [replace(one, name=posixpath.relpath(one.name, "proj") if one.name else "") for one in found]
        return describe_reads(seen).summary


def flat(states: States) -> dict[str, set[str]]:
    return {kind: set(items) for kind, items in states.items()}


def test_what_declared_parts_hold_is_no_read(mono: Any) -> None:
    found = flat(Pair(mono).old.of(READ))
    assert found["sources"] == {"proj/plugin.py", "common/shared.py", "proj/look.ipynb"}
    kept = {"proj/columns.json", "common/words.txt", "proj/local.json", "common/local.json"}
    assert kept <= found["files"]
    # The holdout of a function is no input of its training, and yet it was opened: so it is one.
    assert {path for path in found["files"] if path in FILES} == kept - {"proj/local.json", "common/local.json"} | {
        "proj/data/holdout.csv",
        "proj/out/model.pkl",
    }
    assert found["folders"] == {"proj/parts", "common", "nowhere"}
    assert {"switch.on", "deep/flag"} <= found["named"]


def test_what_a_command_leaves_and_what_is_ignored_is_no_read(mono: Any) -> None:
    found = flat(Pair(mono, COMMAND).old.of(READ))
    assert not {"proj/out/model.pkl", "common/words.txt"} & found["files"]
    assert {"wanted.txt", "t.py"} <= found["named"]


EDITS: list[tuple[str, Callable[[str], str] | str | None, str]] = [
    # path, what is done with it (None removes it), what is told ("" where nothing trains)
    ("proj/columns.json", '{"column": "x"}\n', "columns.json changed"),
    ("proj/columns.json", None, "columns.json removed"),
    ("proj/plugin.py", lambda text: text.replace("by a variable", "other words"), ""),
    ("proj/plugin.py", lambda text: text + "B = 2\n", "plugin.py changed"),
    ("proj/look.ipynb", lambda text: text.replace("[]", '["seen"]'), ""),
    ("proj/look.ipynb", lambda text: text.replace("a = 1", "a = 2"), "look.ipynb changed"),
    ("common/shared.py", lambda text: "# words\n" + text, ""),
    ("common/shared.py", lambda text: text.replace("0.5", "0.9"), "../common/shared.py changed"),
    ("common/shared.py", None, "../common/shared.py removed"),
    ("common/words.txt", "b\n", "../common/words.txt changed"),
    ("common/new.py", "", "+ ../common/new.py"),  # its names were listed
    ("proj/local.json", "{}", "+ local.json"),  # it was tried to be opened
    ("common/local.json", "{}", "+ ../common/local.json"),
    ("proj/parts/part-7.csv", "x,y\n", "+ parts/part-7.csv"),
    ("proj/parts/part-1.csv", "x,y\n5,5\n", ""),  # listed, and not opened
    ("proj/parts/part-1.csv", None, "parts/part-1.csv removed"),
    ("proj/switch.on", "", "+ switch.on"),  # a literal of t.py
    ("proj/pkg/switch.on", "", "+ pkg/switch.on"),
    ("proj/deep/flag", "", "+ deep/flag"),
    ("proj/flag", "", ""),
    ("proj/numbers_of_ours.py", "", "+ numbers_of_ours.py"),  # it would be imported in place of another
    ("proj/numbers_of_ours/__init__.py", "", "+ numbers_of_ours/__init__.py"),
    ("proj/new.py", "", ""),
    ("proj/pkg/new.py", "", ""),
    ("proj/docs/new.md", "", ""),
    ("new.txt", "", ""),
    ("docs/a.md", "other words\n", ""),
    ("proj/data/extra.csv", "x,y\n9,9\n", ""),
    ("proj/params.yaml", lambda text: text.replace("depth: 4", "depth: 5"), ""),
    ("proj/t.py", lambda text: text + "# words\n", ""),
    ("proj/helper.py", lambda text: text + "B = 1\n", ""),  # the part `code` says that
    ("proj/data/train.csv", "x,y\n1, 0\n2,1\n", ""),  # and `data.train` this
    ("proj/ignored.log", "", ""),
]


@pytest.mark.parametrize(("path", "edit", "told"), EDITS, ids=[f"{path}-{told}" for path, _, told in EDITS])
@pytest.mark.parametrize("committed", [False, True], ids=["on disk", "committed"])
def test_an_edit_counts_where_the_job_saw_the_file(mono: Any, path: str, edit: Any, told: str, committed: bool) -> None:
    pair = Pair(mono)
    after = edit(FILES[path]) if callable(edit) else edit
    if after is None:
        (mono.path / path).unlink()
    else:
        mono.write({path: after})
    if committed:
        mono.commit()
    assert pair.agrees() == (told == "")
    if told:
        assert pair.told().startswith(told)


def test_states_that_were_kept_are_what_json_gives_back(mono: Any) -> None:
    pair = Pair(mono)
    states = pair.old.of(READ)
    assert json.loads(json.dumps(states)) == states
    assert pair.look(None).now(json.loads(json.dumps(states))) == states


@pytest.mark.parametrize(
    ("edit", "agrees"),
    [
        ({}, True),
        ({"docs/a.md": "other"}, False),
        ({"new.txt": ""}, False),
        ({"proj/helper.py": "A = 2\n"}, True),
        ({"proj/data/train.csv": "x,y\n"}, True),
    ],
)
def test_what_nothing_could_watch_reads_everything(mono: Any, edit: Mapping[str, str], agrees: bool) -> None:
    pair = Pair(mono)
    mono.write(edit)
    unwatched = replace(READ, complete=False)
    assert pair.agrees(unwatched) == agrees
    if not agrees:
        assert "nothing could watch" in pair.told(unwatched)


@pytest.mark.parametrize(
    ("stage", "path", "counts"),
    [
        ("train", "proj/data/holdout.csv", True),
        ("score", "proj/data/holdout.csv", False),  # the key of a scoring has the holdout
        ("score", "proj/helper.py", False),  # and the training's
        ("metric", "proj/data/train.csv", True),  # that of a metric has neither
        ("metric", "proj/params.yaml", True),
        ("metric", "proj/columns.json", True),
    ],
)
def test_each_stage_leaves_out_what_its_own_key_holds(mono: Any, stage: Stage, path: str, counts: bool) -> None:
    assert (path in Pair(mono, stage=stage).old.of(READ)["files"]) == counts


def edited(path: str) -> str:
    more = {".py": "Z = 1\n", ".yaml": "z: 1\n", ".ipynb": "\n"}
    text = NOTEBOOK.replace("a = 1", "a = 2") if path.endswith(".ipynb") else FILES[path]
    return text + more.get(posixpath.splitext(path)[1], "more\n")


@settings(max_examples=25)
@given(changed=st.sets(st.sampled_from(sorted(FILES))), read=st.sets(st.sampled_from(sorted(FILES))))
def test_it_trains_exactly_if_a_read_changed(
    changed: set[str], read: set[str], tmp_path_factory: pytest.TempPathFactory, git_folder: Any
) -> None:
    """Whatever is edited, and whatever was read of it: the states agree if and only if a read was edited."""
    mono = git_folder(tmp_path_factory.mktemp("law"))
    mono.commit(FILES)
    pair = Pair(mono)
    mono.write({path: edited(path) for path in changed})
    held = {"proj/t.py", "proj/helper.py", "proj/params.yaml", "proj/data/train.csv"}
    reads = Reads(opened=frozenset(read), imported=frozenset(path for path in read if path.endswith(".py")))
    assert pair.agrees(reads) == (not (changed & read) - held)
    told = {one.name for one in differences(pair.old.of(reads), pair.old, pair.look(None))}
    assert told == (changed & read) - held
