"""Open a pull request of the change in a folder, on what another one has checked out, and see that it is judged."""

from __future__ import annotations

import os
import posixpath
import sys
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.forges.values import Request
from ml_ci.github.forge import GITHUB
from ml_ci.github.proposing import Proposal, propose
from ml_ci.github.registering import complain, log


def main(left: str, folder: str) -> int:
    """Propose; 1 where it could not be done."""
    try:
        found = sorted(Path(left).rglob("change.patch"))
        branch = GITHUB.default_branch(os.environ) or ""
        here = GITHUB.build(os.environ).ref.removeprefix("refs/heads/")
        if not branch or here != branch:
            raise UserError("only a run on the default branch proposes", hint="Start the workflow there.")
        project = posixpath.normpath(os.environ.get("FOLDER") or ".")
        asked = Proposal(
            patch=found[0] if len(found) == 1 else Path(left) / "change.patch",
            model=os.environ.get("MODEL", ""),
            alarm=os.environ.get("ALARM", ""),
            base=branch,
            gate=os.environ.get("GATE", ""),
            own=os.environ.get("OWN_TOKEN") == "true",
            project="" if project == "." else project,
        )
        for said in propose(Request.of(GITHUB, os.environ), asked, Path(folder)):
            log(said + "\n")
    except UserError as error:
        complain("no pull request was opened", str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
