"""Turn the plan in a file into outputs: one leg for each model that needs work, one for the others together."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from typing import Any


def legs(plan: dict[str, Any]) -> list[dict[str, str]]:
    """Give the legs of the matrix; no model and no check is left out, for each has a verdict.

    The leg of those that need no work is called as no model can be: the names of legs name artifacts.
    """
    models = {**plan["models"], **{name: one for name, one in plan.get("jobs", {}).items() if one["check"]}}
    working = [name for name, one in models.items() if one["action"] != "reuse"]
    resting = [name for name in models if name not in working]
    alone = [{"leg": name, "models": name} for name in working]
    return [*alone, *([{"leg": "_unchanged", "models": " ".join(resting)}] if resting else [])]


def outputs(plan: dict[str, Any]) -> dict[str, str]:
    """Give the step's outputs."""
    return {
        "matrix": json.dumps({"include": legs(plan)}),
        "models": json.dumps(list(plan["models"])),
        "work": str(any(leg["leg"] != "_unchanged" for leg in legs(plan))).lower(),
        "plan": json.dumps(plan),
    }


def main(file: str) -> None:
    """Print the outputs, each between delimiters that nobody can guess."""
    for name, value in outputs(json.loads(Path(file).read_text(encoding="utf-8"))).items():
        end = secrets.token_hex(16)
        print(f"{name}<<{end}\n{value}\n{end}")


if __name__ == "__main__":
    main(sys.argv[1])
