"""Do a job that is a check."""

from __future__ import annotations

from ml_ci.steps.values import Made, Project
from ml_ci.steps.working.room import open_room
from ml_ci.steps.working.take_kept import take_needed
from ml_ci.steps.working.train import train_side


def do_check(project: Project, side: Made, before: Made | None = None) -> float:
    """Do a job that no record answers; give the seconds that it took. `before` is the job as it was.

    StageFailed when it does not end well, or could not be done.
    """
    with open_room(project) as room:
        take_needed(room, (side, before))
        return float(train_side(room, side).content["seconds"])
