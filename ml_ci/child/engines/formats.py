"""Kinds of model files: how each is called and known, by its first bytes or else its name, and what loads it.

The run itself knows by these lines what a job's interpreter needs, so that it can say so before anything is trained.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

PICKLE = "pickle"
PREDICT = "Name a function that scores with it: `predict: module:function`, called with the model's path and the rows."
_HEAD = 4096  # bytes that are looked at
_PACKED = ((b"\x1f\x8b", "gzip"), (b"BZh", "bz2"), (b"\xfd7zXZ\x00", "lzma"), (b"]\x00\x00", "lzma"), (b"x", "zlib"))
_LZ4 = b"\x04\x22\x4d\x18"
_LEGACY_TORCH = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19"  # the number that torch.save wrote before it wrote archives


class Format:
    """Know one kind of model file.

    `loader` names what loads it, `modules` what that imports, `package` what pip installs for it. `begins` says by the
    first bytes whether a file is one; `endings` are those of names that nothing else has.
    """

    def __init__(
        self,
        loader: str,
        name: str,
        endings: tuple[str, ...],
        modules: tuple[str, ...],
        package: str,
        begins: Callable[[bytes], bool] | None = None,
    ) -> None:
        self.loader = loader
        self.name = name
        self.endings = endings
        self.modules = modules
        self.package = package
        self.begins = begins


def _starts(*starts: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(starts)


def _in_json(*keys: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.lstrip().startswith(b"{") and any(b'"%s"' % key in head for key in keys)


def _is_safetensors(head: bytes) -> bool:
    """Know eight bytes of a length, and JSON of that length."""
    return len(head) > 9 and head[8:9] == b"{" and 0 < int.from_bytes(head[:8], "little") < 1 << 32


_XGBOOST_BINARY = b"{L\x00\x00\x00\x00\x00\x00\x00\x07learner"

FORMATS = (
    Format("xgboost", "XGBoost", (".ubj",), ("xgboost",), "xgboost", _starts(_XGBOOST_BINARY)),
    Format("xgboost", "XGBoost", (), ("xgboost",), "xgboost", _in_json(b"learner")),
    Format("lightgbm", "LightGBM", (".txt", ".lgb"), ("lightgbm",), "lightgbm", _starts(b"tree\nversion=")),
    Format("catboost", "CatBoost", (".cbm",), ("catboost",), "catboost", _starts(b"CBM1")),
    # of a model with categories, long tables of their counts stand first
    Format("catboost", "CatBoost", (), ("catboost",), "catboost", _in_json(b"features_info", b"ctr_data")),
    Format("onnx", "ONNX", (".onnx",), ("onnxruntime",), "onnxruntime", _starts(b"\x08")),
    Format("skops", "skops", (".skops",), ("skops",), "skops"),
    Format("keras", "Keras", (".keras", ".h5", ".hdf5"), ("keras",), "keras", _starts(b"\x89HDF\r\n\x1a\n")),
    Format("torch", "PyTorch", (".pt", ".pth", ".ckpt"), ("torch",), "torch", _starts(_LEGACY_TORCH)),
    Format("torchscript", "TorchScript", (), ("torch",), "torch"),
    Format("exported", "torch.export", (".pt2",), ("torch",), "torch"),
    Format("safetensors", "safetensors", (".safetensors",), ("safetensors", "torch"), "safetensors", _is_safetensors),
    Format("mlflow", "MLflow", (), ("mlflow",), "mlflow"),
    Format(PICKLE, "pickle", (".pkl", ".pickle", ".joblib", ".jbl", ".sav"), (), ""),
)

# What the members of an archive are called, by the loader of what it is.
_MEMBERS = (
    ("skops", ("schema.json",)),
    ("keras", ("config.json", "model.weights.h5")),
    ("torchscript", ("/constants.pkl", "/code/")),
    ("exported", ("/models/",)),
    ("exported", ("serialized_exported_program.json",)),
    ("torch", ("/data.pkl",)),
)

# What nothing in Python loads as it was saved, by the ending of its name.
FOREIGN = {
    ".rds": "R",
    ".rda": "R",
    ".rdata": "R",
    ".pmml": "PMML",
    ".mojo": "H2O",
    ".jar": "Java",
    ".tflite": "TensorFlow Lite",
    ".pb": "TensorFlow",
    ".mlmodel": "Core ML",
    ".gguf": "GGUF",
    ".mat": "MATLAB",
    ".npz": "numpy",
    ".npy": "numpy",
}


def ending(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def by_name(path: str) -> tuple[Format, ...]:
    """Give the kinds of model files that a name may stand for, before there is a file; none where it may be any."""
    if ending(path) == ".json":
        return tuple(one for one in FORMATS if one.begins is not None and not one.endings)
    return tuple(one for one in FORMATS if ending(path) in one.endings)


def recognise(path: str) -> Format | None:
    """Say what kind of model file or folder lies at a path, by what it holds and else by its name; None for neither."""
    if os.path.isdir(path):
        return _of("mlflow") if os.path.isfile(os.path.join(path, "MLmodel")) else None
    with open(path, "rb") as stream:
        head = stream.read(_HEAD)
    if head.startswith(b"PK\x03\x04"):
        return _archive(path)
    for one in FORMATS:
        # One byte is little to know ONNX by: its name says it too.
        if one.begins is not None and one.begins(head) and (one.loader != "onnx" or ending(path) == ".onnx"):
            return one
    if _is_pickle(head):
        return _of(PICKLE)
    return _of(PICKLE) if ending(path) in _of(PICKLE).endings else None


def _archive(path: str) -> Format | None:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            names = ["/" + name for name in archive.namelist()]
    except (OSError, zipfile.BadZipFile):
        return None
    for loader, wanted in _MEMBERS:
        if all(any(one in name for name in names) for one in wanted):
            return _of(loader)
    return None


def _is_pickle(head: bytes) -> bool:
    """Know what pickle and joblib write, packed or not: of a packed file its first bytes are unpacked."""
    if head.startswith(_LZ4):
        return True
    return any(start[:1] == b"\x80" for start in (head, _unpack(head)))


def _unpack(head: bytes) -> bytes:
    import importlib

    for magic, name in _PACKED:
        if not head.startswith(magic):
            continue
        try:
            if name in ("zlib", "gzip"):
                import zlib

                return zlib.decompressobj(wbits=47).decompress(head, 16)
            library = importlib.import_module(name)
            one = library.BZ2Decompressor() if name == "bz2" else library.LZMADecompressor()
            return bytes(one.decompress(head, 16))
        except Exception:  # not what its first bytes look like; each library says so in its own way
            continue
    return b""


def _of(loader: str) -> Format:
    return next(one for one in FORMATS if one.loader == loader)
