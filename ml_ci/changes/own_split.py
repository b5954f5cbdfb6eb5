"""What a changed literal feeds: the script's own split of its rows, or its own seed."""

from __future__ import annotations

import ast

SPLIT, SEED = "the script's own split", "the script's own seed"
_SIZES = ("test_size", "train_size", "n_splits", "validation_split")
_SEEDS = ("random_state", "seed", "random_seed")
# Functions that seed a generator: random's, numpy's, torch's, TensorFlow's, Lightning's.
_SEEDING = (
    "seed",
    "manual_seed",
    "manual_seed_all",
    "default_rng",
    "RandomState",
    "set_seed",
    "set_random_seed",
    "seed_everything",
)
_SPLITTERS = (
    "train_test_split",
    "ShuffleSplit",
    "StratifiedShuffleSplit",
    "GroupShuffleSplit",
    "KFold",
    "StratifiedKFold",
    "GroupKFold",
    "TimeSeriesSplit",
    "random_split",
    "sample",
)
# How many of the first arguments of these are the rows themselves, not how they are split.
_ROWS = {"train_test_split": 1_000, "random_split": 1}


def find_role(tree: ast.Module, node: ast.AST, call: ast.Call | None) -> str:
    """Say what a literal of a module feeds, "" where that is not known.

    It feeds what it is an argument of, by the names of the function and of its parameters where this module defines it;
    and what the name is an argument of that it is assigned to.
    """
    if call is not None:
        return _argument(tree, node, call)
    name = _assigned(tree, node)
    if not name:
        return ""
    fed = [
        said
        for one in ast.walk(tree)
        if isinstance(one, ast.Call)
        for value in (*one.args, *(word.value for word in one.keywords))
        if isinstance(value, ast.Name) and value.id == name and (said := _argument(tree, value, one))
    ]
    return SPLIT if SPLIT in fed else next(iter(fed), "")


def _argument(tree: ast.Module, node: ast.AST, call: ast.Call) -> str:
    """Say what an argument of a call feeds."""
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    parameter = next((word.arg for word in call.keywords if any(one is node for one in ast.walk(word.value))), None)
    place = next((at for at, arg in enumerate(call.args) if any(one is node for one in ast.walk(arg))), None)
    if parameter is None and place is None:
        return ""
    if parameter is None:
        parameter = _parameter(tree, called, place or 0)
    by_place = parameter is None and (place or 0) >= _ROWS.get(called, 0)
    if parameter in _SIZES or (called in _SPLITTERS and (parameter in _SEEDS or by_place)):
        return SPLIT
    siblings = {word.arg for word in call.keywords} | set(_parameters(tree, called))
    if parameter in _SEEDS or called in _SEEDING:
        return SPLIT if siblings & set(_SIZES) else SEED
    return ""


def _parameters(tree: ast.Module, called: str) -> list[str]:
    """Give the parameters of a function that the module defines."""
    found = (
        one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name == called
    )
    function = next(found, None)
    return [arg.arg for arg in (*function.args.posonlyargs, *function.args.args)] if function else []


def _parameter(tree: ast.Module, called: str, place: int) -> str | None:
    names = [name for name in _parameters(tree, called) if name not in ("self", "cls")]
    return names[place] if place < len(names) else None


def _assigned(tree: ast.Module, node: ast.AST) -> str:
    """Give the name that a literal is assigned to."""
    for one in ast.walk(tree):
        if isinstance(one, ast.Assign | ast.AnnAssign) and one.value is node:
            targets = one.targets if isinstance(one, ast.Assign) else [one.target]
            if len(targets) == 1 and isinstance(targets[0], ast.Name):
                return targets[0].id
    return ""
