"""Which devices a job used: no GPU is needed here, since libraries, /proc and nvidia-smi are stood in for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ml_ci.training.devices import has_devices, list_asked, list_opened, list_used
from ml_ci.training.hardware import find_hardware
from ml_ci.training.ran import Hardware
from ml_ci.training.told import Line


def said(device: str, how: str = "used", library: str = "torch", pid: int = 1) -> Line:
    return Line("device", pid, (library, device, how))


USED = {
    "nothing was said": ([], [], ("cpu",)),
    "the CPU": ([said("cpu")], [], ("cpu",)),
    "a GPU by name": ([said("cuda:0 NVIDIA H200")], [], ("cuda:0 NVIDIA H200",)),
    "a GPU by its number": ([said("cuda:1", library="xgboost")], [], ("cuda:1 B",)),
    "two processes": ([said("cuda:0 A"), said("cuda:1 B", pid=2)], [], ("cuda:0 A", "cuda:1 B")),
    "one of two libraries": ([said("cpu"), said("cuda:0 A", library="cupy")], [], ("cuda:0 A",)),
    "another language": ([], [(7, "nvidia1")], ("cuda:1 B",)),
    "a GPU without a name": ([], [(7, "nvidia5")], ("cuda:5",)),
    "of AMD": ([], [(7, "kfd")], ("kfd",)),
    "a library that only asked": ([said("cpu", pid=7)], [(7, "nvidia0")], ("cpu",)),
    "another process than the library's": ([said("cpu", pid=7)], [(8, "nvidia0")], ("cuda:0 A",)),
    "what is only asked for": ([said("cuda", "asked"), said("cpu")], [], ("cpu",)),
    "what is no line of it": ([Line("device", 1, ("torch",)), Line("read", 1, ("a", "b", "used"))], [], ("cpu",)),
    "control characters": ([said("cuda:0  A\n\tB")], [], ("cuda:0 A B",)),
}


@pytest.mark.parametrize("case", USED)
def test_what_a_job_used(case: str) -> None:
    told, opened, used = USED[case]
    assert list_used(told, frozenset(opened), ("A", "B")) == used


def test_a_job_names_no_more_than_a_few() -> None:
    assert len(list_used([said(f"cuda:{n} {'x' * 900}") for n in range(99)], frozenset(), ())) == 16


ASKED = {
    "nothing": ({"depth": 3, "device": "cpu", "device_id": 0}, ()),
    "a device": ({"device": "cuda"}, ("`params.device: cuda`",)),
    "one below": ({"model": {"device": "cuda:1"}}, ("`params.model.device: cuda:1`",)),
    "CatBoost": ({"task_type": "GPU"}, ("`params.task_type: GPU`",)),
    "XGBoost of before": ({"tree_method": "gpu_hist"}, ("`params.tree_method: gpu_hist`",)),
    "Metal": ({"accelerator": "mps"}, ("`params.accelerator: mps`",)),
    "a switch": ({"use_gpu": True}, ("`params.use_gpu: True`",)),
    "a switch that is off": ({"use_gpu": False, "gpu": 0}, ()),
    "whatever there is": ({"device": "auto", "accelerator": "auto"}, ()),
    "another word": ({"kind": "gpu", "device": "gpus are fast"}, ()),
}


@pytest.mark.parametrize("case", ASKED)
def test_what_asks_for_a_gpu(case: str) -> None:
    params, asked = ASKED[case]
    assert list_asked([], params) == asked


def test_a_model_asks_too() -> None:
    told = [said("cuda", "asked", "xgboost"), said("cuda", "asked", "xgboost", pid=2), said("cpu")]
    assert list_asked(told, {"device": "cuda"}) == ("`params.device: cuda`", "`cuda` of xgboost")


def test_what_processes_hold_open(tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    held = {3: "nvidia0 nvidiactl null", 4: "null", 5: "nvidia0", 6: "nvidia1 kfd accel0"}
    for pid, names in held.items():
        (proc / str(pid) / "fd").mkdir(parents=True)
        (proc / str(pid) / "comm").write_text("nvidia-smi\n" if pid == 5 else "Rscript\n")
        for number, name in enumerate(names.split()):
            (proc / str(pid) / "fd" / str(number)).symlink_to(f"/dev/{name}")
    assert list(list_opened([3, 4, 5, 6, 99], proc)) == [(3, "nvidia0"), (6, "accel0"), (6, "kfd"), (6, "nvidia1")]


@pytest.mark.parametrize(("name", "has"), [("nvidia0", True), ("kfd", True), ("nvidiactl", False), ("null", False)])
def test_a_machine_without_devices_is_not_looked_at(tmp_path: Path, name: str, has: bool) -> None:
    (tmp_path / name).touch()
    assert has_devices(tmp_path) is has


INTEL = "processor\t: 0\nmodel\t\t: 85\nmodel name\t: Intel(R)  Xeon(R) CPU @ 2.20GHz\nprocessor\t: 1\n"


@pytest.mark.parametrize(
    ("cpuinfo", "named"),
    [(INTEL, "Intel(R) Xeon(R) CPU @ 2.20GHz"), ("processor : 0\nBogoMIPS : 50\n", None), (None, None)],
)
def test_the_machine(tmp_path: Path, cpuinfo: str | None, named: str | None) -> None:
    proc, tools = tmp_path / "proc", tmp_path / "bin"
    proc.mkdir()
    tools.mkdir()
    if cpuinfo is not None:
        (proc / "cpuinfo").write_text(cpuinfo)
    (tools / "nvidia-smi").write_text("#!/bin/sh\necho 'GPU 0: NVIDIA A (UUID: GPU-1)'\n")
    (tools / "nvidia-smi").chmod(0o755)
    found = find_hardware(str(tools), proc)
    assert found.gpus == ("NVIDIA A",) and found.cores == len(os.sched_getaffinity(0))
    assert found.cpu == named if named else found.cpu


def test_the_driver_names_the_gpus_before_nvidia_smi_does(tmp_path: Path) -> None:
    for slot, name in (("0000:01:00.0", "NVIDIA H200"), ("0000:02:00.0", "NVIDIA A10")):
        (tmp_path / "driver/nvidia/gpus" / slot).mkdir(parents=True)
        (tmp_path / "driver/nvidia/gpus" / slot / "information").write_text(f"Model: \t\t {name}\nIRQ: \t 1\n")
    assert find_hardware(None, tmp_path).gpus == ("NVIDIA H200", "NVIDIA A10")


# Libraries that only say what they did: their real ones are not needed for it. Their `train` is given what it asks for.
TORCH = """\
class cuda:
    made = False
    is_initialized = staticmethod(lambda: cuda.made)
    device_count = staticmethod(lambda: 2)
    max_memory_allocated = staticmethod(lambda at: 100 * at)
    get_device_name = staticmethod(lambda at: "NVIDIA H200")
"""
XGBOOST = """\
import json
class Booster:
    def __init__(self, device): self.device = device
    def save_config(self): return json.dumps({"learner": {"generic_param": {"device": self.device}}})
class XGBClassifier:
    def __init__(self, device, took):
        self.device, self.booster = device, Booster(took)
    def get_params(self, deep=True): return {"device": self.device, "max_depth": None}
"""
JAX = """\
import atexit, sys, types
class Device:
    id, device_kind = 0, "NVIDIA H200"
    memory_stats = staticmethod(lambda: {"peak_bytes_in_use": 5})
class Client:
    local_devices = staticmethod(lambda: [Device])
bridge = sys.modules["jax._src.xla_bridge"] = types.ModuleType("jax._src.xla_bridge")
bridge._backends = {"cpu": Client, "cuda": Client}
atexit.register(bridge._backends.clear)  # as JAX itself does
"""
LIGHTGBM = """\
class Booster:
    params = {"device_type": "gpu"}
    def predict(self): ...
"""
ONNXRUNTIME = """\
class InferenceSession:
    def get_providers(self): return ["CUDAExecutionProvider", "CPUExecutionProvider"]
"""
BROKEN = "class cuda:\n    is_initialized = None\n"
LIBRARIES = {
    "no library": ("", "", "", ("cpu",), ()),
    "torch on the CPU": ("torch", TORCH, "import torch", ("cpu",), ()),
    "torch on a GPU": ("torch", TORCH, "import torch; torch.cuda.made = True", ("cuda:1 NVIDIA H200",), ()),
    "XGBoost on a GPU": (
        "xgboost",
        XGBOOST,
        "import xgboost; kept = xgboost.XGBClassifier('cuda', 'cuda:0')",
        ("cuda:0",),
        ("`cuda` of xgboost",),
    ),
    "XGBoost that fell back": (
        "xgboost",
        XGBOOST,
        "import xgboost; kept = xgboost.XGBClassifier('cuda', 'cpu')",
        ("cpu",),
        ("`cuda` of xgboost",),
    ),
    "XGBoost on the CPU": (
        "xgboost",
        XGBOOST,
        "import xgboost; kept = xgboost.XGBClassifier(None, 'cpu')",
        ("cpu",),
        (),
    ),
    "JAX, before it clears all": ("jax", JAX, "import jax", ("cuda:0 NVIDIA H200",), ()),
    "LightGBM": ("lightgbm", LIGHTGBM, "import lightgbm; b = lightgbm.Booster()", ("cuda",), ("`cuda` of lightgbm",)),
    "ONNX Runtime": (
        "onnxruntime",
        ONNXRUNTIME,
        "import onnxruntime; s = onnxruntime.InferenceSession()",
        ("cuda",),
        (),
    ),
    "a library of another make": ("torch", BROKEN, "import torch", ("cpu",), ()),
}


@pytest.mark.parametrize("by", ["function", "command"])
@pytest.mark.parametrize("case", LIBRARIES)
def test_what_libraries_say(case: str, by: str, jobs: Any) -> None:
    name, source, use, used, asked = LIBRARIES[case]
    jobs.write(f"{name or 'nothing'}.py", source)
    if by == "function":
        trained = jobs.function(
            f"def train():\n    {use or 'pass'}\n    return [v for v in locals().values()] or [1]\n"
        )
    else:
        jobs.write("fit.py", f"{use}\nimport sys\nopen(sys.argv[1], 'w').write('x')\n")
        trained = jobs.command("python fit.py {out}/model.txt")
    assert trained.ran is not None
    assert (trained.ran.devices, trained.ran.asked) == (used, asked)


def test_it_is_kept_beside_what_the_job_left(jobs: Any) -> None:
    trained = jobs.command(
        "echo 'WARNING: few rows' >&2; echo 'no GPU: falling back to CPU'; echo x >{out}/model.txt",
        params={"device": "cuda"},
    )
    ran = trained.ran
    assert [one.text for one in ran.warnings] == ["few rows"]
    assert [one.text for one in ran.fallbacks] == ["no GPU: falling back to CPU"]
    assert (ran.devices, ran.asked, ran.on_cpu) == (("cpu",), ("`params.device: cuda`",), True)
    assert ran.hardware == find_hardware(None) != Hardware()
