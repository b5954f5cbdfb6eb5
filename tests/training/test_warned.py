"""What a job's log warns of, in the words of many libraries and languages."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ml_ci.training.ran import Warned, alike
from ml_ci.training.warned import LONGEST, MOST, find_warnings

SKLEARN = """\
/opt/lib/sklearn/linear_model/_logistic.py:469: ConvergenceWarning: lbfgs failed to converge (status=1):
STOP: TOTAL NO. of ITERATIONS REACHED LIMIT.
  n_iter_i = _check_optimize_result(
"""
# What is printed, what it warns of.
WARNINGS = {
    "scikit-learn": (SKLEARN, "ConvergenceWarning: lbfgs failed to converge (status=1):"),
    "an exception's module": (
        "a b/x.py:3: sklearn.exceptions.DataConversionWarning: A column-vector y was passed",
        "sklearn.exceptions.DataConversionWarning: A column-vector y was passed",
    ),
    "code without a file": ("<string>:1: RuntimeWarning: divide by zero", "RuntimeWarning: divide by zero"),
    "captured by logging": (
        "WARNING:py.warnings:/opt/x.py:3: UserWarning: said\n  warnings.warn('said')",
        "UserWarning: said",
    ),
    "logging": ("WARNING:root:few rows", "root:few rows"),
    "logging with a time": ("2026-01-02 03:04:05,678 - trainer - WARNING - few rows", "few rows"),
    "loguru": ("2026-01-02 03:04:05.678 | WARNING  | __main__:<module>:3 - few rows", "__main__:<module>:3 - few rows"),
    "LightGBM": ("[LightGBM] [Warning] No further splits with positive gain", "No further splits with positive gain"),
    "Log4j": ("26/01/02 03:04:05 WARN TaskSetManager: Lost task 0.0", "TaskSetManager: Lost task 0.0"),
    "java.util.logging": ("Jan 02, 2026 3:04:05 AM org.Fit fit\nWARNING: few rows", "few rows"),
    "R": ("Warning message:\nglm.fit: algorithm did not converge ", "glm.fit: algorithm did not converge"),
    "R with the call": ("Warning message:\nIn log(-1) : NaNs produced", "NaNs produced"),
    "R with the call on a line": (
        "Warning message:\nIn glm(y ~ x, data = d) :\n  did not converge",
        "did not converge",
    ),
    "R at once": ("Warning in log(-1) : NaNs produced", "NaNs produced"),
    "Node": ("(node:12) ExperimentalWarning: buffer is new", "ExperimentalWarning: buffer is new"),
    "a shell": ("fit.sh: warning: few rows", "few rows"),
    "Go, glog": ("W0102 03:04:05.678901   12 fit.go:34] few rows", "few rows"),
    "TensorFlow": ("2026-01-02 03:04:05.678901: W tensorflow/core/x.cc:12] few rows", "few rows"),
    "in colours": ("\x1b[33mWARNING: few rows\x1b[0m", "few rows"),
    "behind a progress bar": ("10%|#\r20%|##\rWARNING: few rows", "few rows"),
}
SILENT = {
    "a sentence": "There is no WARNING: all is well here\nThis is a warning: no, it is not",
    "a count": "WARNINGS: 0\nwarnings 0",
    "a word": "forewarning\nWarningless\nwarning-free build",
    "a name": "saved warning.csv\nUserWarning",
    "R says no more": "Warning message:\n",
    "a GPU that is there": "training on the GPU cuda:0\nCUDA is available",
}
FALLBACKS = {
    "XGBoost": (
        "/opt/xgboost/core.py:158: UserWarning: [22:58:01] WARNING: /src/context.cc:44: No visible GPU is found, "
        "setting device to CPU.\n  warnings.warn(smsg, UserWarning)",
        "UserWarning: No visible GPU is found, setting device to CPU.",
    ),
    "XGBoost 3": (
        "/opt/xgboost/training.py:200: UserWarning: [23:43:18] WARNING: /workspace/src/context.cc:207: Device is "
        "changed from GPU to CPU as we couldn't find any available GPU on the system.",
        "UserWarning: Device is changed from GPU to CPU as we couldn't find any available GPU on the system.",
    ),
    "PyTorch": (
        "/opt/torch/amp/autocast_mode.py:250: UserWarning: User provided device_type of 'cuda', but CUDA is not "
        "available. Disabling\n",
        "UserWarning: User provided device_type of 'cuda', but CUDA is not available. Disabling",
    ),
    "ONNX Runtime": (
        "\x1b[0;93m2026-01-02 03:04:05.678 [W:onnxruntime:Default, state.cc:983 Create] Failed to create "
        "CUDAExecutionProvider. Require cuDNN 9.\x1b[m",
        "Failed to create CUDAExecutionProvider. Require cuDNN 9.",
    ),
    "ONNX Runtime without it": (
        "/opt/onnxruntime/c.py:69: UserWarning: Specified provider 'CUDAExecutionProvider' is not in available "
        "provider names.Available providers: 'CPUExecutionProvider'",
        "UserWarning: Specified provider 'CUDAExecutionProvider' is not in available provider "
        "names.Available providers: 'CPUExecutionProvider'",
    ),
    "TensorFlow": (
        "2026-01-02 03:04:05.678: I external/x/cudart_stub.cc:32] Could not find cuda drivers on your machine, GPU "
        "will not be used.",
        "Could not find cuda drivers on your machine, GPU will not be used.",
    ),
    "JAX": (
        "WARNING:jax._src.xla_bridge:An NVIDIA GPU may be present on this machine, but a CUDA-enabled jaxlib is not "
        "installed. Falling back to cpu.",
        "jax._src.xla_bridge:An NVIDIA GPU may be present on this machine, but a CUDA-enabled jaxlib is not installed. "
        "Falling back to cpu.",
    ),
    "JAX of before": (
        "WARNING:absl:No GPU/TPU found, falling back to CPU. (Set TF_CPP_MIN_LOG_LEVEL=0 for more info.)",
        "absl:No GPU/TPU found, falling back to CPU. (Set TF_CPP_MIN_LOG_LEVEL=0 for more info.)",
    ),
    "a print": ("no GPU: falling back to the CPU", "no GPU: falling back to the CPU"),
}


@pytest.fixture
def found(tmp_path: Path) -> object:
    """Give what finds warnings in a text as it would be in a log."""

    def find(text: str) -> tuple[tuple[Warned, ...], tuple[Warned, ...], int]:
        (tmp_path / "job.log").write_text(text, encoding="utf-8", errors="surrogateescape", newline="")
        return find_warnings(tmp_path / "job.log")

    return find


@pytest.mark.parametrize("case", WARNINGS)
def test_it_is_found_without_when_and_where(case: str, found: object) -> None:
    text, said = WARNINGS[case]
    assert found(f"begins\n{text}\nends\n") == ((Warned(said),), (), 0)  # type: ignore[operator]


@pytest.mark.parametrize("case", SILENT)
def test_what_is_no_warning_is_none(case: str, found: object) -> None:
    assert found(SILENT[case]) == ((), (), 0)  # type: ignore[operator]


@pytest.mark.parametrize("case", FALLBACKS)
def test_a_fall_back_to_the_cpu_stands_apart(case: str, found: object) -> None:
    text, said = FALLBACKS[case]
    assert found(f"begins\n{text}\nends\n") == ((), (Warned(said),), 0)  # type: ignore[operator]


def test_several_of_r(found: object) -> None:
    text = "Warning messages:\n1: glm.fit: did not converge \n2: In f(x) :\n  NaNs produced\nAUC: 0.9\n"
    warnings, _, _ = found(text)  # type: ignore[operator]
    assert warnings == (Warned("glm.fit: did not converge"), Warned("NaNs produced"))


def test_those_that_differ_in_numbers_are_one(found: object) -> None:
    text = "".join(f"/a/b{n}.py:{n}: UserWarning: {n} rows of /tmp/{n}/x at 0x{n:x} were dropped\n" for n in range(50))
    warnings, _, more = found(text)  # type: ignore[operator]
    assert (warnings, more) == ((Warned("UserWarning: 0 rows of /tmp/0/x at 0x0 were dropped", 50),), 0)


def test_they_are_bounded(found: object) -> None:
    text = "".join(f"WARNING: {chr(97 + n % 26) * (n // 26 + 1)} {'x' * 5_000}\n" for n in range(60))
    warnings, _, more = found(text)  # type: ignore[operator]
    assert (len(warnings), more) == (MOST, 60 - MOST)
    assert {len(one.text) for one in warnings} == {LONGEST}


def test_what_is_no_text_is_left_out(found: object) -> None:
    assert found("WARNING: a\x07b\x1b]0;t\x07c\udcff")[0][0].text == "ab]0;tc\ufffd"  # type: ignore[operator]


def test_no_log_warns_of_nothing(tmp_path: Path) -> None:
    assert find_warnings(tmp_path / "none.log") == ((), (), 0)


@pytest.mark.parametrize(
    "line",
    [
        "a:1: " * 400,
        "Warning in " + "x " * 900,
        "[a] " * 500,
        "WARNING" * 280,
        "x.y" * 600 + "Warning",
        "In a : " * 280,
    ],
)
def test_a_log_of_any_kind_is_read_in_a_moment(line: str, found: object) -> None:
    started = time.process_time()
    found(f"{line}\n" * (1_200_000 // len(line)))  # type: ignore[operator]
    assert time.process_time() - started < 20


def test_alike() -> None:
    assert alike("took 3.5e-7 s in /tmp/ab/c.py at 0x7f") == alike("took 12 s in /home/x.y/c.py at 0x1a")
    assert alike("UserWarning: a") != alike("UserWarning: b")
