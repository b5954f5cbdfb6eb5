"""The language of `dvc.yaml` as DVC itself reads it: the same stages, commands, deps, outs and parameters."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ml_ci.spec.dvc.lock import join_commands
from ml_ci.spec.dvc.looked import Folder, Looked
from ml_ci.spec.dvc.pipeline import read_pipeline
from tests.acceptance.dvc_repository import find_dvc

pytestmark = pytest.mark.slow

ASK = """\
import json, sys
from dvc.repo import Repo

found = {}
for stage in Repo(".").index.stages:
    if stage.cmd is None:
        continue
    params = [one for one in stage.deps if type(one).__name__ == "ParamsDependency"]
    found[stage.addressing] = {
        "cmd": stage.cmd,
        "deps": sorted(one.fspath for one in stage.deps if one not in params),
        "outs": sorted(one.fspath for one in stage.outs),
        "params": {one.fspath: sorted(one.params) for one in params},
        "frozen": bool(stage.frozen),
        "always": bool(stage.always_changed),
    }
print(json.dumps(found))
"""
FILES = {
    "params.yaml": """\
lr: 1e-3
on: true
off: false
none: null
octal: 0o17
yes: yes
models: {a: {depth: 1, flags: {fast: true, slow: false, tags: [x y, 2], deep: {er: "it's"}}}, b: {depth: 2, flags: {}}}
sizes: [10, 20]
mixed: [{name: p}, {name: q}]
""",
    "more.json": '{"extra": {"seed": 7}}',
    "work/params.yaml": "own: {k: 1}\n",
    "work/local.toml": "[table]\nkey = 3\n",
    "dvc.yaml": r"""
vars: [more.json:extra, {python: python3, text: "a b"}]
stages:
  plain:
    desc: some
    meta: {any: thing}
    cmd: ${python} plain.py ${lr} ${on} ${off} "${none}" ${octal} ${yes} \${HOME} ${extra.seed} '${text}'
    deps: [plain.py, "data/${text}.csv"]
    params: [lr, models.a, more.json: [extra.seed], work/params.yaml: ]
    outs: [plain.txt: {cache: false, persist: true}]
    always_changed: true
  flags:
    cmd: python flags.py ${models.a.flags} end
    frozen: true
    outs: [flags.txt]
  listed:
    wdir: work
    vars: [local.toml]
    cmd: ["echo ${table.key}", "echo ${sizes[1]} ${sizes.0}"]
    deps: [../plain.txt]
    params: [own.k, local.toml: [table.key]]
    outs: [out]
    metrics: [m.json: {cache: false}]
    plots: [p.csv: {x: a, y: b}]
  over_list:
    foreach: ${sizes}
    do: {cmd: "echo ${item} > s${item}.txt", outs: ["s${item}.txt"]}
  over_mixed:
    foreach: ${mixed}
    do: {cmd: "echo ${item.name} > ${item.name}.txt", outs: ["${item.name}.txt"]}
  over_map:
    foreach: ${models}
    do: {cmd: "echo ${key} ${item.depth} > ${key}.txt", deps: [plain.txt], outs: ["${key}.txt"]}
  grid:
    matrix: {size: "${sizes}", kind: [x, true], what: [{n: 1}, {n: 2}]}
    cmd: echo ${key} ${item.size} ${item.kind} ${item.what.n} > g-${key}.txt
    outs: ["g-${key}.txt"]
""",
}


def ask_dvc(folder: Path) -> dict[str, Any]:
    python = Path(find_dvc()).parent / "python"
    if not python.exists():
        pytest.skip("DVC's own Python is not beside its program")
    done = subprocess.run([str(python), "-c", ASK], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def ask_us(folder: Path, file: str) -> dict[str, Any]:
    pipeline = read_pipeline(file, Looked(Folder(folder)))
    return {
        stage.name: {
            "cmd": stage.commands[0] if len(stage.commands) == 1 else list(stage.commands),
            "deps": sorted(str(folder / path) for path in stage.deps),
            "outs": sorted(str(folder / out.path) for out in stage.outs),
            "params": {str(folder / path): sorted(names or ()) for path, names in stage.asked.items()},
            "frozen": stage.frozen,
            "always": stage.always,
        }
        for stage in pipeline.stages.values()
    }


def test_every_form_is_read_as_dvc_reads_it(tmp_path: Path) -> None:
    folder = tmp_path.resolve() / "repository"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run([find_dvc(), "init", "-q"], cwd=folder, check=True)
    theirs, ours = ask_dvc(folder), ask_us(folder, "dvc.yaml")
    assert list(ours) == list(theirs)
    for name, stage in theirs.items():
        assert ours[name] == stage, name
    assert join_commands(("a", "b")) == "(\na\n) &&\n(\nb\n)"
