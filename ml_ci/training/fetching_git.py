"""What `fetch:` has of git: `git lfs pull` needs the remote, the settings and the objects that no job gets."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from ml_ci.repository.opened import ask, open_repository
from ml_ci.training.own_git import OwnGit
from ml_ci.training.transfer import remove
from ml_ci.variables.families import LOCATION


def fetching_git(origin: Path, commit: str | None, place: Path, environment: Mapping[str, str]) -> Mapping[str, str]:
    """Give the variables by which git finds a directory made at `place`, beside those of the user's `environment`.

    HEAD (`commit`; the user's own for None) and the index are its own; objects, remotes, settings and the store of
    Git LFS are those of the user's repository around `origin`. git takes the current folder for the top of the files.
    """
    common = (origin / (ask(origin, lambda repo: repo.git.rev_parse("--git-common-dir")) or ".git")).resolve()
    known = commit or ask(origin, lambda repo: repo.git.rev_parse("--verify", "HEAD"))
    remove(place)
    OwnGit(known).write(place)
    own = place / ".git"
    _lend(own, common)
    found = {name: value for name, value in environment.items() if name.startswith("GIT_") and name not in LOCATION}
    if known is not None:
        with open_repository(place, own) as repo:
            repo.git.read_tree("--end-of-options", known)
    return {**found, "GIT_DIR": os.fspath(own)}


def _lend(own: Path, common: Path) -> None:
    shutil.rmtree(own / "objects")
    (own / "objects/info").mkdir(parents=True)
    (own / "objects/info/alternates").write_text(f"{common / 'objects'}\n", encoding="utf-8")
    (own / "shallow").unlink(missing_ok=True)
    if (common / "shallow").is_file():
        shutil.copyfile(common / "shallow", own / "shallow")
    with (own / "config").open("a", encoding="utf-8") as settings:
        settings.write(f'[include]\n\tpath = "{common / "config"}"\n[lfs]\n\tstorage = "{common / "lfs"}"\n')
        settings.write(f"[core]\n\tbare = false\n\thooksPath = {os.devnull}\n")
