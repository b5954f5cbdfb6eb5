"""The short notations of `ml-ci.yaml`, such as `1h30m`, `4GB`, `fpr=0.01` and `>= 30`: from what YAML gives to values.

Each function raises ValueError with a sentence that says what is expected, with an example, and what stands there.
The patterns are used by the JSON Schema too, so they keep to what regular expressions of JavaScript know.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from itertools import pairwise
from typing import Any

from ml_ci.spec.evidence import ClusterSpec
from ml_ci.spec.paths import project_path
from ml_ci.spec.problems import show, suggest
from ml_ci.spec.values import Positive, Scalar, Scoring, SliceSpec, Threshold

NUMBER = r"[0-9]+(?:\.[0-9]+)?"
DURATION = rf"^(?=[0-9])(?:({NUMBER})h)?(?:({NUMBER})m)?(?:({NUMBER})s)?$"
MEMORY = rf"^({NUMBER}) ?([KkMmGgTt])([Ii]?)[Bb]$"
THRESHOLD = rf"^(fpr|fnr) ?= ?({NUMBER}(?:[eE]-?[0-9]+)?)$"
COMPARISON = r"^ *(<=|>=|==|!=|<|>) *([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?) *$"

_POWERS = {"k": 1, "m": 2, "g": 3, "t": 4}


def version(value: Any) -> int:
    """Read the version of the format, which is 1."""
    if isinstance(value, int) and not isinstance(value, bool) and value == 1:
        return value
    raise ValueError(f"this ml-ci reads version 1, got {show(value)}; write version: 1, or update ml-ci")


def seconds(value: Any) -> float:
    """Read a time limit: `5m`, `90s`, `1h30m`, or a number of seconds; above zero and finite."""
    expected = "expected a time above zero such as 5m, 90s, 1h30m or a number of seconds"
    if _is_number(value):
        total = float(value)
    else:
        found = re.fullmatch(DURATION, value) if isinstance(value, str) and len(value) < 40 else None
        if not found:
            raise ValueError(f"{expected}, got {show(value)}")
        total = sum(float(part or 0) * unit for part, unit in zip(found.groups(), (3600, 60, 1), strict=True))
    if not 0 < total < math.inf:
        raise ValueError(f"{expected}, got {show(value)}")
    return total


def memory_bytes(value: Any) -> int:
    """Read a memory limit in bytes: `4GB` is 4 * 10**9, `4GiB` is 4 * 2**30."""
    found = re.fullmatch(MEMORY, value) if isinstance(value, str) and len(value) < 40 else None
    size = 0
    if found:
        number, prefix, binary = found.groups()
        size = round(float(number) * (1024 if binary else 1000) ** _POWERS[prefix.lower()])
    if not size > 0:
        raise ValueError(f"expected an amount with its unit such as 4GB, 500MB or 2GiB, got {show(value)}")
    return size


def threshold(value: Any) -> Threshold:
    """Read a threshold between 0 and 1, or the rate that it is chosen for on `data.validation`: `fpr=0.01`."""
    if _is_number(value) and 0 < value < 1:
        return Threshold(float(value))
    found = re.fullmatch(THRESHOLD, value) if isinstance(value, str) and len(value) < 40 else None
    if found and 0 <= float(found[2]) < 1:
        return Threshold(None, found[1], float(found[2]))
    raise ValueError(
        f"expected a number between 0 and 1 such as 0.5, or a rate such as fpr=0.01 or fnr=0.05, got {show(value)}"
    )


def positive(value: Any) -> Positive:
    """Read the positive class: a value, a list of values, or a comparison such as `>= 30`.

    Only an operator before a whole number is a comparison: `>50K` is a label.
    """
    if isinstance(value, list):
        if not value:
            raise ValueError("expected at least one label, got an empty list")
        return Positive(tuple(scalar(item) for item in value))
    if isinstance(value, str):
        found = re.fullmatch(COMPARISON, value) if len(value) < 60 else None
        if found:
            return Positive(comparison=(found[1], _finite(found[2])))
    return Positive((scalar(value),))


def scalar(value: Any) -> Scalar:
    """Read a text, a finite number or a boolean."""
    if isinstance(value, str | bool) or (_is_number(value) and math.isfinite(value)):
        if value == "":
            raise ValueError("expected a value, got an empty text; a missing label belongs to no class")
        return value  # type: ignore[no-any-return]
    raise ValueError(f"expected a text, a number, true or false, got {show(value)}")


def after(value: Any) -> tuple[str, Scalar]:
    """Read `{date: 2026-01-01}`: the rows whose column is at or above the bound."""
    column, bound = _one_column(
        value, "expected one column and the first value of the part, such as {date: 2026-01-01}"
    )
    return column, scalar(bound)


def where(value: Any) -> tuple[str, tuple[Scalar, ...]]:
    """Read `{split: test}` or `{split: [test, late]}`: the rows whose column has one of the values."""
    column, values = _one_column(value, "expected one column and its value or values, such as {split: test}")
    if values == []:
        raise ValueError("expected at least one value, got an empty list")
    return column, tuple(scalar(item) for item in (values if isinstance(values, list) else [values]))


def slicing(value: Any) -> SliceSpec:
    """Read a slice: a column, two columns, or a numeric column with the ascending edges of its bins."""
    expected = "expected a column such as region, two such as [sex, race], or edges such as {age: [18, 30, 50]}"
    if isinstance(value, str) and value.strip():
        return SliceSpec((value.strip(),))
    if isinstance(value, list):
        return SliceSpec(_two_columns(value, expected))
    column, edges = _one_column(value, expected)
    if not isinstance(edges, list) or not edges or not all(_is_number(edge) and math.isfinite(edge) for edge in edges):
        raise ValueError(
            f"expected the edges of '{column}' as a list of numbers such as [18, 30, 50], got {show(edges)}"
        )
    if any(low >= high for low, high in pairwise(edges)):
        raise ValueError(f"the edges of '{column}' have to ascend, got {edges}")
    return SliceSpec((column,), tuple(float(edge) for edge in edges))


def cluster(value: Any) -> ClusterSpec:
    """Read which rows belong together: a column, a list of columns, `none`, or {by: COLUMN, known: [VALUE]}."""
    if isinstance(value, str) and value.strip().lower() == "none":
        return ClusterSpec()
    if not isinstance(value, dict):
        return ClusterSpec(_columns(value))
    unknown = [key for key in value if key not in ("by", "known")]
    if unknown or "by" not in value:
        got = f"the key {show(unknown[0])}{suggest(str(unknown[0]), ('by', 'known'))}" if unknown else "no by"
        raise ValueError(f"{_CLUSTER}, got {got}")
    columns, known = _columns(value["by"]), value.get("known", [])
    if not isinstance(known, list):
        raise ValueError(f"expected the known values of '{columns[0]}' as a list such as [acme], got {show(known)}")
    if known and len(columns) > 1:
        raise ValueError("known names values of one column, and there are several; write {by: COLUMN, known: [VALUE]}")
    return ClusterSpec(columns, tuple(dict.fromkeys(scalar(one) for one in known)))


_CLUSTER = "expected a column such as customer_id, a list of columns, none, or {by: customer_id, known: [acme]}"


def _columns(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    for column in listed:
        if not isinstance(column, str) or not column.strip():
            raise ValueError(f"{_CLUSTER}, got {show(column)}")
    columns = tuple(column.strip() for column in listed)
    if not columns:
        raise ValueError(f"{_CLUSTER}, got an empty list; write none where rows are independent")
    twice = next((one for place, one in enumerate(columns) if one in columns[:place]), None)
    if twice is not None:
        raise ValueError(f"the column '{twice}' is listed twice")
    return columns


def params(value: Any) -> tuple[str, str] | dict[str, Any]:
    """Read parameters: `params.yaml#churn` as (file, key path), with "" for the whole file, or an inline mapping."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"expected a file and a key in it such as params.yaml#churn, or a mapping, got {show(value)}")
    path, mark, key = value.partition("#")
    if not path.strip() or (mark and not all(key.split("."))):
        raise ValueError(f"expected a file and a key in it such as params.yaml#churn, got {show(value)}")
    return project_path(path.strip()), key


def budget_rows(value: Any) -> dict[str, int]:
    """Read a limit of rows: a number for the entry `train`, or a number by entry."""
    expected = "expected a whole number above zero such as 50000, or one by data entry such as {train: 50000}"
    rows = value if isinstance(value, dict) and value else {"train": value}
    for count in rows.values():
        if not isinstance(count, int) or isinstance(count, bool) or not count > 0:
            raise ValueError(f"{expected}, got {show(count)}")
    return dict(rows)


def command(value: Any) -> str | tuple[str, ...]:
    """Read a command: a text for the shell, or a list of arguments without one."""
    if isinstance(value, dict):
        raise ValueError("expected a command, got a mapping; put a command that starts with { in quotes")
    parts = value if isinstance(value, list) else [value]
    for part in parts:
        if not isinstance(part, str):
            quote = f"; put it in quotes: '{part}'" if part is not None and not isinstance(part, list | dict) else ""
            raise ValueError(f"expected a command such as 'python train.py {{out}}', got {show(part)}{quote}")
    if not parts or not parts[0].strip():
        raise ValueError("expected a command such as 'python train.py {out}', got an empty one")
    return tuple(value) if isinstance(value, list) else str(value)


def entry_point(value: str) -> str:
    """Check `module:function`, a function that Python can import."""
    module, colon, function = value.partition(":")
    names = [*module.split("."), *function.split(".")]
    if colon and all(name.isidentifier() for name in names) and not module.endswith(".py"):
        return value
    raise ValueError(f"expected module:function such as churn.train:train, got {show(value)}{_as_entry_point(value)}")


def training(value: str) -> str:
    """Check `module:function`, or a stage of a `dvc.yaml` as DVC names it, `dvc.yaml:train`."""
    return value if find_stage(value) is not None else entry_point(value)


def find_stage(value: str) -> tuple[str, str] | None:
    """Give the file and the stage that `dvc.yaml:train` names; None for anything else."""
    file, colon, stage = value.partition(":")
    return (file, stage) if colon and stage and file.endswith((".yaml", ".yml")) else None


def is_stage(value: str | None) -> bool:
    """Say whether a text names a stage of a `dvc.yaml`."""
    return value is not None and find_stage(value) is not None


def _as_entry_point(value: str) -> str:
    """Suggest the entry point that a path or a dotted name may mean."""
    module, colon, function = value.replace(".py", "").replace("/", ".").strip(".").partition(":")
    if not colon:
        module, _, function = module.rpartition(".")
    if value.endswith(".py"):
        return "; a script is started with run: python " + show(value)[1:-1]
    names = [*module.split("."), function]
    likely = all(name.isidentifier() for name in names)
    return f", did you mean '{module}:{function}'?" if likely else ""


def scoring(value: Any) -> Scoring:
    """Read how rows are scored: by `module:function`, or `{run: COMMAND}`."""
    example = "predict: {run: 'Rscript predict.R {model} {rows} {out}/scores.csv'}"
    if isinstance(value, str):
        if {" ", "{"} & set(value.strip()):
            raise ValueError(f"expected module:function, got {show(value)}; a command stands under run: {example}")
        return Scoring(entry_point(value.strip()))
    if not isinstance(value, dict) or set(value) != {"run"}:
        raise ValueError(f"expected module:function such as churn.score:predict, or {example}, got {show(value)}")
    found = command(value["run"])
    scoring_placeholders(found, ("model", "rows", "out"), ("model", "rows", "out"), example)
    return Scoring(None, found)


_TOLD = {"model": "the model", "rows": "the rows to score", "out": "the folder for the scores"}


def scoring_placeholders(
    found: str | tuple[str, ...], known: tuple[str, ...], needed: tuple[str, ...], example: str
) -> None:
    """Check which of `{model}`, `{rows}` and `{out}` a command that scores rows is told."""
    text = found if isinstance(found, str) else " ".join(found)
    listed = [f"{{{name}}}" for name in known]
    for placeholder in re.findall(r"(?<!\$)\{[A-Za-z_.]+\}", text):
        if placeholder not in listed:
            only = f"{', '.join(listed[:-1])} and {listed[-1]}"
            raise ValueError(f"unknown placeholder {placeholder} in run:; here only {only} are filled in")
    for name in needed:
        if f"{{{name}}}" not in text:
            said = f"write {{{name}}} into it, for example {example}"
            raise ValueError(f"the command is not told {_TOLD[name]}; {said}")


def choice(value: Any, known: tuple[str, ...]) -> str:
    """Check that a value is one of the known words."""
    if isinstance(value, str) and value in known:
        return value
    close = suggest(value, known) if isinstance(value, str) else ""
    raise ValueError(f"expected {', '.join(known[:-1])} or {known[-1]}, got {show(value)}{close}")


def _two_columns(value: list[Any], expected: str) -> tuple[str, ...]:
    if len(value) != 2 or not all(isinstance(column, str) and column.strip() for column in value):
        got = f"a list of {len(value)}" if len(value) != 2 else ", ".join(show(column) for column in value)
        raise ValueError(f"{expected}, got {got}")
    first, second = (column.strip() for column in value)
    if first == second:
        raise ValueError(f"expected two different columns, got '{first}' twice")
    return first, second


def _one_column(value: Any, expected: str) -> tuple[str, Any]:
    if not isinstance(value, dict) or len(value) != 1:
        got = f"{len(value)} keys" if isinstance(value, dict) and value else show(value)
        raise ValueError(f"{expected}, got {got}")
    [(column, rest)] = value.items()
    if not column.strip():
        raise ValueError(f"{expected}, got an empty column name")
    return column.strip(), rest


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(text: str) -> int | float:
    """Give a number of the very value of its text: whole ones of any size, others as long as a float holds them."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"expected a comparison with a finite number such as '>= 30', got {show(text)}")
    exactly = Decimal(text)
    if exactly == exactly.to_integral_value():
        return int(exactly)
    if Decimal(repr(number)) != exactly:
        raise ValueError(f"expected a comparison with a number of at most 15 digits such as '>= 0.5', got {show(text)}")
    return number
