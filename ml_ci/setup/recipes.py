"""The CI system that a repository has, where it is not GitHub's, and the job that judges there. Pure."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Collection
from urllib.parse import urlsplit

from ml_ci.setup.values import Found
from ml_ci.setup.writing import templates

GITHUB, GITLAB, GITEA = "pull-request", "gitlab-ci", "gitea"
NAMES = (GITEA, GITLAB)
GITLAB_FILE = ".gitlab-ci.yml"
GITEA_FOLDERS = (".forgejo/workflows", ".gitea/workflows")
_HOSTS = {"gitlab": GITLAB, "gitea": GITEA, "forgejo": GITEA, "codeberg": GITEA, "github": GITHUB}
_INSTALL = "pip install ml-ci -r requirements.txt"


def choose_template(origin: str | None, folders: Collection[str]) -> str:
    """Name the template of the forge: the one that the remote's host is called by, else the one whose files are there.

    `folders` are those of `GITLAB_FILE`, `GITEA_FOLDERS` and `.github/workflows` that the repository has.
    """
    host = _host(origin)
    for word, template in _HOSTS.items():
        if word in host:
            return template
    if ".github/workflows" in folders:
        return GITHUB
    if GITLAB_FILE in folders:
        return GITLAB
    return GITEA if set(GITEA_FOLDERS) & set(folders) else GITHUB


def _host(origin: str | None) -> str:
    """Give the host of a remote, `git@HOST:OWNER/NAME` too; "" where there is none."""
    text = origin or ""
    scp = re.fullmatch(r"(?:[^/@:]+@)?([^/:]+):(?!//).*", text)
    try:
        return (scp[1] if scp else urlsplit(text).hostname or "").lower()
    except ValueError:
        return ""


def place_recipe(name: str, found: Found, slug: str) -> str:
    """Say where a recipe goes, from the repository's root: beside what is there, never over it."""
    whole = "-".join(filter(None, ("ml-ci", slug)))
    if name == GITLAB:
        return f".gitlab/{whole}.yml" if slug or GITLAB_FILE in found.ci else GITLAB_FILE
    folder = next((one for one in GITEA_FOLDERS if one in found.ci), GITEA_FOLDERS[-1])
    return f"{folder}/{whole}.yml"


def write_recipe(name: str, found: Found, folder: str, slug: str) -> str:
    """Write a recipe with the job's Python, what training needs, and the project's folder."""
    text = templates().joinpath("recipes", f"{name}.yml").read_text(encoding="utf-8")
    needs = {"requirements.txt": f"{_INSTALL}", None: "pip install ml-ci"}
    text = text.replace(_INSTALL, needs.get(found.requirements, "pip install ml-ci ."))
    if found.python:
        text = text.replace("image: python:3.12", f"image: python:{found.python}")
    if folder == ".":
        return text
    return _in_gitlab(text, folder, slug) if name == GITLAB else _in_gitea(text, folder, slug)


def include_line(path: str) -> str:
    """Write what has GitLab read a file of the repository beside `.gitlab-ci.yml`."""
    return f"include: [{{local: {json.dumps(f'/{path}')}}}]"


def _in_gitlab(text: str, folder: str, slug: str) -> str:
    text = re.sub(r"^judge:", f"judge-{slug}:", text, flags=re.MULTILINE).replace("job `judge`", f"job `judge-{slug}`")
    text = re.sub(r"^(  (?:after_)?script:.*)$", rf"\1\n    - cd {folder}", text, flags=re.MULTILINE)
    for left in (".ml_ci/report.json", "ml-ci-junit.xml", "ml-ci-codequality.json", "ml-ci-metrics.txt"):
        text = re.sub(
            rf"^(\s+(?:-|\w+:) ){re.escape(left)}$", rf"\g<1>{posixpath.join(folder, left)}", text, flags=re.MULTILINE
        )
    return text


def _in_gitea(text: str, folder: str, slug: str) -> str:
    text = re.sub(r"^name: ml-ci$", f"name: ml-ci {slug}", text, flags=re.MULTILINE)
    text = text.replace("status `ml-ci`", f"status `ml-ci ({folder})`")
    job = "    runs-on: ubuntu-latest\n"
    return text.replace(job, f"{job}    defaults:\n      run:\n        working-directory: {json.dumps(folder)}\n")
