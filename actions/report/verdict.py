"""Print the one verdict of all reports in a folder, held to a trusted ml-ci.yaml where there is one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.forges.values import Request
from ml_ci.github.commands import Annotation
from ml_ci.github.forge import GITHUB
from ml_ci.review.gathering import gathered

if __name__ == "__main__":
    folder, *expect = (Path(argument) for argument in sys.argv[1:])
    try:
        print(gathered(Request.of(GITHUB, os.environ, reports=(folder,), expect=expect[0] if expect else None)).verdict)
    except UserError as error:  # the trusted ml-ci.yaml itself is none
        sys.exit(Annotation("error", "ml-ci", str(error)).command())
