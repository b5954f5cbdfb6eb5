"""Put the service that was built into use: a release by its deployment's id, and a link to the one that is current.

A job that was stopped is done again, with the same id: what is released already is not released twice.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path


def release(built: Path, services: Path) -> None:
    """Release once, whatever happened before; then let `current` name this release."""
    releases, deployment = services / "releases", os.environ["ML_CI_DEPLOYMENT"]
    releases.mkdir(exist_ok=True)
    target = releases / f"{deployment}.pyz"
    with tempfile.TemporaryDirectory(dir=services) as folder:
        ready = Path(shutil.copy(built, folder))
        try:
            os.link(ready, target)  # there whole, or not at all; and only if it was not there
            print(f"released v{os.environ['ML_CI_VERSION']} as {deployment}")
        except FileExistsError:
            print(f"{deployment} was released by the try of {os.environ['ML_CI_BEGUN']} already")
        link = Path(folder) / "link"
        link.symlink_to(target.relative_to(services))
        link.replace(services / "current")


release(Path(sys.argv[1]), Path(os.environ["SERVICES"]))
