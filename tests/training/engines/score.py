"""Score what `made.py` stored by the child program's own code, in one process: `python score.py REPOSITORY CASES.json`.

A case is what the child program is asked; beside it is written what it answered, or how it failed.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    from ml_ci.child.calls import NOW
    from ml_ci.child.failures import JobFailed
    from ml_ci.child.prediction import predict

    NOW["owner"] = os.getpid()
    at = Path(sys.argv[2])
    sys.path.insert(0, str(at.parent))  # the functions that make modules lie there
    cases: dict[str, Any] = json.loads(at.read_text())
    for case in cases.values():
        try:
            case["answer"] = predict(case["request"])
        except JobFailed as error:
            case["failure"] = {"code": error.code, "message": error.message, "hint": error.hint}
    at.write_text(json.dumps(cases))


if __name__ == "__main__":
    main()
