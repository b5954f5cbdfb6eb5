"""Read a program as text, never run it: whether it trains, what it reads and leaves, which column is its target."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Collection, Iterator

from ml_ci.setup.values import Script

_LIBRARIES = {"sklearn", "xgboost", "lightgbm", "catboost", "torch", "tensorflow", "keras", "statsmodels", "fastai"}
_TABLES = (".csv", ".tsv", ".parquet", ".txt", ".data", ".csv.gz")
_SAVES = ("dump", "save", "save_model")
_MODELS = (".pkl", ".pickle", ".joblib", ".sav", ".pt", ".pth", ".h5", ".keras", ".onnx", ".cbm", ".ubj", ".model")
_FUNCTIONS = ("train", "fit", "train_model", "fit_model", "build_model")
_OWN = {"params", "seed", "out"}
_TARGETS = {"label", "target", "target_column", "label_column", "target_col", "label_col", "y_col"}


def read(path: str, text: str, files: Collection[str]) -> Script | None:
    """Read the program at `path`; None when it trains nothing. `files` are the repository's, to know paths by."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    function = _function(tree)
    score = _score(path, tree, function is not None)
    if score < 3:
        return None
    strings = list(dict.fromkeys(_strings(tree)))
    cwd = _cwd(path, strings, files)
    resolved = {text: posixpath.normpath(posixpath.join(cwd, text)) for text in strings}
    written = set(_write(tree))
    saved = written | set(_save(tree))  # elsewhere a text with a blank is a sentence: "saved to model.pkl"
    left = [resolved[one] for one in strings if one.endswith(_MODELS) and (" " not in one or one in saved)]
    asked = [resolved[one] for one in dict.fromkeys(_read(tree)) if one in resolved and one not in written]
    return Script(
        path=path,
        score=score,
        cwd=cwd,
        function=function,
        reads=tuple(at for one, at in resolved.items() if at in files and one.endswith(_TABLES) and one not in written),
        absent=tuple(at for at in asked if at not in files and not at.startswith("..")),
        writes=tuple(at for at in dict.fromkeys(left) if not at.startswith("..")),
        named=tuple(dict.fromkeys(_targets(tree))),
    )


def _score(path: str, tree: ast.AST, function: bool) -> int:
    """Count what speaks for a program that trains; its name alone is not enough."""
    calls = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    imported = {name.partition(".")[0] for name in _imports(tree)}
    stem = posixpath.basename(path).removesuffix(".py").lower()
    points = 3 * bool(calls & {"fit", "fit_transform", "partial_fit", "fit_resample"})
    points += 2 * bool(imported & _LIBRARIES) + 3 * ("train" in stem) + 2 * function
    points += bool(calls & {"dump", "save", "save_model"})
    points -= 6 * (stem.startswith("test_") or stem.endswith("_test") or "tests" in path.split("/")[:-1])
    points -= 3 * any(word in stem for word in ("predict", "serve", "api", "app", "eval", "plot"))
    return points


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def _function(tree: ast.Module) -> tuple[str, str] | None:
    """Find a function that ml-ci can call: it returns something, and takes one table beside params, seed and out."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name not in _FUNCTIONS:
            continue
        arguments = [*node.args.args, *node.args.kwonlyargs]
        optional = len(node.args.defaults)
        required = [one.arg for one in node.args.args[: len(node.args.args) - optional]]
        tables = [one for one in required if one not in _OWN]
        known = all(one.arg in _OWN or one.arg in tables for one in arguments)
        returns = any(isinstance(inner, ast.Return) and inner.value is not None for inner in ast.walk(node))
        if len(tables) == 1 and known and returns and not node.args.vararg:
            return node.name, tables[0]
    return None


def _strings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and 0 < len(node.value) < 200:
            yield node.value.removeprefix("./")


def _read(tree: ast.AST) -> Iterator[str]:
    """Find the tables that a program asks for: pandas.read_csv(path), numpy.genfromtxt(path)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            path = _text(node.args[0])
            if node.func.attr.startswith(("read_", "genfromtxt", "loadtxt")) and path.endswith(_TABLES):
                yield path.removeprefix("./")


def _write(tree: ast.AST) -> Iterator[str]:
    """Find the paths that a program writes: open(path, "w"), frame.to_csv(path)."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        constants = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        opened = name == "open" and len(constants) > 1 and constants[1][:1] in ("w", "a", "x")
        if constants and (opened or name.startswith(("to_csv", "to_parquet", "savetxt", "savefig"))):
            yield constants[0].removeprefix("./")


def _save(tree: ast.AST) -> Iterator[str]:
    """Find the paths that a program saves something at: joblib.dump(model, path), model.save(path)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _SAVES:
            yield from (_text(one).removeprefix("./") for one in node.args)


def _targets(tree: ast.AST) -> Iterator[str]:
    """Find the columns that are taken out as the target: label="x", frame.drop("x"), frame.pop("x"), y = frame["x"]."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from (_text(word.value) for word in node.keywords if word.arg in _TARGETS)
            if isinstance(node.func, ast.Attribute) and node.func.attr in ("drop", "pop"):
                yield from (_text(one) for given in node.args[:1] for one in _items(given))
                yield from (_text(one) for word in node.keywords if word.arg == "columns" for one in _items(word.value))
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript):
            names = [target.id.lower() for target in node.targets if isinstance(target, ast.Name)]
            if any(name[:1] == "y" or name in _TARGETS or name == "labels" for name in names):
                yield _text(node.value.slice)


def _items(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.List | ast.Tuple) else [node]


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _cwd(path: str, strings: list[str], files: Collection[str]) -> str:
    """Find the folder from which the program's paths lead to files: the repository's root, or the program's own."""
    places = (".", posixpath.dirname(path) or ".")
    hits = [
        sum(posixpath.normpath(posixpath.join(place, one)) in files for one in strings if "." in one)
        for place in places
    ]
    return places[1] if hits[1] > hits[0] else places[0]
