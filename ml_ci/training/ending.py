"""How a job ended, in words."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from ml_ci.changes.reads import Reads
from ml_ci.errors import Failure, StageFailed
from ml_ci.frozen import dataclass
from ml_ci.training import left
from ml_ci.training.log import tail
from ml_ci.training.missing import advise
from ml_ci.training.process import Order, Outcome
from ml_ci.training.ran import Ran
from ml_ci.training.values import UNSEEN

_RESULT_LIMIT = 1_000_000
_MISSING = re.compile(r"ModuleNotFoundError: No module named '([\w.]{1,100})'")
# A shell reports the signal that ended its last command as 128 + its number.
_SHELL_SIGNALS = {128 + number: number for number in (4, 6, 7, 8, 9, 11, 15)}


@dataclass(frozen=True)
class Ending:
    """The good end of a job: what it took, what it read, what it ran on, a worker's result (empty for a command)."""

    log: Path
    seconds: float
    megabytes: float
    result: Mapping[str, object] = field(default_factory=dict)
    reads: Reads = UNSEEN
    ran: Ran = field(default_factory=Ran)


def check(outcome: Outcome, order: Order, result: Path, *, worker: bool, shell: bool, top: Path) -> Ending:
    """Give the ending of a job that ended well; StageFailed with the code for how it did not.

    `worker` says that a result file has to be there, `shell` that the exit code is a shell's; `top` is that of the
    copy that the job ran in.
    """
    if outcome.limit is not None:
        raise StageFailed(_over(outcome, order))
    written = _read(result)
    if written is not None and written.get("ok") is not True:
        raise _tell(written)
    if written is not None and worker:
        return Ending(order.log, outcome.seconds, outcome.megabytes, written)
    code = outcome.returncode
    number = -code if code < 0 else _SHELL_SIGNALS.get(code, 0) if shell else 0
    if number:
        raise StageFailed(_kill(number, outcome))
    if code != 0:
        raise StageFailed(_exit(code, order, shell, top))
    if worker:
        hint = "Does it call os._exit, or replace its process? Return the model instead."
        raise _fail("no-result", "the job ended with exit code 0 and left no result", hint)
    return Ending(order.log, outcome.seconds, outcome.megabytes)


def broken(model: str, stage: str) -> StageFailed:
    """Say that a worker's result does not hold together: the user's code shares its process, and may have done it."""
    message = f"the job of `{model}` left a result that does not hold together"
    return StageFailed(Failure(stage, "no-result", message, "Does the job write into ml-ci's own folder?"))


def _fail(code: str, message: str, hint: str) -> StageFailed:
    return StageFailed(Failure("training", code, message, hint))


def _over(outcome: Outcome, order: Order) -> Failure:
    if outcome.limit == "time":
        message = f"the job was ended after {outcome.seconds:.1f} s: its limit is {duration(order.seconds)}"
        return Failure("training", "time-limit", message, "Make it faster, or raise `budget: {time: …}`.")
    limit = size(order.memory or 0)
    message = f"the job used {size(outcome.megabytes * 1e6)} of memory: its limit is {limit}"
    hint = "It counts all its processes. Use fewer rows (`budget: {rows: …}`), or raise `budget: {memory: …}`."
    return Failure("training", "memory-limit", message, hint)


def _kill(number: int, outcome: Outcome) -> Failure:
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    message = f"the job was killed by {name} after {outcome.seconds:.1f} s, using up to {size(outcome.megabytes * 1e6)}"
    if number == signal.SIGKILL:
        hint = "Not by ml-ci: usually the system ran out of memory. Set `budget: {memory: …}` to hear of it in time."
    elif number == signal.SIGTERM:
        hint = "Something outside of ml-ci asked it to end."
    else:
        hint = "It crashed inside a compiled library: run it by hand with `python -X faulthandler`."
    return Failure("training", "job-killed", message, hint)


def _exit(code: int, order: Order, shell: bool, top: Path) -> Failure:
    # of an error in several lines, such as gRPC's, the last may be a bracket
    last = next((line.strip() for line in reversed(tail(order.log, 5).splitlines()) if re.search(r"\w", line)), "")
    message = f"the job ended with exit code {code}" + (f": {last[:300]}" if last else "")
    if found := _MISSING.match(last):
        return Failure("training", "job-exit", message, advise(found[1], top) or _advise_install(found[1]))
    hints = {127: "A program was not found: is it installed, and on PATH?", 126: "A program could not be executed."}
    return Failure("training", "job-exit", message, hints.get(code, "") if shell else "")


# Libraries that are installed by another name than they are imported by.
_INSTALLED_AS = {
    "sklearn": "scikit-learn", "skimage": "scikit-image", "cv2": "opencv-python", "PIL": "Pillow", "yaml": "PyYAML",
    "bs4": "beautifulsoup4", "dateutil": "python-dateutil", "dotenv": "python-dotenv", "umap": "umap-learn",
    "imblearn": "imbalanced-learn", "faiss": "faiss-cpu",
}  # fmt: skip


def _advise_install(module: str) -> str:
    """Say how a library comes to the job: on one's own machine by hand, in a pull request by what the gate installs."""
    package = _INSTALLED_AS.get(module, module)
    return (
        f"Install `{package}` for the Python that the command runs with, or name another by `python:`. In a workflow "
        "the gate installs requirements.txt or the project itself; its input `install:` names another command."
    )


def _tell(written: Mapping[str, object]) -> StageFailed:
    code, message, hint = (str(written.get(key, "")) for key in ("code", "message", "hint"))
    if code == "internal":
        # Not raised as our bug: the user's code shares that process and could make anything look like one.
        message, hint = f"ml-ci's child program failed: {message}", "The log has the traceback: please report it."
    return _fail(code or "no-result", message[:2000], hint[:2000])


def _read(path: Path) -> Mapping[str, object] | None:
    """Read what a worker left; None when it left nothing, or nothing of use. The job's code is not trusted."""
    try:
        content = json.loads(left.content(path, _RESULT_LIMIT) or b"null")
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) and content.get("format") == 1 else None


def duration(seconds: float) -> str:
    """Give a duration in words: `90 s`, `5 min`."""
    return f"{seconds / 60:g} min" if seconds >= 60 and seconds % 60 == 0 else f"{seconds:g} s"


def size(count: float) -> str:
    """Give a number of bytes in words, in powers of ten: `250 MB`, `4 GB`."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= unit:
            return f"{count / unit:.3g} {name}"
    return f"{count:.0f} B"
