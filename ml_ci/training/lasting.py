"""Which failures of a training last: the same inputs fail alike, so that nobody has to try again.

Only those by which the job ended itself, with an exit code. What the machine, its libraries, its variables or what lies
outside of the repository had a part in may be otherwise next time. In doubt a failure does not last: a base that does
not train is passed over, and that has to be its own fault.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import PurePosixPath

from ml_ci.errors import Failure

# By these a job ended, or left what is no model; limits, signals and ml-ci's own refusals have other codes.
_OF_THE_JOB = {
    "job-exit",
    "job-raised",
    "no-output",
    "output-kind",
    "spoilt-copy",
    "no-result",
    "returned-none",
    "unpicklable",
    "import",
    "unknown-parameter",
    "asks-holdout",
}
_LINES = 25
_OF_THE_MACHINE = re.compile(
    "|".join(
        (
            # a limit, a signal
            r"\bMemoryError\b|Cannot allocate memory|[Oo]ut of memory|No space left on device|Disk quota exceeded",
            r"Too many open files|died with <Signals|\bKilled\b|Segmentation fault|Resource temporarily unavailable",
            # a library or a program
            r"there is no package called|cannot open shared object file|DLL load failed|command not found",
            r"Cannot find (?:module|package) '[^./]|: not found$|could not be started|PackageNotFoundError",
            r"No such file or directory: '(?:python|Rscript|node|java)[\w.]*'",
            # a variable
            r"unbound variable|parameter (?:null or )?not set|os(?:\.py)?>?\"?, line \d+, in __getitem__",
            r"environment variable",
            # a service
            r"\b(?:Connection|Timeout)Error\b|Connection refused|Connection reset|timed out|Name or service not known",
            r"Temporary failure in name resolution|Could not resolve host|\b(?:URLError|HTTPError|SSLError)\b",
        )
    ),
    re.MULTILINE,
)
_NO_MODULE = re.compile(r"(?:No module named '|needs `)([\w.]{1,200})['`]")
_NO_FILE = re.compile(r"No such file or directory|FileNotFoundError|No files found|cannot open file")
# A path from the root, from home, or of a service; those below the copies are a job's own.
_ELSEWHERE = re.compile(r"(?:^|[\s'\"`(=])((?:/|~|\w+://)[^\s'\"`)]+)")
_COPIES = "/.ml_ci/work/"
_NOT_EXECUTED = re.compile(r"ended with exit code 12[67]\b")


def lasts(failure: Failure, files: Collection[str]) -> bool:
    """Say whether a training that failed so fails alike from the same inputs; `files` are the paths of its tree."""
    if failure.code not in _OF_THE_JOB or _NOT_EXECUTED.search(failure.message):
        return False
    said = "\n".join((failure.message, *failure.log_tail.splitlines()[-_LINES:]))
    if _OF_THE_MACHINE.search(said):
        return False
    return _modules_are_ours(said, files) and _files_are_ours(said)


def _modules_are_ours(said: str, files: Collection[str]) -> bool:
    """Say whether what could not be imported, if anything, is the repository's: there, or misspelt."""
    missing = {name.partition(".")[0] for name in _NO_MODULE.findall(said)}
    if not missing:
        return True
    known = _names(files)
    return all(name in known or get_close_matches(name, known, n=1, cutoff=0.8) for name in missing)


def _names(files: Collection[str]) -> frozenset[str]:
    """Name every module and folder of a tree that a job may import."""
    paths = [PurePosixPath(file) for file in files if file.endswith((".py", ".ipynb"))]
    return frozenset(name for path in paths for name in (*path.parts[:-1], path.stem))


def _files_are_ours(said: str) -> bool:
    """Say whether a file that was not found, if any, was looked for in the job's copy: its commit has it or has not."""
    lines = [line for line in said.splitlines() if _NO_FILE.search(line)]
    return not any(_COPIES not in path for line in lines for path in _ELSEWHERE.findall(line))
