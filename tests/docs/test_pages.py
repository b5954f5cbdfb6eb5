"""The pages: links lead somewhere, written pages are fresh, commands are commands, and the site builds."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from ml_ci.cli.commands import COMMANDS
from ml_ci.cli.main import command as ml_ci

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
WRITTEN = DOCS / "reference"
PAGES = [*sorted(DOCS.rglob("*.md")), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md"))]
BY_HAND = [page for page in PAGES if WRITTEN not in page.parents]
_LINK = re.compile(r"(?<!\\)\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"(?ms)^( *)```(\w*)\n(.*?)^ *```$")


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@cache
def prose(page: Path) -> str:
    """Give a page without its blocks of code."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


@cache
def anchors(page: Path) -> frozenset[str]:
    """Give the anchors of a page's headings, as GitHub and the site both make them."""
    headings = re.findall(r"(?m)^#+ (.*)$", prose(page))
    return frozenset(re.sub(r"[^\w\- ]", "", one.lower()).strip().replace(" ", "-") for one in headings)


def links(page: Path) -> Iterator[str]:
    for target in _LINK.findall(prose(page)):
        if not re.match(r"[a-z]+:", target):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target
        assert DOCS not in page.parents or found.is_relative_to(DOCS), f"{target}: not on the site"


def test_every_page_stands_in_the_navigation() -> None:
    listed = set(re.findall(r'"([\w/-]+\.md)"', (ROOT / "zensical.toml").read_text(encoding="utf-8")))
    assert listed == {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}


def test_the_written_pages_are_fresh(tmp_path: Path) -> None:
    # In a process of its own: click keeps the help option that a command got when a test called it without its group.
    told = ("GITHUB_", "GITLAB_", "CI_", "ML_CI_", "GITEA_", "FORGEJO_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(told)}
    writer = [sys.executable, str(ROOT / "tests" / "reference_pages.py"), str(tmp_path)]
    subprocess.run(writer, check=True, cwd=ROOT, env=environment, timeout=300)
    assert {one.name for one in WRITTEN.iterdir()} == {one.name for one in tmp_path.iterdir()}
    for made in tmp_path.iterdir():
        text = (WRITTEN / made.name).read_text(encoding="utf-8")
        assert made.read_text(encoding="utf-8") == text, "write it anew: python tests/reference_pages.py"


def commands(page: Path) -> Iterator[str]:
    """Give every command of ml-ci that a page shows, in a block of shell or in a line of text."""
    text = page.read_text(encoding="utf-8")
    for _, language, block in _FENCE.findall(text):
        if language in ("sh", "yaml", "groovy", "bash"):
            yield from re.findall(
                r"(?m)(?:^|[\s&;'\"])(ml-ci [a-z][^\n#|&;]*)", re.sub(r"\\\n\s*|(?m:(?:^|\s)#.*$)", "", block)
            )
    yield from re.findall(r"`(ml-ci [a-z][^`]*)`", prose(page).replace("\n", " "))


def _words(line: str) -> list[str]:
    said = re.sub(r"(?:\s(?:then|do|fi|done)\b|\|\|).*$", "", line)
    said = re.sub(r"\$\{\{.*?\}\}|\$\([^)]*\)|[…]", "X", said)
    try:
        return shlex.split(said)[1:]
    except ValueError:  # a quote that belongs to the YAML around it
        return said.replace('"', "").replace("'", "").split()[1:]


def _options(command: click.Command) -> set[str]:
    return {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help", "-h"}


@pytest.mark.parametrize("page", BY_HAND, ids=named)
def test_every_command_is_one_and_has_its_options(page: Path) -> None:
    for line in commands(page):
        words = _words(line)
        assert words[0] in COMMANDS, line
        context = click.Context(ml_ci, info_name="ml-ci")
        found = ml_ci.get_command(context, words[0])  # type: ignore[attr-defined]
        found = found.make_context(words[0], ["--help"], context, resilient_parsing=True).command
        rest = words[1:]
        while isinstance(found, click.Group) and rest and rest[0] in found.commands:
            found, rest = found.commands[rest[0]], rest[1:]
        given = {word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)}
        assert given <= _options(found), line


def test_the_recipes_of_the_pages_are_the_files() -> None:
    pages = [(DOCS / name).read_text(encoding="utf-8") for name in ("forges.md", "serving.md")]
    blocks = {block for page in pages for _, _, block in _FENCE.findall(page)}
    recipes = [one.read_text(encoding="utf-8") for one in (ROOT / "templates" / "recipes").iterdir()]
    assert recipes and {*recipes} <= blocks


def test_the_readme_is_short() -> None:
    """One screen and a half: what a newcomer needs; the rest has pages."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 80


@pytest.mark.slow
def test_the_site_builds_strict_and_asks_nobody(tmp_path: Path) -> None:
    beside = Path(sys.executable).with_name("zensical")
    tool = str(beside) if beside.is_file() else os.environ.get("ML_CI_ZENSICAL") or shutil.which("zensical")
    if not tool:
        pytest.skip("zensical was not found: pip install zensical==0.0.73, or name it by ML_CI_ZENSICAL")
    for name in ("docs", "zensical.toml"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    offline = {
        **os.environ,
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9"),
    }
    done = subprocess.run((tool, "build", "--strict"), cwd=tmp_path, env=offline, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    site = tmp_path / "build" / "site"
    made = {str(page.relative_to(site)) for page in site.rglob("*.html")}
    assert {str(page.relative_to(DOCS).with_suffix(".html")) for page in DOCS.rglob("*.md")} <= made
    for page in site.rglob("*.html"):
        loaded = re.findall(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="(https?:[^"]+)"', page.read_text("utf-8"))
        assert loaded == [], page
    (tmp_path / "docs" / "start.md").write_text("[gone](gone.md)\n", encoding="utf-8")
    done = subprocess.run((tool, "build", "--strict"), cwd=tmp_path, env=offline, capture_output=True, text=True)
    assert done.returncode != 0, "a broken link is no error"
