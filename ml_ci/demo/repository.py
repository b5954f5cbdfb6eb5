"""Make the demo's repository: a baseline commit and three branches, as three pull requests would have them."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.repository.opened import initialise, open_repository

_FILES = resources.files("ml_ci.demo") / "files"
# The demo's commits are the demo's own: they need no name, and obey no configuration, of the machine.
_IDENTITY = {"user.name": "ml-ci demo", "user.email": "demo@example.org", "commit.gpgsign": "false"}


@dataclass(frozen=True)
class PullRequest:
    """One branch of the demo: its name, its title, and what to look at in the result."""

    branch: str
    title: str
    look: str


PULL_REQUESTS = (
    PullRequest(
        "documentation",
        "Describe the data in the README",
        "Only words changed: nothing was trained again, the records answered.",
    ),
    PullRequest(
        "code",
        "Regularise less",
        "The code changed: the candidate was trained once, the baseline was found.",
    ),
    PullRequest(
        "data",
        "Import the latest labels from the clinic",
        "No line of code changed. A third of the malignant training rows came in labelled benign.",
    ),
)


def make(folder: Path) -> None:
    """Make the repository in `folder`; UserError when the folder holds something, or scikit-learn is missing."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        hint = "Remove it, or name another: ml-ci demo FOLDER"
        raise UserError(f"{folder} is not empty, and the demo overwrites nothing", hint=hint)
    try:
        tables = _tables()
    except ImportError as error:
        hint = "Install what the demo trains with: pip install 'ml-ci[demo]'"
        raise UserError(f"the demo needs {error.name}, which is not installed", hint=hint) from None
    folder.mkdir(parents=True, exist_ok=True)
    initialise(folder, initial_branch="main")
    _copy("main", folder)
    _write(folder, tables)
    _commit(folder, "Classify tumours")
    _branch(folder, "documentation")
    _branch(folder, "code")
    _branch(folder, "data", {"data/train.csv": _damage(tables["data/train.csv"])})
    checkout(folder, "main")


def checkout(folder: Path, branch: str) -> None:
    """Check a branch of the demo out."""
    with open_repository(folder) as repo:
        repo.git.checkout("--quiet", branch, "--")


def stat(folder: Path) -> str:
    """Give what the checked-out branch changes, as `git diff --stat` shows it."""
    with open_repository(folder) as repo:
        return f"{repo.git.diff('--stat', 'main', 'HEAD', '--')}\n"


def _branch(folder: Path, name: str, files: dict[str, str] | None = None) -> None:
    with open_repository(folder) as repo:
        repo.git.branch("--end-of-options", name, "main")
    checkout(folder, name)
    if (_FILES / name).is_dir():
        _copy(name, folder)
    _write(folder, files or {})
    _commit(folder, next(request.title for request in PULL_REQUESTS if request.branch == name))


def _copy(name: str, folder: Path) -> None:
    with resources.as_file(_FILES / name) as source:
        ignored = shutil.ignore_patterns("__pycache__")
        # Without the times of the installed files: two of one size and one time would be no change for git.
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=ignored, copy_function=shutil.copyfile)


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _commit(folder: Path, message: str) -> None:
    with open_repository(folder, settings=_IDENTITY) as repo:
        repo.git.add("--all")
        repo.git.commit(quiet=True, message=message)


def _tables() -> dict[str, str]:
    """Draw two fifths of scikit-learn's breast cancer rows as the holdout; the rest trains."""
    from sklearn.datasets import load_breast_cancer

    table = load_breast_cancer(as_frame=True).frame
    table["diagnosis"] = table.pop("target").map({0: "malignant", 1: "benign"})
    holdout = table.sample(frac=0.4, random_state=0)
    train = table.drop(index=holdout.index)
    return {"data/train.csv": train.to_csv(index=False), "data/holdout.csv": holdout.to_csv(index=False)}


def _damage(text: str) -> str:
    """Turn every third malignant label into benign."""
    lines, seen = text.splitlines(), 0
    for number, line in enumerate(lines):
        if line.endswith(",malignant"):
            seen += 1
            if seen % 3 == 0:
                lines[number] = line.removesuffix("malignant") + "benign"
    return "\n".join(lines) + "\n"
