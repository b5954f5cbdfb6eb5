"""The open inference protocol (V2), as KServe, Triton, Seldon and MLServer speak it: columns of values as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PATH = "/v2/models/leaving"
INPUTS = {"months": "FP64", "calls": "FP64", "price": "FP64"}
METADATA = {
    "name": "leaving",
    "platform": "python",
    "inputs": [{"name": name, "datatype": kind, "shape": [-1]} for name, kind in INPUTS.items()],
    "outputs": [{"name": "score", "datatype": "FP64", "shape": [-1]}],
}


def read(asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the rows of a request; ValueError where a column is missing or has another length."""
    columns = {one["name"]: one["data"] for one in asked["inputs"]}
    missing = [name for name in INPUTS if name not in columns]
    if missing or len({len(values) for values in columns.values()}) != 1:
        raise ValueError(f"expected columns of one length: {', '.join(INPUTS)}")
    return [dict(zip(columns, values)) for values in zip(*columns.values())]


def write(asked: Mapping[str, Any], scores: list[float]) -> dict[str, Any]:
    """Give the answer to a request."""
    output = {"name": "score", "datatype": "FP64", "shape": [len(scores)], "data": scores}
    return {"model_name": "leaving", **({"id": asked["id"]} if "id" in asked else {}), "outputs": [output]}
