"""What programs read and leave, by the calls in their text: tables, models of the usual libraries, their target."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping

from ml_ci.frozen import dataclass
from ml_ci.setup.texts import Texts, find_opened, name_called

TABLES = (".csv", ".tsv", ".parquet", ".txt", ".data", ".csv.gz")
MODELS = (
    ".pkl", ".pickle", ".joblib", ".jbl", ".sav", ".pt", ".pth", ".ckpt", ".h5", ".hdf5", ".keras", ".onnx", ".cbm",
    ".ubj", ".model", ".skops", ".safetensors", ".bst", ".dill",
)  # fmt: skip
# What leaves a model wherever its path ends: xgboost's .json, lightgbm's .txt, a folder of MLflow or Keras.
_SAVES = {"save_model", "save_pretrained", "export_model", "saved_model"}
_DUMPS = {"dump", "save", "save_checkpoint", "export", "save_weights"}
_LIBRARIES = {"joblib", "pickle", "cloudpickle", "dill", "torch", "sio", "skops"}
_TARGETS = {"label", "target", "target_column", "label_column", "target_col", "label_col", "y_col"}
# Where what is true stands among the arguments.
_TRUE_AT = {
    "fit": 1,
    "partial_fit": 1,
    "fit_resample": 1,
    "train_test_split": 1,
    "cross_val_score": 2,
    "cross_validate": 2,
}
_TRACKED = {"set_tracking_uri", "MlflowClient", "set_registry_uri"}


@dataclass(frozen=True)
class Traces:
    """What some programs do with files, as texts: paths as they are written there.

    `models` are left; `perhaps` have a model's ending and nobody is seen to read or to leave them; `tables` are asked
    for; `strings` are all texts; `tracked` are addresses of MLflow servers; `logs` says that a model goes to MLflow,
    `unseen` that one is left at a path that is made while the program runs.
    """

    models: tuple[str, ...]
    perhaps: tuple[str, ...]
    written: frozenset[str]
    tables: tuple[str, ...]
    strings: tuple[str, ...]
    named: tuple[str, ...]
    tracked: tuple[str, ...]
    logs: bool
    unseen: bool = False


def find_traces(trees: Mapping[str, ast.Module]) -> Traces:
    """Read what the programs do together: the first of them is the one that is started."""
    texts = Texts(trees)
    left: dict[str, None] = {}
    read: set[str] = set()
    written: set[str] = set()
    asked: dict[str, None] = {}
    tracked: dict[str, None] = {}
    calls = [(path, node) for path, tree in trees.items() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for path, node in calls:
        left |= dict.fromkeys(_find_left(node, path, texts))
        written |= set(_find_written(node, path, texts))
        for one in _find_asked(node):
            read |= {text for inner in ast.walk(one) for text in _read_constant(inner)} | set(texts.of(one, path))
            asked |= dict.fromkeys(text for text in texts.of(one, path) if text.endswith(TABLES) or "://" in text)
        if name_called(node) in _TRACKED:
            tracked |= dict.fromkeys(text for one in node.args for text in texts.of(one, path) if "://" in text)
    strings = tuple(
        dict.fromkeys(text for tree in trees.values() for node in ast.walk(tree) for text in _read_constant(node))
    )
    perhaps = [one for one in strings if one.endswith(MODELS) and " " not in one and one not in read]
    return Traces(
        models=tuple(left),
        perhaps=tuple(one for one in perhaps if one not in MODELS and not one.startswith("/")),
        written=frozenset(written),
        tables=tuple(one for one in asked if one not in written),
        strings=strings,
        named=tuple(dict.fromkeys(text for tree in trees.values() for text in _find_targets(tree))),
        tracked=tuple(tracked),
        logs=any(name_called(node) == "log_model" for _, node in calls),
        unseen=any(_is_unseen(node, path, texts) for path, node in calls),
    )


def _read_constant(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and 0 < len(node.value) < 200:
        yield node.value


def _find_left(node: ast.Call, path: str, texts: Texts) -> Iterator[str]:
    """Find the models that a call leaves: joblib.dump(model, path), model.save(path), open(path, "wb")."""
    name = name_called(node)
    if name in _SAVES | _DUMPS:
        for text in (text for one in [*node.args, *_find_paths(node)] for text in texts.of(one, path)):
            folder = name == "save" and "/" in text and not posixpath.splitext(text)[1]
            if text.endswith(MODELS) or ((name in _SAVES or folder) and not re.search(r"\s|://", text)):
                yield text
    elif (name == "open" and _read_mode(node)[:1] in ("w", "x", "a")) or name == "write_bytes":
        yield from (text for one in find_opened(node) for text in texts.of(one, path) if text.endswith(MODELS))


def _is_unseen(node: ast.Call, path: str, texts: Texts) -> bool:
    """Say whether a call leaves a model (joblib.dump(model, path)) at a path that is not in the text."""
    if name_called(node) not in _DUMPS or not isinstance(node.func, ast.Attribute):
        return False
    library = getattr(node.func.value, "id", "")
    return library in _LIBRARIES and len(node.args) > 1 and not texts.of(node.args[1], path)


def _find_written(node: ast.Call, path: str, texts: Texts) -> Iterator[str]:
    """Find the other paths that a call writes: open(path, "w"), frame.to_csv(path)."""
    name = name_called(node)
    at: list[ast.expr] = []
    if name == "open" and _read_mode(node)[:1] in ("w", "a", "x"):
        at = find_opened(node)
    elif name.startswith(("to_csv", "to_parquet", "savetxt", "savefig", "write_csv", "write_parquet")):
        at = node.args[:1]
    elif name in ("write_text", "write_bytes") and isinstance(node.func, ast.Attribute):
        at = [node.func.value]
    yield from (text for one in at for text in texts.of(one, path))


def _find_asked(node: ast.Call) -> list[ast.expr]:
    """Give the paths that a call reads: read_csv(path), joblib.load(path), open(path, "rb")."""
    name = name_called(node)
    if name.startswith(("read_", "genfromtxt", "loadtxt", "scan_")) or name in ("load", "load_model", "fromfile"):
        return [*node.args[:1], *_find_paths(node)]
    if name == "open" and _read_mode(node)[:1] not in ("w", "a", "x"):
        return find_opened(node)
    return []


def _find_paths(node: ast.Call) -> list[ast.expr]:
    """Give the arguments that are paths by their name."""
    known = ("path", "file", "fname", "filename", "fp", "dest")
    return [word.value for word in node.keywords if word.arg and any(word.arg.endswith(one) for one in known)]


def _read_mode(node: ast.Call) -> str:
    given = [word.value for word in node.keywords if word.arg == "mode"]
    places = node.args if isinstance(node.func, ast.Attribute) and find_opened(node) != node.args[:1] else node.args[1:]
    found = [*given, *places[:1]]
    return next((text for one in found for text in _read_constant(one)), "r")


def _find_targets(tree: ast.AST) -> Iterator[str]:
    """Find the columns that are taken out as the target: fit(X, frame["x"]), label="x", frame.drop("x"),
    frame.pop("x"), y = frame["x"]; what is fitted to comes first.
    """
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    yield from (name for node in calls for one in _find_fitted(node) for name in _read_column(one))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from (text for word in node.keywords if word.arg in _TARGETS for text in _read_constant(word.value))
            if name_called(node) in ("drop", "pop"):
                given = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "columns")]
                yield from (text for one in given for item in _split(one) for text in _read_constant(item))
        elif isinstance(node, ast.Assign):
            yield from _find_assigned(node)


def _find_fitted(node: ast.Call) -> Iterator[ast.expr]:
    """Give what a model is fitted to: fit(X, y), train_test_split(X, y), cross_val_score(m, X, y), Dataset(label=y)."""
    place = _TRUE_AT.get(name_called(node))
    if place is not None:
        yield from (*node.args[place : place + 1], *(word.value for word in node.keywords if word.arg == "y"))
    yield from (word.value for word in node.keywords if word.arg in _TARGETS)


def _read_column(node: ast.expr) -> Iterator[str]:
    """Give the column of frame["x"], frame[["x"]] or frame.x, also of its `.values` or `.to_numpy()`."""
    inner = node.func if isinstance(node, ast.Call) else node
    if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Subscript | ast.Attribute):
        inner = inner.value
    if isinstance(inner, ast.Subscript):
        yield from _read_columns(inner)
    elif isinstance(inner, ast.Attribute) and inner is not getattr(node, "func", None):
        yield inner.attr


def _find_assigned(node: ast.Assign) -> Iterator[str]:
    names = [one.id.lower() for one in node.targets if isinstance(one, ast.Name)]
    if isinstance(node.value, ast.Subscript):
        if any(name[:1] == "y" or name in _TARGETS or name == "labels" for name in names):
            yield from _read_columns(node.value)
    elif any(name in _TARGETS for name in names):
        yield from _read_constant(node.value)


def _read_columns(node: ast.Subscript) -> Iterator[str]:
    return (text for one in _split(node.slice) for text in _read_constant(one))


def _split(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
