"""Training functions: what they are given, what is stored, and each way to fail."""

# ruff: noqa: E501 (a row of a table stays on its line)

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import Failure
from ml_ci.spec.values import Budget
from ml_ci.training.values import Written

Failed = Callable[[Callable[[], object]], Failure]
CSV = "age,churned\n30,1\n41,0\n"


def returned(model: Any) -> Any:
    """Unpickle what a test's own job stored: builtin types only."""
    return pickle.loads(model.artifact.read_bytes())


def test_gives_what_the_parameters_name(jobs: Any) -> None:
    jobs.table("train", CSV)
    model = jobs.function(
        """
        import pathlib
        def train(train, params, seed, out, extra=7, *args, **kwargs):
            (out / "note").write_text("x")
            return [type(train).__module__.split(".")[0], train.age.tolist(), params, seed, extra, args, kwargs,
                    isinstance(out, pathlib.Path)]
        """,
        params={"depth": 3},
        seed=11,
    )
    assert returned(model) == ["pandas", [30, 41], {"depth": 3}, 11, 7, (), {}, True]
    assert model.predictions is None
    assert model.seconds > 0
    assert model.megabytes > 5


@pytest.mark.parametrize(
    ("imports", "annotation", "expected"),
    [
        ("import pandas as pd", "pd.DataFrame", "pandas.DataFrame"),
        ("import polars as pl", "pl.DataFrame", "polars.DataFrame"),
        ("import polars as pl", "'pl.LazyFrame'", "polars.LazyFrame"),
        ("from pathlib import Path", "Path", "pathlib.PosixPath"),
        ("from pathlib import Path", "'Path | None'", "pathlib.PosixPath"),
        ("", "str", "builtins.str"),
        ("from typing import Any", "Any", "pandas.DataFrame"),
        (
            "from __future__ import annotations\nfrom typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    import polars as pl",
            "pl.DataFrame",
            "polars.DataFrame",
        ),
    ],
)
def test_reads_tables_by_annotation(jobs: Any, imports: str, annotation: str, expected: str) -> None:
    jobs.table("train", CSV)
    source = (
        f"{imports}\ndef train(train: {annotation}):\n"
        "    kind = type(train)\n    return kind.__module__.split('.')[0] + '.' + kind.__qualname__\n"
    )
    assert returned(jobs.function(source)) == expected


@pytest.mark.parametrize(("imports", "annotation"), [("", ""), ("import polars as pl", ": pl.DataFrame")])
def test_white_space_around_names_and_texts_is_no_part_of_them(jobs: Any, imports: str, annotation: str) -> None:
    jobs.table("train", "age, job , city\n30, clerk ,Bonn \n41,smith, Rome\n")
    expected = "[list(train.columns), list(train['job']), list(train['city'])]"
    assert returned(jobs.function(f"{imports}\ndef train(train{annotation}): return {expected}")) == [
        ["age", "job", "city"],
        ["clerk", "smith"],
        ["Bonn", "Rome"],
    ]


@pytest.mark.parametrize(("imports", "annotation"), [("", ""), ("import polars as pl", ": pl.DataFrame")])
@pytest.mark.parametrize(
    "text",
    [
        "age,rate,ok,job\n39, 1.5, true, clerk\n 40,2.5 ,false,smith\n\t, , , x\n",
        "age,rate,ok,job\n39,1.5,true,clerk\n40,2.5,false,smith\n,,,x\n",
    ],
)
def test_white_space_makes_no_text_of_a_number(jobs: Any, imports: str, annotation: str, text: str) -> None:
    """Whatever reads the table: a table whose values did not change trains nothing again."""
    jobs.table("train", text)
    source = (
        f"{imports}\ndef train(train{annotation}):\n"
        "    return [[None if value is None or value != value else value for value in train[name].to_list()]\n"
        "            for name in train.columns]\n"
    )
    assert returned(jobs.function(source)) == [
        [39, 40, None],
        [1.5, 2.5, None],
        [True, False, None],
        ["clerk", "smith", "x"],
    ]


def test_a_padded_table_without_a_header_has_its_numbers(jobs: Any) -> None:
    jobs.table("train", "30; 1\n41;0\n", columns=("age", "churned"), written=Written(";"))
    source = "import polars as pl\ndef train(train: pl.DataFrame): return train.to_dict(as_series=False)"
    assert returned(jobs.function(source)) == {"age": [30, 41], "churned": [1, 0]}


def test_reads_tables_without_header_and_with_a_separator(jobs: Any) -> None:
    jobs.table("train", "30;1\n41;0\n", columns=("age", "churned"), written=Written(";"))
    assert returned(jobs.function("def train(train): return train.to_dict('list')")) == {
        "age": [30, 41],
        "churned": [1, 0],
    }


def test_a_folder_is_a_path_and_a_glob_a_list(jobs: Any) -> None:
    jobs.table("a", CSV)
    jobs.data = {
        "images": type(jobs.data["a"])(str(jobs.folder / "data")),
        "many": type(jobs.data["a"])(str(jobs.folder / "data" / "*.csv")),
    }
    model = jobs.function("def train(images, many): return [images.is_dir(), [one.name for one in many]]")
    assert returned(model) == [True, ["a.csv"]]


@pytest.mark.parametrize(
    ("source", "code", "message", "hint"),
    [
        ("def train(): raise ValueError('no rows left')", "job-raised", "`jobs:train` raised ValueError: no rows left (jobs.py, line 1)", ""),
        ("def train(): 1/0", "job-raised", "raised ZeroDivisionError: division by zero", ""),
        ("import sys\ndef train(): sys.exit(3)", "job-exit", "called sys.exit(3)", ""),
        ("import sys\ndef train(): sys.exit(0)", "no-result", "called sys.exit(0) before it returned", "Return instead"),
        ("import os\ndef train(): os._exit(0)", "no-result", "exit code 0 and left no result", "os._exit"),
        ("import os\ndef train(): os._exit(7)", "job-exit", "ended with exit code 7", ""),
        ("import os, signal\ndef train(): os.kill(os.getpid(), signal.SIGKILL)", "job-killed", "killed by SIGKILL", "out of memory"),
        ("import os, signal\ndef train(): os.kill(os.getpid(), signal.SIGSEGV)", "job-killed", "killed by SIGSEGV", "compiled library"),
        ("def train(): pass", "returned-none", "returned None instead of a fitted model", "return model"),
        ("class M:\n    def __reduce__(self): raise ImportError('no codec')\ndef train(): return M()", "unpicklable", "cannot be stored: ImportError: no codec", "open files"),
        ("def train(): return (x for x in [])", "unpicklable", "cannot be stored: TypeError", "open files"),
        ("def train(holdout): return 1", "asks-holdout", "asks for `holdout`: a training job never sees it", "another entry"),
        ("def train(parms): return 1", "unknown-parameter", "`jobs:train` asks for `parms`", "Did you mean `params`? It may ask for: out, params, seed"),
        ("def fit(): return 1", "import", "jobs.py has no function `train`", "It defines: fit."),
        ("def trian(): return 1", "import", "jobs.py has no function `train`", "Did you mean `jobs:trian`?"),
        ("train = 3", "import", "`train` in jobs.py is not a function", ""),
        ("import nowhere_to_be_found", "import", "needs `nowhere_to_be_found`, which", "python: PATH"),
        ("import sys\nsys.exit(1)", "import", "importing `jobs` ended the process", "__main__"),
        ("raise RuntimeError('at import')", "job-raised", "importing `jobs` raised RuntimeError: at import (jobs.py, line 1)", ""),
    ],
)  # fmt: skip
def test_names_how_a_function_failed(
    jobs: Any, failed: Failed, source: str, code: str, message: str, hint: str
) -> None:
    found = failed(lambda: jobs.function(source))
    assert (found.stage, found.code) == ("training", code)
    assert message in found.message
    assert hint in found.hint


def test_the_log_tail_comes_with_the_failure(jobs: Any, failed: Failed) -> None:
    found = failed(lambda: jobs.function("def train():\n    print('epoch 1')\n    raise ValueError('broken')\n"))
    assert "epoch 1" in found.log_tail
    assert found.log_tail.endswith("ValueError: broken")
    assert "ml_ci" not in found.log_tail


def test_a_module_elsewhere_suggests_cwd(jobs: Any, failed: Failed) -> None:
    from ml_ci.training.job import train

    jobs.write("starter/churn/train.py", "def train(): return 1")
    found = failed(lambda: train(jobs.request("churn.train:train")))
    assert found.code == "import"
    assert "there is no module `churn.train` (looked for churn/train.py)" in found.message
    assert found.hint == "It is in `starter`: set `cwd: starter`."
    assert returned(train(jobs.request("churn.train:train", cwd="starter"))) == 1


def test_a_module_that_is_mistyped(jobs: Any, failed: Failed) -> None:
    from ml_ci.training.job import train

    jobs.write("churn/train.py", "def train(): return 1")
    found = failed(lambda: train(jobs.request("chrun.train:train")))
    assert (found.code, found.hint) == ("import", "Did you mean `train: churn.train:train`?")
    assert found.log_tail == "", "what Python's importer was doing helps nobody"


def test_cwd_that_is_nowhere(jobs: Any, failed: Failed) -> None:
    found = failed(lambda: jobs.function("def train(): return 1", cwd="src"))
    assert (found.code, found.message) == ("import", "`cwd: src` is not a folder of this tree")


def test_time_limit(jobs: Any, failed: Failed) -> None:
    source = (
        "import signal, time\ndef train():\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    time.sleep(60)\n"
    )
    found = failed(lambda: jobs.function(source, budget=Budget(seconds=0.5)))
    assert found.code == "time-limit"
    assert "its limit is 0.5 s" in found.message
    assert "budget: {time" in found.hint


def test_memory_limit(jobs: Any, failed: Failed) -> None:
    source = "import time\ndef train():\n    hog = bytearray(400_000_000)\n    time.sleep(300)\n"
    found = failed(lambda: jobs.function(source, budget=Budget(seconds=100, memory=100_000_000)))
    assert found.code == "memory-limit"
    assert "its limit is 100 MB" in found.message
    assert "the job used" in found.message


def test_memory_of_a_short_job_counts_too(jobs: Any, failed: Failed) -> None:
    source = "def train():\n    hog = bytearray(300_000_000)\n    return 1\n"
    found = failed(lambda: jobs.function(source, budget=Budget(seconds=100, memory=100_000_000)))
    assert found.code == "memory-limit"


def test_memory_of_children_counts(jobs: Any, failed: Failed) -> None:
    source = """
        import subprocess, sys, time
        HOG = "x = bytearray(80_000_000); import time; time.sleep(300)"
        def train():
            children = [subprocess.Popen([sys.executable, "-c", HOG]) for _ in range(3)]
            time.sleep(300)
    """
    found = failed(lambda: jobs.function(source, budget=Budget(seconds=100, memory=200_000_000)))
    assert found.code == "memory-limit"


@pytest.mark.parametrize("library", ["random", "numpy.random"])
def test_global_generators_are_seeded(jobs: Any, library: str) -> None:
    source = f"""
        import {library} as generator, subprocess, sys
        def train():
            code = "import {library} as g; print(g.random(), hash('x'))"
            child = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True).stdout
            return [generator.random(), hash("x"), child]
    """
    first, second, other = (returned(jobs.function(source, seed=seed)) for seed in (1, 1, 2))
    assert first == second
    assert [a != b for a, b in zip(first, other, strict=True)] == [True, True, True]


def test_numpy_is_not_imported_for_its_seed(jobs: Any) -> None:
    assert returned(jobs.function("import sys\ndef train(): return 'numpy' in sys.modules")) is False


def test_a_forked_child_that_returns_leaves_no_result(jobs: Any) -> None:
    source = """
        import os
        def train():
            if os.fork() == 0:
                return "the child's"
            os.wait()
            return "the parent's"
    """
    assert returned(jobs.function(source)) == "the parent's"


def test_stray_threads_do_not_hold_the_job(jobs: Any) -> None:
    source = "import threading, time\ndef train():\n    threading.Thread(target=time.sleep, args=(600,)).start()\n    return 1\n"
    assert jobs.function(source).seconds < 60


def test_a_returned_path_is_kept(jobs: Any) -> None:
    source = "def train(out):\n    (out / 'net.bin').write_bytes(b'weights')\n    return out / 'net.bin'\n"
    model = jobs.function(source)
    assert model.artifact.name == "model.bin"
    assert model.artifact.read_bytes() == b"weights"


def test_a_lambda_is_stored_by_cloudpickle_where_it_is_installed(jobs: Any) -> None:
    pytest.importorskip("cloudpickle", reason="cloudpickle is not installed")
    assert returned(jobs.function("def train(): return lambda x: x + 1"))(2) == 3


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_job_may_close_what_it_prints_to(jobs: Any, stream: str) -> None:
    assert returned(jobs.function(f"import sys\ndef train():\n    sys.{stream}.close()\n    return 1")) == 1


def test_a_table_that_the_library_cannot_read(jobs: Any, failed: Failed) -> None:
    jobs.table("train", "a,b\n1,2\n1,2,3\n")
    found = failed(lambda: jobs.function("def train(train): return 1"))
    assert found.code == "job-raised"
    assert found.message.startswith("data.train could not be read by pandas: ParserError: ")
    assert "ParserError" in found.log_tail


def test_standard_input_is_empty(jobs: Any) -> None:
    assert returned(jobs.function("import sys\ndef train(): return sys.stdin.read()")) == ""


def test_the_runner_of_github_is_out_of_reach(jobs: Any) -> None:
    source = "import os\ndef train(): return sorted(set(os.environ) & {'GITHUB_OUTPUT', 'GITHUB_TOKEN'})"
    assert returned(jobs.function(source)) == []


def test_an_existing_sitecustomize_still_runs(jobs: Any) -> None:
    jobs.write("site/sitecustomize.py", "import sys\nsys.chained = True\n")
    jobs.environment["PYTHONPATH"] = str(jobs.folder / "site")
    assert returned(jobs.function("import sys\ndef train(): return sys.chained")) is True


def test_needs_give_the_artifact(jobs: Any, tmp_path: Path) -> None:
    artifact = tmp_path / "model.pkl"
    artifact.write_bytes(pickle.dumps({"a": 1}))
    source = "from pathlib import Path\ndef train(embedder): return embedder"
    assert returned(jobs.function(source, needs={"embedder": artifact})) == {"a": 1}
    source = "from pathlib import Path\ndef train(embedder: Path): return str(embedder)"
    assert returned(jobs.function(source, needs={"embedder": artifact})) == str(artifact)


def test_a_result_that_the_job_forged_is_refused(jobs: Any, failed: Failed) -> None:
    source = """
        import json, os, pathlib, sys
        def train(out):
            forged = {"format": 1, "ok": True, "artifact": "/etc/passwd"}
            (out.parent / "result.json").write_text(json.dumps(forged))
            os._exit(0)
    """
    found = failed(lambda: jobs.function(source))
    assert (found.code, "does not hold together" in found.message) == ("no-result", True)


def test_pandas_that_is_missing_is_named(jobs: Any, failed: Failed) -> None:
    jobs.table("train", CSV)
    jobs.write("pandas.py", "raise ImportError('no pandas here')")
    found = failed(lambda: jobs.function("def train(train): return 1"))
    assert found.code == "import"
    assert "data.train is to be a pandas DataFrame" in found.message
    assert "pathlib.Path" in found.hint


def test_what_the_job_does_to_our_own_program_is_its_failure(jobs: Any, failed: Failed) -> None:
    source = "import sys\ndef train():\n    sys.modules['ml_ci_child.training'].store = None\n    return 1\n"
    found = failed(lambda: jobs.function(source))
    assert (found.stage, found.code) == ("training", "internal")
    assert found.message.startswith("ml-ci's child program failed: TypeError")
    assert "TypeError" in found.log_tail
