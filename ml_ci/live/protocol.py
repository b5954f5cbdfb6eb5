"""The open inference protocol (V2, over REST): what is asked of a served model, and what an answer says.

As KServe, Triton, Seldon and MLServer speak it: https://github.com/kserve/open-inference-protocol.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, TypeGuard

from ml_ci.errors import Failure, StageFailed
from ml_ci.frozen import dataclass

STAGE = "serving"
# A value of a row; None is missing.
Value: TypeAlias = str | int | float | bool | None

_FLOATS = ("FP16", "FP32", "FP64", "BF16")
_WHOLE = ("INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64")
_KNOWN = (*_FLOATS, *_WHOLE, "BOOL", "BYTES")


@dataclass(frozen=True)
class InputSpec:
    """One input of a served model: its name, its type, and how many numbers its shape has; `width` is the last of
    them, None where it may be any.
    """

    name: str
    datatype: str
    rank: int = 1
    width: int | None = None

    @property
    def is_table(self) -> bool:
        """Whether one input holds all columns, without their names."""
        return self.rank == 2 and self.width != 1


@dataclass(frozen=True)
class Said:
    """What a served model says of each row: its scores of the positive class, or the classes that it names."""

    output: str
    scores: tuple[float | None, ...] | None
    classes: tuple[Value, ...] | None


def read_inputs(metadata: Any, shown: str) -> tuple[InputSpec, ...]:
    """Read the inputs of a model's metadata; () where it names none. StageFailed for what is no metadata."""
    inputs = metadata.get("inputs") if isinstance(metadata, Mapping) else None
    if inputs is None and isinstance(metadata, Mapping) and isinstance(metadata.get("name"), str):
        return ()
    if not isinstance(inputs, list):
        raise fail("metadata", f"{shown} answers with no metadata of a model", _NOT_SPOKEN)
    return tuple(_read_input(one, shown) for one in inputs)


def _read_input(given: Any, shown: str) -> InputSpec:
    name, datatype, shape = (given.get(key) if isinstance(given, Mapping) else None for key in _KEYS[:3])
    if not isinstance(name, str) or datatype not in _KNOWN or not _is_shape(shape):
        raise fail("metadata", f"{shown} describes an input that has no name, type or shape", _NOT_SPOKEN)
    return InputSpec(name, datatype, len(shape), shape[-1] if len(shape) > 1 and shape[-1] > 0 else None)


def write_request(inputs: Sequence[InputSpec], columns: Mapping[str, Sequence[Value]], identity: str) -> dict[str, Any]:
    """Write the request for the scores of some rows, given by column.

    Without known inputs each column is one, of the type that its values have.
    """
    rows = len(next(iter(columns.values()), ()))
    if len(inputs) == 1 and inputs[0].is_table:
        data = [_number(values[row]) for row in range(rows) for values in columns.values()]
        tensor = {"name": inputs[0].name, "datatype": inputs[0].datatype, "shape": [rows, len(columns)], "data": data}
        return {"id": identity, "inputs": [tensor]}
    known = inputs or [InputSpec(name, _guess(values)) for name, values in columns.items()]
    tensors = [
        {
            "name": one.name,
            "datatype": one.datatype,
            "shape": [rows, *([1] * (one.rank - 1))],
            "data": [_cast(value, one.datatype) for value in columns[one.name]],
        }
        for one in known
    ]
    return {"id": identity, "inputs": tensors}


def read_answer(answer: Any, rows: int, wanted: str | None, shown: str) -> Said:
    """Read what was said of each row: of the output that is `wanted`, or of the one that can be meant.

    Scores are numbers in [0, 1], one a row or one for each of two classes, of which the second is the positive one.
    StageFailed for an answer of another shape, and where several outputs could be meant.
    """
    outputs = answer.get("outputs") if isinstance(answer, Mapping) else None
    if not isinstance(outputs, list) or not outputs:
        raise fail("answer", f"{shown} answers without outputs", _NOT_SPOKEN)
    read = [_read_output(one, shown) for one in outputs]
    return _say(_choose(read, rows, wanted, shown), rows, shown)


@dataclass(frozen=True)
class _Output:
    name: str
    datatype: str
    shape: tuple[int, ...]
    data: tuple[Any, ...]

    def fits(self, rows: int) -> bool:
        """Whether it has one value a row, or a score for each of two classes."""
        widths = self.shape[1:]
        return self.shape[:1] == (rows,) and (widths in ((), (1,)) or (widths == (2,) and self.datatype in _FLOATS))


def _read_output(given: Any, shown: str) -> _Output:
    name, datatype, shape, data = (given.get(key) if isinstance(given, Mapping) else None for key in _KEYS)
    if not isinstance(name, str) or datatype not in _KNOWN or not _is_shape(shape) or not isinstance(data, list):
        raise fail("answer", f"{shown} answers with an output that has no name, type, shape or data", _NOT_SPOKEN)
    flat = tuple(_flatten(data))
    if len(flat) != math.prod(shape):
        message = f"{shown}: the output `{name}` has {len(flat):,} values, and its shape {list(shape)} another number"
        raise fail("answer", message, _NOT_SPOKEN)
    return _Output(name, datatype, tuple(shape), flat)


def _choose(outputs: Sequence[_Output], rows: int, wanted: str | None, shown: str) -> _Output:
    names = ", ".join(one.name for one in outputs)
    if wanted is not None:
        named = [one for one in outputs if one.name == wanted]
        if not named:
            raise fail("output", f"{shown} has no output `{wanted}`", f"It has: {names}.")
        found = named[:1]
    else:
        fitting = [one for one in outputs if one.fits(rows)]
        scores = [one for one in fitting if one.datatype in _FLOATS]
        found = scores if len(scores) == 1 else fitting if not scores and len(fitting) == 1 else []
        if not found and len(outputs) > 1:
            raise fail("output", f"{shown} has several outputs: {names}", "Say which has the scores: --output NAME.")
        found = found or list(outputs)
    [output] = found
    if not output.fits(rows):
        message = f"{shown}: the output `{output.name}` has the shape {list(output.shape)}, for {rows:,} rows"
        hint = "Expected is one score or class a row, or a score for each of two classes; --output NAME names another."
        raise fail("answer", message, hint)
    return output


def _say(output: _Output, rows: int, shown: str) -> Said:
    if output.datatype not in _FLOATS:
        return Said(output.name, None, output.data)
    width = len(output.data) // rows if rows else 1
    scores = [_read_score(output.data[row * width + width - 1], output.name, shown) for row in range(rows)]
    return Said(output.name, tuple(scores), None)


def _read_score(value: Any, output: str, shown: str) -> float | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise fail("answer", f"{shown}: the output `{output}` holds what is no number", _NOT_SPOKEN)
    if not 0 <= value <= 1:
        message = f"{shown}: the output `{output}` holds {value:.6g}, and a score lies in [0, 1]"
        raise fail("score-range", message, "Serve probabilities, or name the output that has them: --output NAME.")
    return float(value)


def fail(code: str, message: str, hint: str = "") -> StageFailed:
    """Name what is wrong with an endpoint or its answer."""
    return StageFailed(Failure(STAGE, code, message, hint))


_KEYS = ("name", "datatype", "shape", "data")
_NOT_SPOKEN = "Does it speak the open inference protocol (V2) at this URL?"


def _is_shape(shape: Any) -> TypeGuard[list[int]]:
    if not isinstance(shape, list) or not 0 < len(shape) <= 8:
        return False
    return all(isinstance(one, int) and not isinstance(one, bool) for one in shape)


def _flatten(data: list[Any]) -> list[Any]:
    """Give nested lists as one, in row-major order."""
    flat: list[Any] = []
    rest = list(reversed(data))
    while rest:
        one = rest.pop()
        if isinstance(one, list):
            rest.extend(reversed(one))
        else:
            flat.append(one)
    return flat


def _guess(values: Sequence[Value]) -> str:
    there = [value for value in values if value is not None]
    if there and all(isinstance(value, bool) for value in there):
        return "BOOL"
    return "FP64" if all(isinstance(value, int | float) for value in there) else "BYTES"


def _cast(value: Value, datatype: str) -> Value:
    """Give a value as its type has it; what cannot be one is a UserError of who read it."""
    if value is None:
        return None
    if datatype in _FLOATS:
        return _number(value)
    if datatype in _WHOLE and isinstance(value, int | float):
        return int(value)
    return str(value) if datatype == "BYTES" and not isinstance(value, str) else value


def _number(value: Value) -> Value:
    return float(value) if isinstance(value, int | float) else value
