"""The state folder is ml-ci's own: what lies there is believed, so it may come from no commit and through no link."""

from __future__ import annotations

from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.repository.trees import WorkingTree

STATE = ".ml_ci"
_HINT = (
    f"Run: git rm -r --cached {STATE} && echo '{STATE}/' >> .gitignore, and commit that. If you did not put it there, "
    "ask who did: a record that was edited is a forged verdict."
)


def refuse_link(folder: Path) -> None:
    """Hold that the state folder of a project is no link: ml-ci would write, and believe, what lies elsewhere."""
    state = folder / STATE
    if state.is_symlink():
        message = f"{state} is a link to {state.readlink()}: ml-ci keeps its records in a folder of its own"
        raise UserError(message, hint=f"Remove it: rm {STATE} (and git rm --cached {STATE}, where it was committed).")


def refuse_committed(tree: WorkingTree) -> None:
    """Hold that nothing below the state folder is in git, neither in the index nor in HEAD; UserError names it.

    Upper and lower case are one: there are file systems on which they name the same folder.
    """
    found = [path for path in tree.tracked() if path.split("/", 1)[0].casefold() == STATE]
    if not found:
        return
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    message = f"{found[0]}{more} is in git: records, ledgers and caches are believed only where they were made"
    raise UserError(message, hint=_HINT)
