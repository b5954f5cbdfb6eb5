"""Score edited rows as they are asked for: model and rows are loaded once, and then each line is an ask.

An ask names rows by their numbers, and by column the values that stand instead of theirs. Asks and answers are lines of
JSON on descriptors of their own, for the user's code prints where it likes.
"""

from __future__ import annotations

import json
import os

from .batches import Batches
from .edited import editable
from .edited_files import editable_file
from .exchange import FORMAT
from .failures import JobFailed, one_line
from .prediction import load_function, load_model, read_rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .exchange import Request


def answer(request: Request) -> Request:
    """Load model and rows, say that they are there, and answer until nobody asks any more."""
    incoming, outgoing = _open(request["descriptors"])
    function, annotations = load_function(request)
    model = load_model(request, annotations[0])
    rows = read_editable(request, annotations[1], custom=function is not None)
    if len(rows) != request["count"]:
        raise JobFailed(
            "row-count",
            "the job's reader finds %d rows in the holdout, and ml-ci %d" % (len(rows), request["count"]),
            "Is there a line break or a quote within a value? Write the holdout as Parquet.",
        )
    batches = Batches(model, rows, function, request)
    _tell(outgoing, {"format": FORMAT, "ok": True, "rows": len(rows)})
    asked = 0
    try:
        for line in incoming:
            _tell(outgoing, _answer_one(batches, json.loads(line.decode("utf-8"))))
            asked += 1
    except OSError as error:
        said = "the model's code closed what ml-ci asks it by: %s" % one_line(error)
        raise JobFailed("no-result", said, "Close only what the code itself opened.")
    return {"asked": asked}


def _open(descriptors: Any) -> tuple[Any, Any]:
    """Open what ml-ci handed for its own use: no program that the user's code starts gets it too."""
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    return os.fdopen(descriptors[0], "rb"), os.fdopen(descriptors[1], "wb")


def read_editable(request: Request, wanted: str, custom: bool) -> Any:
    """Read the rows as the function wants them, and so that they can be edited."""
    rows = read_rows(request, wanted, custom)
    if wanted not in ("path", "text"):
        return editable(rows)
    folder = os.path.join(request["work"], "asked")
    os.makedirs(folder, exist_ok=True)
    return editable_file(request["rows"], folder, type(rows))


def _answer_one(batches: Batches, ask: Any) -> Request:
    try:
        return dict(batches.answer(ask), format=FORMAT, ok=True)
    except JobFailed as error:
        return {"format": FORMAT, "ok": False, "code": error.code, "message": error.message, "hint": error.hint}


def _tell(outgoing: Any, said: Request) -> None:
    outgoing.write(json.dumps(said, allow_nan=False).encode("utf-8") + b"\n")
    outgoing.flush()
