"""The files that ml-ci and its child program exchange: JSON, with a format number."""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

    Request = Dict[str, Any]


FORMAT = 1
# How it begins when an ask is late for rows that the model fails for, which tells more than that it was late.
FAILS_FOR_ROWS = "the model fails for rows"


def write_json(path: str, value: Any) -> None:
    """Write a JSON file whole or not at all."""
    scratch = "%s.%d" % (path, os.getpid())
    with open(scratch, "w", encoding="utf-8") as stream:
        json.dump(value, stream)
    os.replace(scratch, path)


def read_json(path: str) -> Any:
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)
