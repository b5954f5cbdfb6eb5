"""Tell which devices the libraries of this process used, by what they say themselves: nothing is imported for it.

A library that trains or scores is waited for; once one was imported, the process is looked at before it ends, and
before what the library itself does at the end. A worker has itself looked at while its model is still there. Told are
lines `device`: the library, the device (`cpu`, `cuda:0 NVIDIA H200`), and whether it was `used` or `asked` for.
"""

from __future__ import annotations

import sys

from . import told
from .after_import import AfterImport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Tuple

    Found = Iterator[Tuple[str, str]]

USED, ASKED, CPU = "used", "asked", "cpu"
_KEYS = ("device", "device_type", "device_name", "task_type", "tree_method", "accelerator")
_ON_GPU = ("cuda", "gpu", "rocm", "hip", "mps", "xpu", "tpu")
_told: set[tuple[str, str, str]] = set()
_waiting: list[bool] = []


def begin() -> None:
    """Wait for a library that may use a device; a job that branched off has some already."""
    sys.meta_path.insert(0, AfterImport(LIBRARIES, _wait_for_the_end))
    for name in LIBRARIES:
        if name in sys.modules:
            _wait_for_the_end(sys.modules[name])


def _wait_for_the_end(module: Any) -> None:
    if not _waiting:
        import atexit

        _waiting.append(True)
        atexit.register(tell_devices)  # after the library's own, and so called before it


def tell_devices() -> None:
    """Tell the devices of the libraries that this process has imported; once what was not told before."""
    for name, look in LIBRARIES.items():
        module = sys.modules.get(name)
        if module is None:
            continue
        try:
            found = set(look(module))
        except Exception:  # another version of the library: it is not known, and the program goes on
            continue
        if not any(how == USED for _, how in found):
            found.add((CPU, USED))
        for device, how in sorted(found):
            if (name, device, how) not in _told:
                _told.add((name, device, how))
                told.tell("device", name, device[:200], how)


def _look_at_torch(torch: Any) -> Found:
    for kind in ("cuda", "xpu"):  # ROCm is `cuda` too
        backend = getattr(torch, kind, None)
        if backend is None or not backend.is_initialized():
            continue
        for at in range(backend.device_count()):
            if backend.max_memory_allocated(at) > 0:
                yield "%s:%d %s" % (kind, at, backend.get_device_name(at)), USED
    metal = getattr(getattr(torch, "backends", None), "mps", None)
    if metal is not None and metal.is_available() and torch.mps.driver_allocated_memory() > 0:
        yield "mps", USED


def _look_at_tensorflow(tensorflow: Any) -> Found:
    context = sys.modules.get("tensorflow.python.eager.context")
    made = None if context is None else context.context_safe()
    if made is None or not getattr(made, "_initialized", False):
        return  # asking now would make it
    named = dict(zip(made.list_physical_devices("GPU"), made.list_logical_devices("GPU")))
    for physical, logical in named.items():
        at = logical.name.rpartition(":")[2]
        if tensorflow.config.experimental.get_memory_info("GPU:" + at)["peak"] > 0:
            details = tensorflow.config.experimental.get_device_details(physical)
            yield ("cuda:%s %s" % (at, details.get("device_name", ""))).strip(), USED
    for logical in made.list_logical_devices("TPU"):
        yield "tpu:" + logical.name.rpartition(":")[2], USED


def _look_at_jax(jax: Any) -> Found:
    bridge = sys.modules.get("jax._src.xla_bridge")
    for platform, client in dict(getattr(bridge, "_backends", {})).items():
        if platform == CPU:
            continue
        for device in client.local_devices():
            used = device.memory_stats() or {}
            if used.get("peak_bytes_in_use", 1) > 0:
                kind = "cuda" if platform == "gpu" else platform.lower()
                yield "%s:%d %s" % (kind, device.id, device.device_kind), USED


def _look_at_cupy(cupy: Any) -> Found:
    if cupy.get_default_memory_pool().total_bytes() > 0:
        at = cupy.cuda.runtime.getDevice()
        name = cupy.cuda.runtime.getDeviceProperties(at)["name"]
        yield "cuda:%d %s" % (at, name.decode() if isinstance(name, bytes) else name), USED


def _look_at_onnxruntime(onnxruntime: Any) -> Found:
    for session in _find_objects("onnxruntime", "get_providers"):
        first = session.get_providers()[0].replace("ExecutionProvider", "").lower()
        if first != CPU:
            yield "cuda" if first == "tensorrt" else first, USED


def _look_at_xgboost(xgboost: Any) -> Found:
    import json

    for model in _find_objects("xgboost", "get_params"):
        yield from _read_params(model.get_params())
    for booster in _find_objects("xgboost", "save_config"):
        learner = json.loads(booster.save_config())["learner"]
        device = str(learner.get("generic_param", {}).get("device", CPU))  # what it took, and not what it was told
        if _is_gpu(device):
            yield device, USED


def _look_at_boosters(module: Any) -> Found:
    """Look at LightGBM and CatBoost: what they are told is what they use, or they end."""
    for model in _find_objects(module.__name__, "predict"):
        params = model.get_params() if hasattr(model, "get_params") else getattr(model, "params", {})
        for device, how in _read_params(params or {}):
            yield device, how
            yield device, USED


def _read_params(params: Any) -> Found:
    for key in _KEYS:
        value = str(params.get(key) or "").lower()
        if _is_gpu(value):
            yield "cuda" if value.startswith("gpu") else value, ASKED


def _is_gpu(value: str) -> bool:
    return value.partition(":")[0].partition("_")[0] in _ON_GPU


def _find_objects(library: str, method: str) -> Iterator[Any]:
    """Give the objects of a library that are there and have a method; each kind of object is asked for it once."""
    import gc

    wanted: dict[type, bool] = {}
    for found in gc.get_objects():
        kind = type(found)
        if kind not in wanted:
            own = str(getattr(kind, "__module__", "")).partition(".")[0] == library
            wanted[kind] = own and callable(getattr(kind, method, None))
        if wanted[kind]:
            yield found


LIBRARIES = {
    "torch": _look_at_torch,
    "tensorflow": _look_at_tensorflow,
    "jax": _look_at_jax,
    "cupy": _look_at_cupy,
    "onnxruntime": _look_at_onnxruntime,
    "xgboost": _look_at_xgboost,
    "lightgbm": _look_at_boosters,
    "catboost": _look_at_boosters,
}
