"""What is told of the devices and the warnings of jobs."""

from __future__ import annotations

import html
from dataclasses import replace
from typing import Any

import pytest

from ml_ci.pipeline import run
from ml_ci.reports.as_json import dumps, from_json, to_json
from ml_ci.reports.forms import write
from ml_ci.reports.markdown import render
from ml_ci.reports.plain import plain
from ml_ci.spec.load import load
from ml_ci.spec.resources import Resources
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.telling.ran import caution_ran
from ml_ci.training.ran import Hardware, Ran, Warned
from tests.steps.conftest import JOB, SPEC

NO_GPU = Hardware("Xeon", 4)
H200 = Hardware("Xeon", 4, ("NVIDIA H200",))
ON_CPU = Ran(hardware=NO_GPU)
ON_H200 = Ran(("cuda:0 NVIDIA H200",), H200)
ON_A10 = Ran(("cuda:0 NVIDIA A10",), Hardware("Xeon", 4, ("NVIDIA A10",)))
XGBOOST = Warned("UserWarning: No visible GPU is found, setting device to CPU.")
TENSORFLOW = Warned("Could not find cuda drivers on your machine, GPU will not be used.")
LBFGS = Warned("ConvergenceWarning: lbfgs failed to converge (status=1):", 3)
ASKED = replace(ON_CPU, asked=("`params.device: cuda`",))

# What the candidate's training was, what the baseline's, how many GPUs are declared, what is said.
FALLBACKS = {
    "nothing": (ON_CPU, ON_CPU, 0, []),
    "a GPU that is used": (replace(ON_H200, asked=("`params.device: cuda`",)), ON_H200, 1, []),
    "declared": (ON_CPU, ON_CPU, 1, ["`resources: {gpus: 1}`", "use the CPU only", "run it where there is one"]),
    "declared, with a GPU there": (
        replace(ON_CPU, hardware=H200),
        ON_CPU,
        1,
        ["has NVIDIA H200", "CUDA_VISIBLE_DEVICES"],
    ),
    "asked for": (ASKED, ASKED, 0, ["asks for a GPU (`params.device: cuda`)", "use the CPU only. Its machine"]),
    "said by a library": (
        replace(ON_CPU, fallbacks=(XGBOOST,)),
        None,
        0,
        ["looked for a GPU", "“UserWarning: No visible"],
    ),
    "asked for, and said": (
        replace(ASKED, fallbacks=(XGBOOST,)),
        None,
        0,
        ["params.device", "“UserWarning: No visible"],
    ),
    "said of both sides": (
        replace(ON_CPU, fallbacks=(XGBOOST,)),
        replace(ON_CPU, fallbacks=(XGBOOST,)),
        0,
        ["looked for a GPU"],
    ),
    "what is said on any machine": (
        replace(ON_CPU, fallbacks=(TENSORFLOW,)),
        replace(ON_CPU, fallbacks=(replace(TENSORFLOW, count=2),)),
        0,
        [],
    ),
    "what is said on any machine, of one side": (
        replace(ON_CPU, fallbacks=(TENSORFLOW,)),
        ON_CPU,
        0,
        ["Could not find"],
    ),
}


@pytest.fixture
def model() -> ModelSpec:
    return load(SPEC, "ml-ci.yaml").models["cut"]


@pytest.mark.parametrize("case", FALLBACKS)
def test_a_fall_back_to_the_cpu(case: str, model: ModelSpec) -> None:
    own, other, gpus, words = FALLBACKS[case]
    asking = replace(model, resources=Resources(gpus=gpus) if gpus else None)
    found = caution_ran(asking, {"training": own}, {} if other is None else {"training": other})
    assert len(found) == bool(words)
    assert all(word in found[0] for word in words)


UNLIKE = {
    "the same": ({"training": ON_H200}, {"training": ON_H200}, ""),
    "another processor": ({"training": ON_CPU}, {"training": Ran(hardware=Hardware("EPYC", 64))}, ""),
    "another place of the same GPU": ({"training": ON_H200}, {"training": Ran(("cuda:3 NVIDIA H200",))}, ""),
    "a GPU without a name": ({"training": ON_H200}, {"training": Ran(("cuda:0",))}, ""),
    "no record of it": ({"training": ON_CPU}, {}, ""),
    "the CPU": ({"training": ON_CPU}, {"training": ON_H200}, "was trained on the CPU and the baseline on NVIDIA H200"),
    "another GPU": ({"training": ON_A10}, {"training": ON_H200}, "on NVIDIA A10 and the baseline on NVIDIA H200"),
    "the scoring": ({"scoring": ON_CPU}, {"scoring": ON_H200}, "was scored on the CPU and"),
    "both": (
        {"training": ON_CPU, "scoring": ON_CPU},
        {"training": ON_H200, "scoring": ON_H200},
        "was trained and scored on the CPU",
    ),
    "Metal": ({"training": ON_CPU}, {"training": Ran(("mps",))}, "the baseline on mps"),
    "the CPU and a GPU without a name": ({"training": ON_CPU}, {"training": Ran(("kfd",))}, "the baseline on a GPU"),
}


@pytest.mark.parametrize("case", UNLIKE)
def test_sides_that_ran_on_different_devices(case: str, model: ModelSpec) -> None:
    candidate, baseline, said = UNLIKE[case]
    found = caution_ran(model, candidate, baseline)
    assert [said in one for one in found] == ([True] if said else [])


def warning(*said: Warned) -> dict[str, Ran]:
    return {"training": replace(ON_CPU, warnings=said)}


WARNINGS = {
    "none": (warning(), warning(LBFGS), []),
    "a new one": (warning(LBFGS), warning(), ["The training warns of what the baseline's did not: ConvergenceWarning"]),
    "how often, and what to do": (warning(LBFGS), warning(), ["(3 times). Give it more iterations"]),
    "one of both": (warning(LBFGS), warning(replace(LBFGS, count=1)), []),
    "one of both, in other numbers": (warning(Warned("a 1 /x/y")), warning(Warned("a 22 /z/y")), []),
    "without a baseline": (warning(LBFGS), {}, ["The training warns: ConvergenceWarning: lbfgs failed"]),
    "of a later version": (warning(Warned("FutureWarning: n_jobs"), Warned("x.DeprecationWarning: y")), warning(), []),
    "many": (
        warning(*(Warned(letter) for letter in "abcdef")),
        warning(Warned("b")),
        [
            "did not: a",
            "did not: c",
            "did not: d",
            "has 2 more such warnings, in the log .ml_ci/logs/cut-candidate.log",
        ],
    ),
}


@pytest.mark.parametrize("case", WARNINGS)
def test_what_jobs_warned_of(case: str, model: ModelSpec) -> None:
    candidate, baseline, words = WARNINGS[case]
    found = caution_ran(model, candidate, baseline)
    assert len(found) == len(words)
    assert all(word in one for word, one in zip(words, found, strict=True))


def test_the_scoring_is_named(model: ModelSpec) -> None:
    found = caution_ran(model, {"scoring": warning(LBFGS)["training"]}, {"scoring": ON_CPU})
    assert found[0].startswith("The scoring warns of what the baseline's did not: ")


NOISY = JOB.replace(
    "def main(",
    """import warnings

def main(""",
).replace(
    "    at = cut(train)",
    """    warnings.warn("of both: 17 rows")
    print("WARNING: NEW", file=sys.stderr)
    at = cut(train)""",
)


def test_a_run_tells_new_warnings_from_old_ones(project: Any) -> None:
    project.commit({"train.py": NOISY.replace('    print("WARNING: NEW", file=sys.stderr)\n', "")})
    project.repository.git("checkout", "-q", "-b", "change")
    project.commit({"train.py": NOISY.replace("NEW", "few rows of \x1b[31m<b>[x](y)\u202e")})
    report = project.run()
    model = report.models["cut"]
    assert [one for one in model.cautions if "warns" in one] == [
        "The training warns of what the baseline's did not: few rows of <b>[x](y)"
    ]
    ran = to_json(report)["models"]["cut"]["candidate"]["ran"]
    assert {one["text"]: one["new"] for one in ran["training"]["warnings"]} == {
        "UserWarning: of both: 17 rows": False,
        "few rows of <b>[x](y)": True,
    }
    assert (ran["training"]["devices"], ran["training"]["hardware"]["cores"] > 0) == (["cpu"], True)
    assert from_json(to_json(report)).models["cut"].candidate == model.candidate
    marked_up = {"markdown": render(report), "html": write("html", report)}
    for name, shown in {**marked_up, "plain": plain(report)}.items():
        assert "The baseline's training warns alike: UserWarning: of both: 17 rows." in html.unescape(shown), name
        assert "did not: few rows of" in html.unescape(shown), name
    assert not [name for name, shown in marked_up.items() if "did not: few rows of <b>" in shown]
    again = project.run().models["cut"]
    assert (again.action, again.cautions, again.candidate.ran) == ("reuse", model.cautions, model.candidate.ran)


def test_what_a_job_ran_on_is_no_part_of_what_it_is_found_by(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that was made elsewhere, on a GPU, is used here all the same, and the two kinds are told."""
    where = "ml_ci.training.process.find_hardware"
    monkeypatch.setattr(where, lambda path: Hardware("EPYC", 64, ("NVIDIA H200",)))
    monkeypatch.setattr("ml_ci.training.job.list_used", lambda *_: ("cuda:0 NVIDIA H200",))
    assert project.run(baseline="none").models["cut"].candidate.ran["training"].devices == ("cuda:0 NVIDIA H200",)
    monkeypatch.undo()
    monkeypatch.setattr(where, lambda path: Hardware("Xeon", 2))
    project.repository.git("checkout", "-q", "-b", "change")
    project.edit("train.py", "BIAS = 4", "BIAS = 3")
    project.commit()
    model = project.run().models["cut"]
    assert [deed.side for deed in model.done] == ["candidate", "candidate"], "the baseline is not trained again"
    assert any("was trained on the CPU and the baseline on NVIDIA H200" in one for one in model.cautions)


def test_what_is_secret_is_masked(project: Any) -> None:
    project.commit({"train.py": NOISY.replace("NEW", "the key is s3cr3t-value-9")})
    options = project.options(baseline="none")
    report = run(replace(options, environment={**options.environment, "MY_API_TOKEN": "s3cr3t-value-9"}))
    assert "s3cr3t-value-9" not in dumps(report)
    assert any("WARNING" not in one and "the key is" in one for one in report.models["cut"].cautions)
