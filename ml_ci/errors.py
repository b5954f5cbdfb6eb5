"""What can go wrong, by whose doing: the user's mistake, a failed stage; anything else is our bug."""

from __future__ import annotations

from dataclasses import dataclass, field


class UserError(Exception):
    """Tell the user of a mistake in configuration, data, git or usage, and what to do next.

    `message` names the file, the line or the row; `hint` is the next step, in the imperative.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


@dataclass(frozen=True)
class Failure:
    """Name what made one model's result impossible: the stage, a stable code, the sentence, the next step.

    Codes are kebab-case, for example `time-limit`, `memory-limit`, `job-raised`, `row-count`, `score-range`.
    `log_tail` holds the last lines of the job's log, or "".
    """

    stage: str
    code: str
    message: str
    hint: str = ""
    log_tail: str = field(default="", repr=False)


class StageFailed(Exception):  # noqa: N818 a job that fails is a result, told by this name
    """Stop the stages of one model; the pipeline turns it into the verdict `error`."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure
