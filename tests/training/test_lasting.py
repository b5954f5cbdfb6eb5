"""Which failures last: those by the job's own fault; in doubt none."""

from __future__ import annotations

import pytest

from ml_ci.errors import Failure
from ml_ci.training.lasting import lasts

FILES = ("train.py", "features/columns.py", "lib/helpers.R")
COPY = "/home/u/p/.ml_ci/work/17-ab/copy-c1/top"
TRACE = 'Traceback (most recent call last):\n  File "train.py", line 3, in <module>\n'
ENVIRON = '  File "<frozen os>", line 679, in __getitem__\n'
ENVIRON_38 = '  File "/usr/lib/python3.8/os.py", line 675, in __getitem__\n'


def failed(last: str, code: str = "job-exit", trace: str = TRACE) -> Failure:
    return Failure("training", code, f"the job ended with exit code 1: {last}", "", f"{trace}{last}\n")


LASTING = [
    "ValueError: no",
    "KeyError: 'age'",
    "AssertionError",
    "ImportError: cannot import name 'make' from 'features.columns' (features/columns.py)",
    "ModuleNotFoundError: No module named 'features.rows'",
    "ModuleNotFoundError: No module named 'faetures'",
    "FileNotFoundError: [Errno 2] No such file or directory: 'columns.json'",
    f"FileNotFoundError: [Errno 2] No such file or directory: '{COPY}/columns.json'",
    "cat: columns.json: No such file or directory",
    "SyntaxError: invalid syntax",
    "Error in eval(expr) : object 'churn' not found",
    "Error: Cannot find module './features'",
]

OF_THE_MACHINE = [
    "ModuleNotFoundError: No module named 'lightgbm'",
    "ModuleNotFoundError: No module named 'lightgbm.basic'",
    "Error in library(ranger) : there is no package called ‘ranger’",
    "Error: Cannot find module 'fast-csv'",
    "ImportError: libgomp.so.1: cannot open shared object file: No such file or directory",
    "MemoryError",
    "numpy.core._exceptions._ArrayMemoryError: Unable to allocate 8 GiB: MemoryError",
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
    "OSError: [Errno 28] No space left on device",
    "subprocess.CalledProcessError: Command '['x']' died with <Signals.SIGKILL: 9>.",
    "train.sh: line 2: HF_TOKEN: unbound variable",
    "train.sh: 2: HF_TOKEN: parameter not set",
    "FileNotFoundError: [Errno 2] No such file or directory: '/data/churn/train.csv'",
    "FileNotFoundError: /data/churn/train.parquet",
    "cat: /etc/churn.conf: No such file or directory",
    "FileNotFoundError: s3://bucket/train.csv",
    "ConnectionError: HTTPSConnectionPool(host='hub', port=443)",
    "requests.exceptions.ReadTimeout: read timed out",
    "curl: (6) Could not resolve host: hub",
    "train.sh: line 1: jq: command not found",
]


@pytest.mark.parametrize("last", LASTING)
def test_a_job_that_ended_by_its_own_fault(last: str) -> None:
    assert lasts(failed(last), FILES)
    assert lasts(Failure("training", "job-raised", f"`train:train` raised {last} (train.py, line 3)"), FILES)


@pytest.mark.parametrize("last", OF_THE_MACHINE)
def test_the_machine_had_a_part_in_it(last: str) -> None:
    assert not lasts(failed(last), FILES)
    assert not lasts(Failure("training", "job-raised", f"`train:train` raised {last}"), FILES)


@pytest.mark.parametrize("frame", [ENVIRON, ENVIRON_38])
def test_a_variable_that_is_not_set(frame: str) -> None:
    assert not lasts(failed("KeyError: 'TOKEN'", trace=TRACE + frame + "    raise KeyError(key) from None\n"), FILES)


@pytest.mark.parametrize("code", ["time-limit", "memory-limit", "job-killed", "data-missing", "internal", "unheard-of"])
def test_what_is_not_of_the_job_never_lasts(code: str) -> None:
    assert not lasts(failed("ValueError: no", code), FILES)


@pytest.mark.parametrize(
    "code", ["no-output", "output-kind", "spoilt-copy", "no-result", "returned-none", "unpicklable", "asks-holdout"]
)
def test_what_left_no_model_lasts(code: str) -> None:
    assert lasts(Failure("training", code, "the command ended well and left nothing at model.pkl"), FILES)


@pytest.mark.parametrize("number", [126, 127])
def test_a_program_that_is_not_there(number: int) -> None:
    assert not lasts(Failure("training", "job-exit", f"the job ended with exit code {number}"), FILES)


def test_a_library_that_a_function_needs() -> None:
    said = "importing `train` needs `lightgbm`, which /usr/bin/python does not have (train.py, line 1)"
    assert not lasts(Failure("training", "import", said), FILES)


def test_what_was_printed_long_before_the_end_does_not_count() -> None:
    log = "could not use the GPU: CUDA out of memory\n" + "epoch\n" * 60
    assert lasts(Failure("training", "job-exit", "the job ended with exit code 3: epoch", "", log), FILES)
