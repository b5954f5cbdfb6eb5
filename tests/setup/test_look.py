"""What is looked at in a repository: whatever its files are like, looking is no error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ml_ci.setup.choose import choose
from ml_ci.setup.look import look
from ml_ci.setup.values import Answers


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", "not toml ["),
        ("pyproject.toml", 'project = "x"\ntool = 1\n'),
        ("pyproject.toml", '[project]\nname = 3\nscripts = ["a"]\n'),
        ("pyproject.toml", '[project.scripts]\ntrain = "nowhere"\n'),
        ("dvc.yaml", "stages: [a, b]\n"),
        ("dvc.yaml", "stages: {train: python, fit: {cmd: 3, deps: 4, outs: {a: b}}}\n"),
        ("dvc.yaml", "stages: {train: {cmd: 'python \"x', wdir: 3, deps: [{}, null]}}\n"),
        ("dvc.yaml", "stages: {train: {cmd: c, deps: [a], outs: [b]}, other: {cmd: d, deps: [b], outs: [a]}}\n"),
        ("dvc.yaml", "a: b: c\n"),
        (
            "dvc.yaml",
            "stages: {train: {cmd: c, deps: [a], outs: [d]}, x: {cmd: d, deps: [b], outs: [a]},"
            " y: {cmd: e, deps: [a], outs: [b]}}\n",
        ),
        ("train.py", "x = x + y\ny = y + x\n" * 30 + "m.fit(1)\nopen(x + y, 'wb')\nm.save(y)\n"),
        ("params.yaml", "- 1\n"),
        ("MLproject", "entry_points: {main: {command: [a], parameters: 3}}\n"),
        ("MLproject", "entry_points: 5\n"),
        ("Makefile", "train:\n\npretrain = 5\ntrain: a b\n\t@\n"),
        ("Makefile", "train:\n\tpython 'x\n"),
        ("setup.cfg", "train = \n= a:b\n"),
        ("train.py", "def fit(:\n"),
        ("train.py", "x = x\ny = y + '/m.pkl'\nopen(y, 'wb')\nfit.fit(x)\n"),
        ("train.py", "def a(p):\n    return a(p + 'x')\na(a('m')).fit(open())\nimport sklearn\nopen(*p).dump(**q)\n"),
        ("train.py", "from . import *\nfrom ... import x\nx.fit().parents[-1].save(x.parents['a'])\n"),
        ("train.py", "\x00"),
        (".python-version", "pypy\n"),
        (".python-version", ""),
    ],
)
def test_no_file_is_too_odd(path: str, text: str, make_repository: Any) -> None:
    made = make_repository("odd")
    made.commit({path: text, "data/t.csv": "x,label\n1,0\n2,1\n"})
    choice = choose(look(Path(made.path)), Answers())
    assert choice.keys["label"] == "label"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('[project]\nname = "Churn.Model"\n', "churn-model"),
        ('[project]\nname = "7"\n', "model"),
        ("[tool.x]\n", "clone-2"),
    ],
)
def test_a_model_is_called_as_the_project_is(text: str, name: str, make_repository: Any) -> None:
    made = make_repository("Clone (2)")
    made.commit({"pyproject.toml": text})
    assert look(Path(made.path)).name == name
