"""What a job's code begins with, and that nothing counts which stands behind other code."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_ci.spec.values import CommandJob, Positive
from ml_ci.training.lead import find_lead
from ml_ci.training.stems import Lead
from ml_ci.training.values import Input, PredictRequest

LEAD = "import pandas\nfrom sklearn.linear_model import LogisticRegression as L\n"
BOTH = ("import pandas", "from sklearn.linear_model import LogisticRegression as L")


def find(jobs: Any, code: str = "jobs:train", cwd: str = ".") -> Lead | None:
    return find_lead(jobs.request(code, cwd=cwd), ("python",), {})


def statements(found: Lead | None) -> tuple[str, ...]:
    return () if found is None else found.statements


@pytest.mark.parametrize(
    ("before", "found"),
    [
        ("", BOTH),
        ('"""What it does."""\nfrom __future__ import annotations\n', BOTH),
        ("# a word\nimport os, sys\nfrom pathlib import Path\n", BOTH),
        ("import os, numpy as np\n", ("import numpy", *BOTH)),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\n", BOTH),
        # What may change what an import does
        ('import os\nos.environ["OPENBLAS_NUM_THREADS"] = "1"\n', ()),
        ('import sys\nsys.path.insert(0, "vendor")\n', ()),
        ("import warnings; warnings.simplefilter('error')\n", ()),
        ("import torch\n", ()),
        ("import numpy, torch\n", ()),
        ("from sklearnex import patch_sklearn\npatch_sklearn()\n", ()),
        ("import features\n", ()),
        ("from . import features\n", ()),
        ("if True:\n    import os\n", ()),
        ("SEED = 1\n", ()),
        ("import numpy\nnumpy.seterr(all='raise')\n", ("import numpy",)),
        ("def broken(:\n", ()),
    ],
)
def test_takes_the_imports_of_libraries_before_anything_else(jobs: Any, before: str, found: tuple[str, ...]) -> None:
    jobs.write("jobs.py", before + LEAD + "def train(): ...\n")
    assert statements(find(jobs)) == found


@pytest.mark.parametrize(
    ("files", "code", "cwd", "found"),
    [
        ({"a/b.py": LEAD}, "a.b:train", ".", BOTH),
        ({"a/__init__.py": '"""A package."""\n', "a/b.py": LEAD}, "a.b:train", ".", BOTH),
        ({"a/__init__.py": "import numpy\n", "a/b.py": LEAD}, "a.b:train", ".", ("import numpy", *BOTH)),
        ({"a/__init__.py": "import numpy\nX = 1\n", "a/b.py": LEAD}, "a.b:train", ".", ("import numpy",)),
        ({"a/__init__.py": LEAD}, "a:train", ".", BOTH),
        ({"part/jobs.py": LEAD, "jobs.py": ""}, "jobs:train", "part", BOTH),
        ({"part/x.py": "", "jobs.py": LEAD}, "jobs:train", "part", BOTH),
        ({"src/a/b.py": LEAD, "pyproject.toml": '[project]\nname = "a"\n'}, "a.b:train", ".", BOTH),
        ({"src/a/b.py": LEAD}, "a.b:train", ".", ()),
        ({"statistics.py": LEAD}, "statistics:train", ".", ()),
        ({}, "jobs:train", ".", ()),
    ],
)
def test_finds_the_file_where_the_job_does(
    jobs: Any, files: dict[str, str], code: str, cwd: str, found: tuple[str, ...]
) -> None:
    for path, content in files.items():
        jobs.write(path, content)
    assert statements(find(jobs, code, cwd)) == found


@pytest.mark.parametrize(
    ("entry", "begins", "found"),
    [
        (None, "jobs:train", BOTH),
        (None, "python jobs.py --fast", BOTH),
        (None, "python -m jobs", BOTH),
        (None, "make model", ()),
        (None, "", ()),
        ("adapter:predict", "jobs:train", ("import numpy",)),
    ],
)
def test_scores_as_the_training_began_or_as_its_own_function_does(
    jobs: Any, entry: str | None, begins: str, found: tuple[str, ...]
) -> None:
    jobs.write("jobs.py", LEAD)
    jobs.write("adapter.py", "import numpy\nX = 1\nimport pandas\n")
    request = scoring(jobs, entry=entry, begins=begins)
    assert statements(find_lead(request, ("python",), {})) == found


def scoring(jobs: Any, **options: Any) -> PredictRequest:
    asked = jobs.request("jobs:train")
    return PredictRequest(
        model=asked.model,
        artifact=Path("model.pkl"),
        folder=asked.folder,
        work=asked.work,
        rows=Input("nowhere.csv"),
        positive=Positive(values=(1,)),
        interpreter=asked.interpreter,
        environment=asked.environment,
        **options,
    )


def test_names_what_the_repository_has_of_its_own(jobs: Any) -> None:
    for path in ("jobs.py", "part/pandas.py", "sklearn/x.txt"):
        jobs.write(path, textwrap.dedent(LEAD))
    found = find(jobs, cwd="part")
    assert found is not None
    assert {"jobs", "part", "pandas", "sklearn"} <= found.own


def test_a_command_that_trains_begins_by_itself(jobs: Any) -> None:
    jobs.write("jobs.py", LEAD)
    request = jobs.request("jobs:train")
    assert find_lead(replace(request, job=CommandJob("python jobs.py")), ("python",), {}) is None
