"""Store what a library stores itself, and pickle does not."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def save_native(model: Any, folder: str) -> str | None:
    """Store a model that its own library has to store; give its path, or None for any other."""
    bases = {(one.__module__.split(".")[0], one.__name__) for one in type(model).__mro__}
    if ("torch", "ScriptModule") in bases:
        import torch

        path = os.path.join(folder, "model.pt")
        torch.jit.save(model, path)
        return path
    if ("torch", "ExportedProgram") in bases:
        import torch

        path = os.path.join(folder, "model.pt2")
        torch.export.save(model, path)
        return path
    if ("onnxruntime", "InferenceSession") in bases:
        return _save_session(model, os.path.join(folder, "model.onnx"))
    return None


def _save_session(session: Any, path: str) -> str:
    import shutil

    if session._model_bytes:
        with open(path, "wb") as stream:
            stream.write(session._model_bytes)
    else:
        shutil.copyfile(session._model_path, path)
    return path
