"""One Python file as text: what it imports, whether it runs and trains, which kind of model it makes."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

from ml_ci.frozen import dataclass
from ml_ci.setup.texts import name_called

_LIBRARIES = {
    "sklearn", "xgboost", "lightgbm", "catboost", "torch", "tensorflow", "keras", "statsmodels", "fastai", "skops",
    "imblearn", "pytorch_lightning", "lightning", "transformers", "autogluon", "flaml",
}  # fmt: skip
_FITS = {"fit", "fit_transform", "partial_fit", "fit_resample", "fit_generator", "train_on_batch", "backward"}
_BOOSTS = {"xgb", "xgboost", "lgb", "lightgbm", "catboost", "cb", "trainer"}
_REGRESSIONS = {"LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "ElasticNet", "SVR", "LinearSVR", "OLS"}
_FUNCTIONS = ("train", "fit", "train_model", "fit_model", "build_model")
_OWN = {"params", "seed", "out"}
_PART_OF_TABLE = {"x", "xs", "x_train", "features"}
_SETS_UP = {"basicConfig", "filterwarnings", "simplefilter", "load_dotenv", "insert", "append", "set_option", "use"}
_STARTS = _FITS | {"dump", "save", "save_model", "train"}


@dataclass(frozen=True)
class Source:
    """A file and what it says by itself, without those that it imports.

    `runs` says that it does something when it is started; `fits` that it trains; `regressor` that what it trains is
    one; `function` is (name, parameter of the table) of a function of the job's contract; `server` is the address of a
    tracking server that it names.
    """

    path: str
    tree: ast.Module
    imports: tuple[str, ...]
    libraries: frozenset[str]
    runs: bool
    fits: bool
    regressor: bool
    function: tuple[str, str] | None
    relative: bool


def parse(path: str, text: str) -> Source | None:
    """Read a file; None when it is no Python."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    modules = tuple(dict.fromkeys(_list_modules(path, tree)))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {name_called(node) for node in calls}
    return Source(
        path=path,
        tree=tree,
        imports=modules,
        libraries=frozenset(one.partition(".")[0] for one in modules) & _LIBRARIES,
        runs=any(map(_does_something, tree.body)),
        fits=bool(names & _FITS) or any(_is_boosting(node) for node in calls),
        regressor=any(name.endswith("Regressor") or name in _REGRESSIONS for name in names),
        function=_find_function(tree),
        relative=any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree)),
    )


def _list_modules(path: str, tree: ast.AST) -> Iterator[str]:
    """Name the modules that a file may import; those of a relative import by their path."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                folder = path
                for _ in range(node.level):
                    folder = posixpath.dirname(folder)
                base = ".".join(part for part in (folder.replace("/", "."), base) if part)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _does_something(node: ast.stmt) -> bool:
    """Say whether a statement of a module does something when the file is started, beside definitions and settings."""
    if isinstance(node, ast.If):
        return _asks_for_main(node) or any(map(_does_something, node.body))
    if isinstance(node, ast.For | ast.While | ast.With):
        return True
    if isinstance(node, ast.Try):
        return any(map(_does_something, node.body))
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return name_called(node.value) not in _SETS_UP
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
        names = {name_called(one) for one in ast.walk(node.value) if isinstance(one, ast.Call)}
        return bool(names & _STARTS) or any(name.startswith("read_") for name in names)
    return False


def _asks_for_main(node: ast.If) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "__name__" for one in ast.walk(node.test))


def _is_boosting(node: ast.Call) -> bool:
    """Say whether a call is xgb.train(…), lgb.train(…) or Trainer().train()."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in ("train", "cv"):
        return False
    return isinstance(node.func.value, ast.Name) and node.func.value.id.lower() in _BOOSTS


def _find_function(tree: ast.Module) -> tuple[str, str] | None:
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
        whole = len(tables) == 1 and tables[0].lower() not in _PART_OF_TABLE
        if whole and known and returns and not node.args.vararg:
            return node.name, tables[0]
    return None
