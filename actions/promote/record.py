"""Write the verdict of a commit to a file: what was judged, when, in which run and by whom it was pushed."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from ml_ci.forges.values import Request
from ml_ci.github.forge import GITHUB
from ml_ci.reports.values import Report
from ml_ci.review.gathering import gathered

_SAID = ("GITHUB_SHA", "GITHUB_REF", "GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_ACTOR")


def verdict(report: Report) -> dict[str, object]:
    """Give the record as JSON."""
    return {
        "format": 1,
        "verdict": report.verdict,
        "commit": report.commit,
        "models": {
            name: {"verdict": model.verdict, "record": model.candidate.record if model.candidate else None}
            for name, model in report.models.items()
        },
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "run": {name.removeprefix("GITHUB_").lower(): os.environ.get(name, "") for name in _SAID},
    }


if __name__ == "__main__":
    folder, out, *expect = (Path(argument) for argument in sys.argv[1:])
    found = gathered(Request.of(GITHUB, os.environ, reports=(folder,), expect=expect[0] if expect else None))
    out.write_text(json.dumps(verdict(found), indent=2) + "\n", encoding="utf-8")
