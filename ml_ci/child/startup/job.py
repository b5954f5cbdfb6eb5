"""What the job is. In a job's own copy of this folder another file stands here (`ml_ci/training/environment.py`).

`told` is the file for what is told, `copy` the top of this side's copy, `work` the job's own folder, `built` what was
built from the copy (or ""), `models` those that the job was handed, `tops` those of the user's checkouts, all as real
paths. `projects` are what the copy's packaging installs: `distribution`, `folder`, whether it is the job's `own`
project, and `names` with their folders. `packages` are folders that are not called as their package is, `distributions`
the names of all projects.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

JOB: dict[str, Any] = {
    "told": "",
    "copy": "",
    "work": "",
    "built": "",
    "models": [],
    "tops": [],
    "projects": [],
    "packages": {},
    "distributions": [],
}
