"""What changed leads into the diff: to the file, and to the line where one is named."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options

from ml_ci.changes.values import Change
from ml_ci.reports.markdown import render
from ml_ci.reports.markdown_changes import Links, changes, links_of
from ml_ci.reports.values import ModelReport, Report

RUN = "https://github.example/octo/models/actions/runs/4711"
COMPARED = "https://github.example/octo/models/compare/aaaaaaa...bbbbbbb"


def anchor(path: str) -> str:
    return f"{COMPARED}#diff-{hashlib.sha256(path.encode()).hexdigest()}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            Change("data.train", "43 rows changed"),
            f"- `data.train` ([`data/train.csv`]({anchor('sub/data/train.csv')})): 43",
        ),
        (Change("code", "a/b.py: train()"), f"- `code`: [`a/b.py`]({anchor('sub/a/b.py')}): train()"),
        (Change("code", "a.py: line 36: `1` → `2`"), f"[`a.py`]({anchor('sub/a.py')}R36): line 36: `1` → `2`"),
        (Change("code", "a.py: f()", ("line 7: `1` → `2`",)), f"  - [line 7]({anchor('sub/a.py')}R7): `1` → `2`"),
        (
            Change("code", "2 files: a.py: f(), b.py: g()", ("a.py: f()", "b.py, line 9: `1` → `2`")),
            f"  - [`b.py`]({anchor('sub/b.py')}R9), line 9: `1` → `2`",
        ),
        (Change("params", "depth: 3 → 5"), "- `params`: depth: 3 → 5"),
        (Change("code", "a](http://evil.example).py: f()"), "- `code`: a\\](http:\u200b//evil.example).py: f()"),
    ],
    ids=["data", "a file", "a line", "a line of a detail", "several files", "no file", "a hostile name"],
)
def test_links(change: Change, said: str) -> None:
    model = ModelReport("fail", "train", changes=(change,), paths={"data.train": "data/train.csv"})
    assert said in changes(model, Links(COMPARED, "sub"))
    assert "](http" not in changes(replace(model, changes=(Change("code", "a.py: f()"),)), Links())


@pytest.mark.parametrize(
    ("run", "commit", "base", "compared"),
    [
        (RUN, "b" * 40, "a" * 40, f"https://github.example/octo/models/compare/{'a' * 40}...{'b' * 40}"),
        (RUN, "b" * 40, None, ""),
        (RUN, None, "a" * 40, ""),
        ("", "b" * 40, "a" * 40, ""),
        ("https://gitlab.example/octo/models/-/jobs/7", "b" * 40, "a" * 40, ""),
        ("javascript:alert(1)/actions/runs/1", "b" * 40, "a" * 40, ""),
        (RUN, "b)[x](http://evil.example", "a" * 40, ""),
    ],
)
def test_where_the_diff_is(run: str, commit: str | None, base: str | None, compared: str) -> None:
    report = Report("fail", commit, base, config="sub/ml-ci.yaml")
    assert links_of(report, run) == (Links(compared, "sub") if compared else Links())


def test_every_link_leads_into_the_diff(reports: dict[str, Callable[[], Report]], any_report: Report) -> None:
    for report in (any_report, reports["hostile"]()):
        page = cmarkgfm.github_flavored_markdown_to_html(
            render(report, links=Links(COMPARED, "sub")), Options.CMARK_OPT_UNSAFE
        )
        assert all(re.fullmatch(rf"{re.escape(COMPARED)}#diff-[0-9a-f]{{64}}(R\d+)?", url) for url in _urls(page))


def _urls(page: str) -> list[str]:
    return re.findall(r'href="([^"]*)"', page)
