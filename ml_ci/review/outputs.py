"""What a job of any forge tells the jobs after it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ml_ci.reports import sentences
from ml_ci.reports.text import label
from ml_ci.reports.values import Report


def outputs(report: Report, file: Path, code: int, most: int = 256) -> Mapping[str, str]:
    """Give outputs by name, each a text on one line; `most` models are named, `code` is of the report's verdict."""
    failed = [name for name, model in report.models.items() if model.verdict != "pass"]
    return {
        "verdict": report.verdict,
        "exit-code": str(code),
        "sentence": label(sentences.overall(report), 300),
        "models": json.dumps([label(name) for name in list(report.models)[:most]]),
        "failed-models": json.dumps([label(name) for name in failed[:most]]),
        "report": label(str(file), 1_000),
    }
