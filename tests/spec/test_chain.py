"""`jobs:` in ml-ci.yaml: what is read, and what is wrong between jobs and models, each with its line."""

from __future__ import annotations

import pytest

from ml_ci.errors import UserError
from ml_ci.spec.deployments import find_deployments_of
from ml_ci.spec.load import load
from ml_ci.spec.values import FileEntry, MakingCommand, MakingFunction

FILE = """\
version: 1
jobs:
  clean: {{{clean}}}
  features: {{{features}}}
models:
  churn:
    train: churn:train
    data: {{{data}}}
    label: y
    positive: 1
"""
CLEAN = "run: 'clean {data.raw}', data: {raw: raw.csv}, outputs: [made/clean.csv]"
FEATURES = "function: 'f:make', data: {clean: {job: clean, path: made/clean.csv}}, outputs: ['{out}/features.csv']"
DATA = "train: {job: features, path: features.csv}, holdout: h.csv"


def write(clean: str = CLEAN, features: str = FEATURES, data: str = DATA) -> str:
    return FILE.format(clean=clean, features=features, data=data)


def test_jobs_are_read_with_their_defaults() -> None:
    spec = load(write(), "ml-ci.yaml")
    clean, features = spec.jobs["clean"], spec.jobs["features"]
    assert clean.job == MakingCommand("clean {data.raw}", ("made/clean.csv",))
    assert (clean.data, clean.upstream, clean.line) == ({"raw": FileEntry("raw.csv")}, (), 3)
    assert features.job == MakingFunction("f:make", ("{out}/features.csv",))
    assert features.upstream == ("clean",)
    assert spec.models["churn"].data == {"train": FileEntry("features.csv", None, "features")}
    assert spec.models["churn"].upstream == ("features",)
    assert list(spec.nodes) == ["churn", "clean", "features"]


def test_part_of_a_folder_that_a_job_leaves_is_data() -> None:
    text = write(
        features=FEATURES.replace("{out}/features.csv", "{out}/all"), data=DATA.replace(": features.csv", ": all/a")
    )
    assert load(text, "ml-ci.yaml").models["churn"].data["train"].path == "all/a"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"clean": CLEAN.replace("raw: raw.csv", "raw: {job: features, path: features.csv}")},
            "3: jobs.clean.data.raw.job: jobs need each other in a circle: clean → features → clean; leave one out",
        ),
        (
            {"clean": f"{CLEAN}, needs: [churn]"},
            "8: models.churn.data.train.job: models and jobs need each other in a circle: "
            "churn → features → clean → churn; leave one out",
        ),
        ({"clean": f"{CLEAN}, needs: [clean]"}, "3: jobs.clean.needs[0]: a job cannot need itself"),
        (
            {"clean": f"{CLEAN}, needs: [chrn]"},
            "3: jobs.clean.needs[0]: there is no model or job 'chrn', did you mean 'churn'?",
        ),
        (
            {"data": DATA.replace("job: features", "job: feature")},
            "8: models.churn.data.train.job: there is no job 'feature', did you mean 'features'?",
        ),
        (
            {"features": FEATURES.replace("job: clean", "job: churn")},
            "4: jobs.features.data.clean.job: 'churn' is a model, which leaves no data; name it under needs:",
        ),
        (
            {"data": DATA.replace("path: features.csv", "path: other.txt")},
            "8: models.churn.data.train.path: 'features' does not leave 'other.txt'; it leaves features.csv",
        ),
        (
            {"features": FEATURES.replace("'{out}/features.csv'", "")},
            "8: models.churn.data.train.path: 'features' does not leave 'features.csv'; "
            "it leaves nothing: give it outputs:",
        ),
        (
            {"features": FEATURES.replace("'{out}/features.csv'", "'{out}/features.csv', made/clean.csv")},
            "4: jobs.features.data.clean: the job reads 'made/clean.csv' and leaves it: "
            "what it reads would be gone; change one path",
        ),
        (
            {"features": "run: x, needs: [clean], outputs: [features.csv, made]"},
            "4: jobs.features.outputs[1]: 'made', which 'made/clean.csv' overlaps, is left by the job 'clean' already: "
            "two writers of one file; change one path",
        ),
        (
            {"features": "run: x, needs: [clean], outputs: [features.csv, '{out}/./features.csv']"},
            "4: jobs.features.outputs[1]: 'features.csv' is left by the job 'features' already: "
            "two writers of one file; change one path",
        ),
        (
            {"data": DATA.replace("h.csv", "made/clean.csv")},
            "8: models.churn.data.holdout: the job 'clean' leaves this file; write {job: clean, path: made/clean.csv}",
        ),
        (
            {"data": DATA.replace("holdout: h.csv", "holdout: {job: features, path: features.csv}")},
            "8: models.churn.data.holdout: the same data as train: a model must not be judged on rows that it has seen",
        ),
        (
            {"data": DATA.replace("holdout: h.csv", "holdout: {job: feature, path: test.csv}")},
            "8: models.churn.data.holdout.job: there is no job 'feature', did you mean 'features'?",
        ),
        (
            {"data": DATA.replace("holdout: h.csv", "holdout: {job: features, path: test.csv}")},
            "8: models.churn.data.holdout.path: 'features' does not leave 'test.csv', did you mean 'features.csv'?",
        ),
        ({"clean": f"{CLEAN}, function: a:b"}, "3: jobs.clean.run: there is function: already; keep one of the two"),
        ({"clean": CLEAN.replace("run: 'clean {data.raw}', ", "")}, "3: jobs.clean: there is nothing to do; add "),
        (
            {"clean": CLEAN.replace("data.raw}", "data.row}")},
            "3: jobs.clean.run: unknown placeholder {data.row}, did you mean 'data.raw'?",
        ),
        (
            {"clean": CLEAN.replace("{data.raw}", "{params}")},
            "3: jobs.clean.run: {params} cannot be filled in: the job has no params:",
        ),
        (
            {"clean": CLEAN.replace("made/clean.csv", "made/*.csv")},
            "3: jobs.clean.outputs[0]: expected the path of a file or a folder, ",
        ),
        (
            {"clean": CLEAN.replace("made/clean.csv", "'a/{out}'")},
            "3: jobs.clean.outputs[0]: only {out} is filled in here, at the beginning",
        ),
        (
            {"clean": CLEAN.replace("made/clean.csv", ".")},
            "3: jobs.clean.outputs[0]: expected a path below the folder of this file, ",
        ),
        (
            {"clean": CLEAN.replace("raw: raw.csv", "seed: raw.csv, raw: raw.csv")},
            "3: jobs.clean.data.seed: 'seed' cannot name data of a job",
        ),
        (
            {"clean": f"{CLEAN}, budget: {{rows: 5}}"},
            "3: jobs.clean.budget.rows: there is no data entry 'train' for the job; ",
        ),
        (
            {"clean": f"{CLEAN}, gates: [fpr <= 0.1]"},
            "3: jobs.clean.gates: unknown key; known are run, function, outputs, ",
        ),
        ({"clean": f"{CLEAN}, cmd: x"}, "3: jobs.clean.cmd: unknown key, did you mean 'run'?"),
    ],
)
def test_what_does_not_fit_together_is_named_with_its_line(change: dict[str, str], said: str) -> None:
    with pytest.raises(UserError) as caught:
        load(write(**change), "ml-ci.yaml")
    assert any(line.startswith(f"ml-ci.yaml:{said}") for line in caught.value.message.splitlines()), (
        caught.value.message
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("churn", "3: jobs.churn: a model has the name 'churn' already (line 6): rename one"),
        ("Churn", "3: jobs.Churn: a model has the name 'churn' already (line 6): rename one"),
        ("Features", "4: jobs.features: the name differs from 'Features' in capitals only; choose another"),
        (
            "a/b",
            "3: jobs.a/b: expected a name that can be a file's: up to 64 letters, digits, '-', '_' and '.', got 'a/b'",
        ),
    ],
)
def test_names_are_of_one_thing(name: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        load(write().replace("  clean:", f"  {name}:"), "ml-ci.yaml")
    assert f"ml-ci.yaml:{said}" in caught.value.message.splitlines()


def test_job_that_nothing_builds_on_is_a_check() -> None:
    assert load(write(), "ml-ci.yaml").checks == ()
    assert load(
        write(features=FEATURES.replace("{job: clean, path: made/clean.csv}", "c.csv")), "ml-ci.yaml"
    ).checks == ("clean",)


def test_two_mistakes_of_a_job_are_told_together() -> None:
    with pytest.raises(UserError) as caught:
        load(write(clean=f"{CLEAN}, seed: x, cwd: /tmp"), "ml-ci.yaml")
    assert [line.split(": ")[1] for line in caught.value.message.splitlines()] == ["jobs.clean.seed", "jobs.clean.cwd"]


def write_deployments(*jobs: str, more: str = "") -> str:
    listed = "".join(f"  {job}\n" for job in jobs)
    two = "\n".join(
        f"  {name}: {{train: 'm:t', data: {{train: t.csv, holdout: h.csv}}, label: y, positive: 1}}"
        for name in ("churn", "other")
    )
    return f"version: 1\njobs:\n{listed}models:\n{two}{more}\n"


IMAGE = "image: {run: make, needs: [churn], outputs: [image.tar]}"
DEPLOY = "deploy: {run: './deploy {needs.image}', needs: [image], env: [TOKEN], after: promotion}"


@pytest.mark.parametrize(
    ("jobs", "checks", "deployments"),
    [
        ((IMAGE,), ("image",), {"churn": (), "other": ()}),
        ((IMAGE, DEPLOY), ("image",), {"churn": ("deploy",), "other": ()}),
        (  # what is deployed is always made by a run, also where a check builds on it
            (IMAGE, "smoke: {run: pytest, needs: [image]}", DEPLOY),
            ("image", "smoke"),
            {"churn": ("deploy",), "other": ()},
        ),
        (
            (IMAGE, DEPLOY, "tell: {run: mail, needs: [deploy], after: promotion}"),
            ("image",),
            {"churn": ("deploy", "tell"), "other": ()},
        ),
        (  # it says which of the two it follows
            (IMAGE.replace("[churn]", "[churn, other]"), DEPLOY.replace("[image]", "[image, other]")),
            ("image",),
            {"churn": (), "other": ("deploy",)},
        ),
    ],
)
def test_jobs_after_a_promotion_are_no_checks_and_follow_one_model(
    jobs: tuple[str, ...], checks: tuple[str, ...], deployments: dict[str, tuple[str, ...]]
) -> None:
    spec = load(write_deployments(*jobs), "ml-ci.yaml")
    assert spec.checks == checks
    assert {name: find_deployments_of(spec, name) for name in spec.models} == deployments
    assert spec.find_checks_of("churn") == checks


@pytest.mark.parametrize(
    ("jobs", "said"),
    [
        (
            (IMAGE, DEPLOY.replace("promotion", "merge")),
            "4: jobs.deploy.after: input should be 'promotion', got 'merge'",
        ),
        (
            ("deploy: {run: x, after: promotion}",),
            "3: jobs.deploy.after: it follows the promotion of a model, and builds on none; name the model under "
            "needs:",
        ),
        (
            ("deploy: {run: x, needs: [churn, other], after: promotion}",),
            "3: jobs.deploy.after: it builds on the models churn, other; name the one that it follows under needs:",
        ),
        (
            ("deploy: {run: x, needs: [churn], after: promotion, outputs: [a]}",),
            "3: jobs.deploy.outputs: a job after the promotion leaves nothing that others read; leave this out",
        ),
        (
            (DEPLOY, IMAGE.replace("[churn]", "[churn, deploy]")),
            "4: jobs.image.needs: the job 'deploy' is done after the promotion, so that nothing which a run does "
            "builds on it; leave it out, or let this be after: promotion too",
        ),
        (
            (IMAGE, DEPLOY, "tell: {run: mail, needs: [deploy, other], after: promotion}"),
            "5: jobs.tell.needs: 'deploy' follows the promotion of 'churn', and this one that of 'other': neither "
            "waits for the other; leave it out",
        ),
    ],
)
def test_what_cannot_be_after_a_promotion_is_named_with_its_line(jobs: tuple[str, ...], said: str) -> None:
    with pytest.raises(UserError) as caught:
        load(write_deployments(*jobs), "ml-ci.yaml")
    lines = caught.value.message.splitlines()
    assert any(line.startswith(f"ml-ci.yaml:{said}") for line in lines), caught.value.message


@pytest.mark.parametrize(
    ("jobs", "line"),
    [
        ((IMAGE, DEPLOY, "tell: {run: 'mail {needs.deploy}', needs: [deploy], after: promotion}"), 5),
        (("lint: {run: x}", "more: {run: [x, '{needs.lint}/a'], needs: [lint]}"), 4),
    ],
)
def test_what_leaves_nothing_hands_nothing_on(jobs: tuple[str, ...], line: int) -> None:
    with pytest.raises(UserError) as caught:
        load(write_deployments(*jobs), "ml-ci.yaml")
    assert caught.value.message.startswith(f"ml-ci.yaml:{line}: jobs.")
    assert "leaves nothing, so that {needs." in caught.value.message
    assert "cannot be filled in; leave it out, or give that job outputs:" in caught.value.message


def test_no_model_builds_on_what_is_after_a_promotion() -> None:
    text = write_deployments(IMAGE, DEPLOY).replace("train: 'm:t'", "train: 'm:t', needs: [deploy]")
    with pytest.raises(UserError) as caught:
        load(text, "ml-ci.yaml")
    assert "models.other.needs: the job 'deploy' is done after the promotion" in caught.value.message
