"""Read the log lines of model servers as rows: KServe's inference logger, SageMaker's data capture.

KServe sends a CloudEvent for each request and one for its response, which share `id`
(https://kserve.github.io/website/latest/modelserving/logger/logger/); SageMaker writes one line with both
(https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html). A row of a batch has no id
of its own: it is `id/index`. Lines are hostile input: nothing in them is evaluated.
"""

from __future__ import annotations

import base64
import csv
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from ml_ci.errors import UserError
from ml_ci.spec.live import LiveSpec
from ml_ci.tables.duck import literal, quote

Row: TypeAlias = dict[str, Any]

_REQUEST, _RESPONSE = "inference.request", "inference.response"
_COLUMNS = 4000  # more values in one row are no table
_UNANSWERED = 1_000_000  # requests that wait for their response


def read(live: LiveSpec, files: Sequence[Path], work: Path, shown: str) -> str:
    """Write the rows of log lines to a file, and give the SQL that reads it.

    Columns are called as `live:` names id, time and version; then `score` (numbers that are no whole ones) or
    `prediction`, and the features by their names, or as x0, x1, … where the server knows none.
    """
    found = list(_READERS[live.predictions.format or "kserve"](files, live, shown))
    if not found:
        raise UserError(f"{shown} holds no answered request", hint="Check `format:` under `live:` in ml-ci.yaml.")
    _name_answers(found, shown)
    names = list(dict.fromkeys(name for row in found for name in row))
    target = work / "lines.jsonl"
    with target.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in found)
    types = {name: _type(row.get(name) for row in found) for name in names}
    columns = ", ".join(f"{quote(name)}: {literal(kind)}" for name, kind in types.items())
    return f"read_json({literal(target)}, format = 'newline_delimited', columns = {{{columns}}})"


def _type(values: Iterator[Any]) -> str:
    kinds = {type(value) for value in values if value is not None}
    return "DOUBLE" if kinds and kinds <= {int, float} else "BOOLEAN" if kinds == {bool} else "VARCHAR"


def _name_answers(rows: Sequence[Row], shown: str) -> None:
    """Call what was answered `score` where a number between whole ones is among it, `prediction` otherwise."""
    answers = [_pick(row["prediction"], shown) for row in rows]
    scores = any(isinstance(one, float) and not one.is_integer() for one in answers)
    for row, answer in zip(rows, answers, strict=True):
        del row["prediction"]
        row["score" if scores else "prediction"] = answer


def _pick(answer: Any, shown: str) -> Any:
    """Give the answer about one row: of two probabilities that of the positive class, of a mapping its score."""
    if isinstance(answer, Mapping):
        named = next((answer[name] for name in ("score", "probability", "prediction", "label") if name in answer), None)
        if named is None:
            raise UserError(f"{shown}: an answer has neither score nor prediction: {', '.join(list(answer)[:5])}")
        return _pick(named, shown)
    if isinstance(answer, list):
        if not 1 <= len(answer) <= 2:
            message = f"{shown}: an answer has {len(answer)} values for one row, and a score is one or two"
            raise UserError(message, hint="Let the server answer with the score of the positive class.")
        return _pick(answer[-1], shown)
    return answer


def _read_kserve(files: Sequence[Path], live: LiveSpec, shown: str) -> Iterator[Row]:
    """Join each response with its request by their `id`, in whatever order they come."""
    waiting: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for line, event in _events(files):
        kind = str(event.get("type", ""))
        own = _REQUEST if kind.endswith(_REQUEST) else _RESPONSE if kind.endswith(_RESPONSE) else None
        if own is None:
            continue  # an event of somebody else in the same topic
        name = str(event.get("id") or "")
        if not name:
            raise UserError(f"{line}: the event has no id", hint="A request and its response share an id.")
        other = waiting.pop(name, None)
        if other is None or other[0] == own:
            waiting[name] = (own, event)
            if len(waiting) > _UNANSWERED:
                raise UserError(f"{shown}: more than {_UNANSWERED:,} requests have no response in these files")
            continue
        request, response = (event, other[1]) if own == _REQUEST else (other[1], event)
        yield from _join(name, request, response, live, line)


def _join(name: str, request: Row | Mapping[str, Any], response: Any, live: LiveSpec, line: str) -> Iterator[Row]:
    given, answered = _data(request, line), _data(response, line)
    rows = _rows_of_request(given, line)
    answers = _answers(answered, len(rows), line)
    version = answered.get("model_version") or response.get("modelversion") or request.get("modelversion")
    for place, (row, answer) in enumerate(zip(rows, answers, strict=True)):
        about: Row = {live.id: name if len(rows) == 1 else f"{name}/{place}", live.time: request.get("time")}
        if live.version is not None:
            about[live.version] = version
        yield {**row, **about, "prediction": answer}


def _data(event: Mapping[str, Any], line: str) -> Mapping[str, Any]:
    found = event.get("data")
    if found is None and "data_base64" in event:
        found = _decode(str(event["data_base64"]), line)
    if isinstance(found, str):
        found = _parse(found, line)
    if not isinstance(found, dict):
        raise UserError(f"{line}: the event has no data", hint="Let the logger send the payload (mode: all).")
    return found


def _rows_of_request(data: Mapping[str, Any], line: str) -> list[Row]:
    """Read rows from `instances` (V1), or from tensors (the open inference protocol, V2)."""
    if isinstance(data.get("instances"), list):
        return [_named(one) for one in data["instances"]]
    inputs = data.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise UserError(f"{line}: the request has neither instances nor inputs")
    rows = max(_length(one, line) for one in inputs)
    found: list[Row] = [{} for _ in range(rows)]
    for tensor in inputs:
        values = _flat(tensor["data"])
        width = max(1, len(values) // rows) if rows else 1
        for place, row in enumerate(found):
            part = values[place * width : (place + 1) * width]
            name = str(tensor.get("name", "x"))
            row.update(zip([name] if width == 1 else [f"x{at}" for at in range(width)], part, strict=False))
    return found


def _answers(data: Mapping[str, Any], rows: int, line: str) -> list[Any]:
    if isinstance(data.get("predictions"), list):
        found = list(data["predictions"])
    elif isinstance(data.get("outputs"), list) and data["outputs"]:
        values = _flat(data["outputs"][0].get("data") or [])
        width = len(values) // rows if rows else 0
        found = [values[at * width : (at + 1) * width] for at in range(rows)] if width > 1 else values
    else:
        raise UserError(f"{line}: the response has neither predictions nor outputs")
    if len(found) != rows:
        raise UserError(f"{line}: {rows} rows were asked, and {len(found)} answered")
    return found


def _length(tensor: Any, line: str) -> int:
    if not isinstance(tensor, dict) or not isinstance(tensor.get("data"), list):
        raise UserError(f"{line}: an input has no data")
    shape = tensor.get("shape")
    return int(shape[0]) if isinstance(shape, list) and shape and type(shape[0]) is int else len(tensor["data"])


def _flat(values: Sequence[Any]) -> list[Any]:
    return [inner for one in values for inner in (_flat(one) if isinstance(one, list) else [one])]


def _named(instance: Any) -> Row:
    if isinstance(instance, dict):
        return {str(name): value for name, value in list(instance.items())[:_COLUMNS]}
    values = instance if isinstance(instance, list) else [instance]
    return {f"x{place}": value for place, value in enumerate(values[:_COLUMNS])}


def _read_sagemaker(files: Sequence[Path], live: LiveSpec, shown: str) -> Iterator[Row]:
    """Read input and output of each captured call; the id is `inferenceId`, which a caller sets, else `eventId`."""
    for line, event in _events(files):
        captured, about = event.get("captureData"), event.get("eventMetadata")
        if not isinstance(captured, dict) or not isinstance(about, dict):
            raise UserError(f"{line}: no captureData and eventMetadata", hint="Is this SageMaker's data capture?")
        if "endpointOutput" not in captured:
            continue  # only inputs are captured, or the call failed
        rows = _table(captured.get("endpointInput"), line) or []
        answers = _table(captured["endpointOutput"], line) or []
        rows = rows or [{} for _ in answers]
        if len(rows) != len(answers):
            raise UserError(f"{line}: {len(rows)} rows were asked, and {len(answers)} answered")
        name = str(about.get("inferenceId") or about.get("eventId") or "")
        for place, (row, answer) in enumerate(zip(rows, answers, strict=True)):
            own: Row = {live.id: name if len(rows) == 1 else f"{name}/{place}", live.time: about.get("inferenceTime")}
            if live.version is not None:
                own[live.version] = event.get("modelVersion") or about.get("modelVersion")
            values = [*answer.values()]
            yield {**row, **own, "prediction": values if len(values) > 1 else values[0]}


def _table(part: Any, line: str) -> list[Row] | None:
    """Read the rows of one side of a call: CSV, JSON, or either in base64."""
    if not isinstance(part, dict) or not isinstance(part.get("data"), str):
        return None
    text, encoding = part["data"], str(part.get("encoding", "")).upper()
    if encoding == "BASE64":
        text = _decode(text, line)
    kind = str(part.get("observedContentType", ""))
    if encoding == "JSON" or "json" in kind:
        found = _parse(text, line)
        if isinstance(found, dict):
            found = found.get("instances") or found.get("predictions") or [found]
        return [_named(one) for one in (found if isinstance(found, list) else [found])]
    return [_named([_number(cell) for cell in cells]) for cells in csv.reader(text.splitlines()) if cells]


def _number(cell: str) -> Any:
    try:
        return float(cell)
    except ValueError:
        return cell.strip()


def _decode(text: str, line: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        raise UserError(f"{line}: the data are no base64 of a text") from None


def _parse(text: str, line: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise UserError(f"{line}: the data are no JSON") from None


def _events(files: Sequence[Path]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for file in files:
        packed = file.suffix == ".gz"
        with gzip.open(file, "rt", encoding="utf-8") if packed else file.open(encoding="utf-8") as stream:
            for number, text in enumerate(stream, 1):
                if text.strip():
                    line = f"{file.name}, line {number}"
                    found = _parse(text, line)
                    if not isinstance(found, dict):
                        raise UserError(f"{line}: expected an object")
                    yield line, found


_READERS = {"kserve": _read_kserve, "sagemaker": _read_sagemaker}
