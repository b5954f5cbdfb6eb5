"""`dvc:` in ml-ci.yaml: what its stages become as jobs, and what is wrong with one, each with its line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from ml_ci.errors import UserError
from ml_ci.spec.load import load
from ml_ci.spec.values import FileEntry, JobSpec, Spec, StageJob

ML_CI = """\
version: 1
dvc: dvc.yaml
models:
  churn: {train: "dvc.yaml:train", label: y, positive: 1, data: {holdout: h.csv}}
"""
DVC = """\
vars: [more.json, {python: python3}]
stages:
  prepare:
    cmd: ${python} src/prepare.py ${prepare.share}
    wdir: work
    deps: [../data/raw.csv, ../src/prepare.py]
    params: [share, "../params.yaml": [prepare.share, lr]]
    outs: [made]
  features:
    foreach: [a, b]
    do:
      cmd: ["echo ${item}", "cut ${item} > ${item}.csv"]
      deps: [src, work/made/train.csv]
      outs: ["${item}.csv"]
  train:
    matrix: {kind: [x, y]}
    cmd: python src/train.py ${item.kind} ${key} {out}
    deps: [a.csv, work]
    outs: ["model_${item.kind}.pkl": {persist: true}]
    metrics: [{"m_${item.kind}.json": {cache: false}}]
  evaluate:
    cmd: python src/evaluate.py
    deps: [model_x.pkl]
    plots: [curve.csv: {x: a, y: b}]
"""
FILES = {
    "params.yaml": "prepare: {share: 0.2}\nlr: 1e-3\n",
    "work/params.yaml": "share: 3\n",
    "more.json": "{}",
    "src/prepare.py": "",
    "src/train.py": "",
    "src/notes.md": "",
    "dvc.yaml": DVC,
}


@dataclass(frozen=True)
class Held:
    """Files as a test writes them."""

    held: Mapping[str, str]

    def files(self) -> Iterable[str]:
        return list(self.held)

    def read(self, path: str) -> bytes:
        if path not in self.held:
            raise FileNotFoundError(path)
        return self.held[path].encode()


def read(files: Mapping[str, str] = FILES, text: str = ML_CI.replace(":train", ":train@x")) -> Spec:
    return load(text, "ml-ci.yaml", Held(files))


def stage(one: JobSpec) -> StageJob:
    assert isinstance(one.job, StageJob)
    return one.job


def test_each_stage_is_a_job_but_the_one_that_trains_a_model() -> None:
    spec = read()
    assert list(spec.jobs) == ["prepare", "features@a", "features@b", "train@y", "evaluate"]
    assert {name: job.upstream for name, job in spec.nodes.items()} == {
        "churn": ("features@a", "prepare"),
        "prepare": (),
        "features@a": ("prepare",),
        "features@b": ("prepare",),
        "train@y": ("features@a", "prepare"),
        "evaluate": ("churn",),
    }
    assert spec.checks == ("features@b", "train@y", "evaluate")


def test_a_stage_is_read_from_its_own_folder() -> None:
    prepare = read().jobs["prepare"]
    assert stage(prepare).command == "python3 src/prepare.py 0.2"
    assert (prepare.cwd, stage(prepare).left, prepare.line) == ("work", ("work/made",), 2)
    assert prepare.data == {"data/raw.csv": FileEntry("data/raw.csv")}
    assert prepare.code == ("src/prepare.py",)
    assert prepare.params == {"share": 3, "params.yaml:prepare.share": 0.2, "params.yaml:lr": 0.001}
    assert stage(prepare).asked == {"work/params.yaml": ("share",), "params.yaml": ("prepare.share", "lr")}


def test_commands_of_a_list_are_run_one_by_one_and_nothing_of_ours_is_filled_in() -> None:
    spec = read()
    assert stage(spec.jobs["features@a"]).command == "(\necho a\n) &&\n(\ncut a > a.csv\n)"
    assert spec.jobs["features@a"].code == ("src/**",)
    assert spec.models["churn"].job.text == "python src/train.py x x {out}"


def test_the_out_of_a_stage_is_the_model_and_its_deps_are_data() -> None:
    churn = read().models["churn"]
    assert isinstance(churn.job, StageJob)
    assert (churn.job.model, churn.job.left) == ("model_x.pkl", ("model_x.pkl", "m_x.json"))
    assert churn.data == {
        "a.csv": FileEntry("a.csv", None, "features@a"),
        "work/made": FileEntry("work/made", None, "prepare"),
        "work": FileEntry("work"),  # the rest of that folder
    }


def test_the_files_beside_ml_ci_yaml_are_read_where_no_others_are_given(tmp_path: Path) -> None:
    """As by whoever holds a report to the base's file, without its repository."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    text = ML_CI.replace(":train", ":train@x")
    assert list(load(text, str(tmp_path / "ml-ci.yaml")).nodes) == list(read().nodes)
    (tmp_path / "work/params.yaml").unlink()
    with pytest.raises(UserError, match=r"dvc.yaml:7: stages.prepare.params.0.: there is no file 'work/params.yaml'"):
        load(text, str(tmp_path / "ml-ci.yaml"))


def test_what_lies_beside_a_dep_in_the_workspace_is_known_by_who_leaves_it() -> None:
    dvc = "stages: {cut: {cmd: c, outs: [a.csv, b.csv]}, train: {cmd: t, deps: [a.csv], outs: [m, n], params: []}}"
    text = ML_CI.replace("label: y", "label: y, outputs: {model: m}")
    churn = read({"dvc.yaml": dvc}, text).models["churn"]
    assert isinstance(churn.job, StageJob)
    assert (dict(churn.data), churn.job.beside) == ({"a.csv": FileEntry("a.csv", None, "cut")}, {"b.csv": "cut"})
    assert {"b.csv", "dvc.yaml", "dvc.lock", ".dvc"} <= set(churn.job.held)


def test_a_holdout_is_cut_of_a_dep_that_is_named_as_data() -> None:
    dvc = "stages: {train: {cmd: t, deps: [data/all.csv], outs: [m.pkl]}}"
    text = ML_CI.replace("{holdout: h.csv}", "{rows: data/all.csv, holdout: {of: rows, share: 0.2}}")
    assert read({"dvc.yaml": dvc}, text).models["churn"].data == {"rows": FileEntry("data/all.csv")}


def test_a_stage_reads_what_a_job_leaves_and_a_model_what_a_stage_does() -> None:
    text = """\
version: 1
dvc: {file: dvc.yaml, python: py, seed: 7, budget: {time: 5m}, env: {MODE: fast}, resources: {cpus: 2}}
jobs: {load: {run: load, outputs: [raw.csv]}}
models:
  churn: {train: "m:t", label: y, positive: 1, data: {train: {job: clean, path: clean/a.csv}, holdout: h.csv}}
"""
    spec = read({"dvc.yaml": "stages: {clean: {cmd: c, deps: [raw.csv], outs: [clean]}}"}, text)
    clean = spec.jobs["clean"]
    assert clean.data == {"raw.csv": FileEntry("raw.csv", None, "load")}
    assert (clean.python, clean.seed, clean.budget.seconds, clean.env_values) == ("py", 7, 300, {"MODE": "fast"})
    assert clean.resources is not None
    assert clean.resources.cpus == 2
    assert spec.models["churn"].upstream == ("clean",)


@pytest.mark.parametrize(
    ("chosen", "jobs"),
    [
        ("[features]", ["prepare", "features@a", "features@b"]),
        ("[features@b]", ["prepare", "features@a", "features@b"]),  # what trains the model is always there
        ("[evaluate]", ["prepare", "features@a", "evaluate"]),
    ],
)
def test_stages_are_chosen_with_what_they_build_on(chosen: str, jobs: list[str]) -> None:
    text = ML_CI.replace("dvc: dvc.yaml", f"dvc: {{file: dvc.yaml, stages: {chosen}}}").replace(":train", ":train@x")
    assert list(read(text=text).jobs) == jobs


def test_a_frozen_stage_is_what_the_lock_says_and_never_run() -> None:
    lock = "schema: '2.0'\nstages: {get: {cmd: g, outs: [{path: a.csv, hash: md5, md5: 0cc1}]}}\n"
    dvc = (
        "stages: {get: {cmd: g, frozen: true, deps: [b.csv], outs: [a.csv]}, train: {cmd: t, deps: [a.csv], outs: [m]}}"
    )
    spec = read({"dvc.yaml": dvc, "dvc.lock": lock}, ML_CI)
    get = spec.jobs["get"]
    assert (get.data, get.job.command, get.job.parts) == ({}, "", {"frozen.a.csv": "0cc1"})
    assert spec.models["churn"].upstream == ("get",)


STAGE = "stages:\n  train:\n    cmd: t\n    outs: [m.pkl]\n"


@pytest.mark.parametrize(
    ("dvc", "said"),
    [
        ("", "dvc.yaml:1: the file is empty; `ml-ci init` writes one to start from"),
        ("stages: {}", "dvc.yaml:1: expected a mapping with the key stages, which holds at least one stage"),
        ("stages:\n  train: [", "dvc.yaml:2: this is not YAML: "),
        (f"{STAGE}stagess: 1\n", "dvc.yaml:5: stagess: unknown key; DVC knows artifacts, "),
        (f"{STAGE}    out: [b]\n", "dvc.yaml:5: stages.train.out: unknown key of a stage; DVC knows always_changed, "),
        ("stages:\n  train: t\n", "dvc.yaml:2: stages.train: expected a mapping with cmd, got 't'"),
        (
            "stages:\n  train:\n    outs: [m]\n",
            "dvc.yaml:2: stages.train.cmd: expected a command or a list of commands",
        ),
        (f"{STAGE}    frozen: 1\n", "dvc.yaml:5: stages.train.frozen: expected true or false, got 1"),
        (
            f"{STAGE}    frozen: true\n",
            "dvc.yaml:5: stages.train.frozen: the stage is never run, and dvc.lock does not know what it left at "
            "'m.pkl'; "
            "run `dvc repro --force train` once, or thaw it: dvc unfreeze train",
        ),
        (f"{STAGE}    deps: a.csv\n", "dvc.yaml:5: stages.train.deps: expected a list, got 'a.csv'"),
        (
            f"{STAGE}    deps:\n    - a\n    - remote://x/a.csv\n",
            "dvc.yaml:7: stages.train.deps[1]: 'remote://x/a.csv' is known to DVC's settings only; ",
        ),
        (f"{STAGE}    deps: [/a.csv]\n", "dvc.yaml:5: stages.train.deps[0]: '/a.csv' lies on this machine alone"),
        (
            f"{STAGE}    deps: [../a]\n",
            "dvc.yaml:5: stages.train.deps[0]: '../a' lies outside of the folder of",
        ),
        (
            f"{STAGE}    metrics: ['s3://b/a']\n",
            "dvc.yaml:5: stages.train.metrics[0]: 's3://b/a' is written to another",
        ),
        (f"{STAGE}    plots: [.]\n", "dvc.yaml:5: stages.train.plots[0]: a stage cannot leave the whole project"),
        (f"{STAGE}    params: [lr]\n", "dvc.yaml:5: stages.train.params[0]: there is no file 'params.yaml'"),
        (
            f"{STAGE}    params: [{{a.yaml: [x.y]}}]\n",
            "dvc.yaml:5: stages.train.params[0]: a.yaml has no key 'x.y': `dvc repro` would refuse, too",
        ),
        (f"{STAGE}    params: [{{b.yaml: }}]\n", "b.yaml:2: a: the key stands twice in this mapping, first on line 1"),
        (f"{STAGE}    vars: [a.yaml, {{x: 1}}]\n", "dvc.yaml:5: stages.train.vars[1]: 'x' has a value already"),
        (f"vars: [c.yaml]\n{STAGE}", "dvc.yaml:1: vars[0]: there is no file 'c.yaml'"),
        (f"vars: [a.py]\n{STAGE}", "dvc.yaml:1: vars[0]: 'a.py' is Python, whose values are not read; "),
        (f'vars: ["a.yaml:x,z"]\n{STAGE}', "dvc.yaml:1: vars[0]: a.yaml has no key 'z'"),
        (f"vars: ['${{x}}']\n{STAGE}", "dvc.yaml:1: vars[0]: nothing is filled in under vars:"),
        (STAGE.replace("cmd: t", "cmd: t ${x}"), "dvc.yaml:3: stages.train.cmd: ${x}: nothing is called 'x'"),
        (
            "stages:\n  train:\n    foreach: 3\n    do: {cmd: t}\n",
            "dvc.yaml:3: stages.train.foreach: expected a list or a mapping, got 3",
        ),
        (
            "stages:\n  train:\n    foreach: [1]\n    cmd: t\n",
            "dvc.yaml:4: stages.train.cmd: beside foreach: there is only",
        ),
        (
            "stages:\n  train:\n    matrix: {a: 1}\n    cmd: t\n",
            "dvc.yaml:3: stages.train.matrix: expected a mapping of",
        ),
        (
            "stages:\n  train:\n    foreach: [1, a/b, a b]\n    do:\n      cmd: t ${item.x}\n",
            "dvc.yaml:5: stages.train.do.cmd: ${item.x}: nothing is called 'x'",
        ),
        (
            "stages:\n  train:\n    foreach: [a/b, a b]\n    do: {cmd: t}\n",
            "dvc.yaml:4: stages.train.do: the stages 'train@a/b' and 'train@a b' are both 'train@a_b' as jobs",
        ),
        (
            f"{STAGE}  other:\n    cmd: o\n    outs: [m.pkl/x]\n",
            "ml-ci.yaml:4: models.churn.train: 'm.pkl', which 'm.pkl/x' ",
        ),
        (
            f"{STAGE}    deps: [b]\n  other:\n    cmd: o\n    deps: [m.pkl]\n    outs: [b]\n",
            "ml-ci.yaml:4: models.churn.train: models and jobs need each other in a circle: churn → other → churn; ",
        ),
        (
            f"{STAGE}  one:\n    cmd: o\n    deps: [b]\n    outs: [c]\n"
            "  two:\n    cmd: o\n    deps: [c]\n    outs: [b]\n",
            "dvc.yaml:7: stages.one.deps[0]: jobs need each other in a circle: one → two → one; leave one out",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_file_and_line(dvc: str, said: str) -> None:
    files = {"dvc.yaml": dvc, "a.yaml": "x: 1\n", "b.yaml": "a: 1\na: 2\n", "a.py": "x = 1\n"}
    with pytest.raises(UserError) as error:
        read(files, ML_CI)
    assert any(line.startswith(said) for line in error.value.message.splitlines()), error.value.message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "dvc: dvc.yaml\n",
            "",
            "ml-ci.yaml:3: models.churn.train: nothing says that the stages of dvc.yaml are jobs; ",
        ),
        ("dvc: dvc.yaml", "dvc: other.yaml", "ml-ci.yaml:2: dvc: there is no file 'other.yaml'; correct the path"),
        ("dvc: dvc.yaml", "dvc: pipeline", "ml-ci.yaml:2: dvc: expected the path of a dvc.yaml, got 'pipeline'"),
        ("dvc: dvc.yaml", "dvc: [dvc.yaml]", "ml-ci.yaml:2: dvc: expected a path such as dvc.yaml, or {file: "),
        (
            "dvc: dvc.yaml",
            "dvc: {file: dvc.yaml, stages: [trian]}",
            "ml-ci.yaml:2: dvc.stages[0]: there is no stage 'trian' in dvc.yaml, did you mean 'train'?",
        ),
        (
            "yaml:train",
            "yaml:trian",
            "ml-ci.yaml:4: models.churn.train: there is no stage 'trian' in dvc.yaml, did you",
        ),
        (
            "dvc.yaml:train",
            "b/dvc.yaml:train",
            "ml-ci.yaml:4: models.churn.train: the stages are those of dvc.yaml, not",
        ),
        (
            "label: y",
            "label: y, params: p.yaml",
            "ml-ci.yaml:4: models.churn.params: the stage says it: dvc.yaml line 2",
        ),
        ("label: y", "label: y, cwd: src", "ml-ci.yaml:4: models.churn.cwd: the stage says it: dvc.yaml line 2"),
        (
            "label: y",
            "label: y, run: x",
            "ml-ci.yaml:4: models.churn.run: there is train: already, which names a stage",
        ),
        (
            "label: y",
            "label: y, outputs: {model: n.pkl}",
            "ml-ci.yaml:4: models.churn.outputs.model: the stage 'train' does not leave 'n.pkl', did you mean 'm.pkl'?",
        ),
        (
            "label: y",
            "label: y, outputs: {predictions: m.pkl}",
            "ml-ci.yaml:4: models.churn.outputs.predictions: a stage leaves a model; name it: {model: PATH}",
        ),
        (
            "{holdout",
            "{train: {job: lint, path: a.csv}, holdout",
            "ml-ci.yaml:4: models.churn.data.train.job: there is no job 'lint'; jobs are test",
        ),
        (
            "{holdout",
            "{train: {job: test, path: a.csv}, holdout",
            "ml-ci.yaml:4: models.churn.data.train.path: 'test' does not leave 'a.csv', did you mean 'b.csv'?",
        ),
        (
            "models:",
            "jobs: {test: {run: x}}\nmodels:",
            "dvc.yaml:5: stages.test: the name differs from 'test' in capitals only; choose another",
        ),
    ],
)
def test_what_is_wrong_in_ml_ci_yaml_is_named_there(old: str, new: str, said: str) -> None:
    files = {"dvc.yaml": f"{STAGE}  test:\n    cmd: t\n    outs: [b.csv]\n"}
    with pytest.raises(UserError) as error:
        read(files, ML_CI.replace(old, new, 1))
    assert any(line.startswith(said) for line in error.value.message.splitlines()), error.value.message


@pytest.mark.parametrize(
    ("outs", "said"),
    [
        ("[a, b]", "the stage 'train' leaves a, b; say which is the model: outputs: {model: a}"),
        ("[]", "the stage 'train' leaves no model under outs:"),
    ],
)
def test_nothing_says_which_out_is_the_model(outs: str, said: str) -> None:
    with pytest.raises(UserError) as error:
        read({"dvc.yaml": f"stages: {{train: {{cmd: t, outs: {outs}}}}}"}, ML_CI)
    assert error.value.message == f"ml-ci.yaml:4: models.churn.train: {said}"
