"""What the workers of one xdist session share: a model is taken through the pipeline by one of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from ml_ci.digests import digest
from ml_ci.frozen import dataclass
from ml_ci.records.atomic import write_text
from ml_ci.reports.as_json import loads, to_json
from ml_ci.reports.values import Report


@dataclass(frozen=True)
class SessionStore:
    """Keep the reports of one session in `folder`: a job that fails leaves no record, and need not fail twice."""

    folder: Path

    def report(self, model: str, make: Callable[[], Report]) -> Report:
        """Give the report of a model: the first worker makes it, the others wait; a killed one's lock is free again."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"{digest(model)}.json"
        with FileLock(f"{file}.lock"):
            if file.exists():
                return loads(file.read_bytes())
            report = make()
            write_text(file, json.dumps(to_json(report), allow_nan=False))
            return report

    def remove(self) -> None:
        """Remove the folder at the end of the session."""
        shutil.rmtree(self.folder, ignore_errors=True)
