"""Turn the plan in a file into outputs: one leg for each model that needs work, one for the others together."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def legs(plan: dict[str, Any]) -> list[dict[str, str]]:
    """Give the legs of the matrix; no model and no check is left out, for each has a verdict.

    A check stands in the leg of what it builds on, so that nothing is trained twice, and what is tested is the model
    that is judged. The leg of those that need no work is called as no model can be: the names of legs name artifacts.
    """
    jobs = plan.get("jobs", {})
    models = {**plan["models"], **{name: one for name, one in jobs.items() if one["check"]}}
    working = [name for name, one in models.items() if one["action"] != "reuse"]
    resting = [name for name in models if name not in working]
    together: dict[str, list[str]] = {}
    for name in working:
        together.setdefault(_leg(name, working, plan), []).append(name)
    some = [{"leg": leg, "models": " ".join(names)} for leg, names in together.items()]
    return [*some, *([{"leg": "_unchanged", "models": " ".join(resting)}] if resting else [])]


def _leg(name: str, working: Sequence[str], plan: Mapping[str, Any]) -> str:
    """Name the leg of a model or check: of a check that of a model which it builds on, or else of another check."""
    below = above(name, plan.get("jobs", {}))
    for kind in (plan["models"], plan.get("jobs", {})):
        for one in working:
            if one in kind and one in below:
                return _leg(one, working, plan)
    return name


def above(name: str, jobs: Mapping[str, Any]) -> set[str]:
    """Give what a job builds on, at whatever distance; nothing of a model, whose leg is its own."""
    found: set[str] = set()
    waiting = list(jobs.get(name, {}).get("needs", ()))
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += jobs.get(one, {}).get("needs", ())
    return found


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
