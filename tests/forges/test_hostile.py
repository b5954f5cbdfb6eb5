"""What a report says does nothing at any forge; at GitLab a line that begins with `/` is a command."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.values import GateResult
from ml_ci.gitlab.note import quiet
from ml_ci.reports.values import Report
from ml_ci.review import sticky
from ml_ci.review.draft import draft

NAMES = [
    "/merge",
    "/close",
    "x\r/approve",
    "x\n/approve",
    "x\u2028/approve",
    "/label ~bug",
    "@all !1 ~l",
    '#1 %1 &1 $1 ~"a b" %"v 1" group/p!7 [vulnerability:1] ^alert#1 *iteration:3',
    "```\n/merge\n```",
    "`\n/merge",
    "<b>\n/merge",
    ">>>\n/merge",
]
# What GitLab finds in a text that was rendered: a sign, and what stands right behind it.
REFERENCE = re.compile(r"(?:[!#&$](?=\d)|[~%](?=[\w\"])|@(?=\w)|\[(?=[a-z_]+:\d))")


def full_of(reports: dict[str, Callable[[], Report]], name: str) -> Report:
    """Give a report in which everything that has a name has this one."""
    report = reports["failed_by_data"]()
    [model] = report.models.values()
    gates = (
        GateResult(name, "fail", name, 0.4, 0.3, 0.2, (0.1, 0.9), 0.95, 12, name),
        *model.gates,
    )
    assert model.candidate is not None
    slices = {name: {name: Confusion(4, 1, 9, 2)}, **model.candidate.slices}
    changed = replace(
        model, gates=gates, candidate=replace(model.candidate, slices=slices), cautions=(name, f"says\n{name}")
    )
    return replace(report, models={name: changed}, cautions=(name,))


@pytest.fixture(scope="module")
def reports() -> dict[str, Callable[[], Report]]:
    import sys

    found: dict[str, Callable[[], Report]] = sys.modules["tests_reports_for_forges"].REPORTS
    return found


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_a_report_full_of_commands_does_nothing(lab: Any, reports: Any, name: str) -> None:
    wanted = draft(full_of(reports, name), "ml-ci", "https://ci.example/1")
    for desk in (lab.desk(), lab.desk()):
        sticky.put(desk, 7, wanted)
        wanted = replace(wanted, digest="1" * 64, body=wanted.body.replace(wanted.digest, "1" * 64))
    assert lab.server.executed == []
    [note] = lab.server.comments
    assert note["edits"] == 1
    outside = re.sub(r"(?ms)^(`{3,}).*?^\1", " ", note["body"])
    left = r"`[^`\n]*`|<code>.*?</code>|\]\([^)]*\)|&#\d+;|\[![A-Z]+\]|<!--.*?-->"
    outside = re.sub(left, " ", outside).replace("&amp;", "&").replace("\\", "")
    assert REFERENCE.findall(outside) == []
    word = name.split("/")[-1].split("\n")[0]
    assert word in note["body"].replace("\u200b", "").replace("\\", "")  # it is still to be read


def test_every_report_says_the_same_after_it_was_stilled(reports: Any) -> None:
    for make in reports.values():
        body = draft(make(), "k").body
        assert quiet(quiet(body)) == quiet(body)
        plain = quiet(body).replace("\u200b", "").replace("&#47;", "/")
        assert plain == body.replace("\u200b", "").replace("&#47;", "/").replace("\r", "\n")


SIGNS = st.sampled_from(["/", "`", "```", "~~~", "\n", "\r", " ", "<b>", "</b>", ">>>", "> ", "merge", "a", "!1", "~l"])


@given(st.lists(SIGNS, max_size=40).map("".join))
def test_no_text_has_a_command(text: str) -> None:
    """Whatever is code to us: no line begins with a slash."""
    assert not [line for line in quiet(text).split("\n") if line.startswith("/")]
    assert "\r" not in quiet(text)


CASES = [
    ("/merge", "&#47;merge"),
    ("  /merge", "  &#47;merge"),
    ("a/merge", "a/merge"),
    ("```text\n/merge\n```\n/merge", "```text\n\u200b/merge\n```\n&#47;merge"),
    ("````\n```\n/x\n````", "````\n```\n\u200b/x\n````"),
    ("`/x` !1 [a](/b!1?c=%20) &amp;1 5% of", "`/x` !\u200b1 [a](/b!1?c=%20) &amp;\u200b1 5% of"),
    ("> [!CAUTION]\n> x", "> [!CAUTION]\n> x"),
    ("\\~bug \\[vulnerability:1\\]", "\\~\u200bbug \\[\u200bvulnerability:1\\]"),
]


@pytest.mark.parametrize(("body", "stilled"), CASES)
def test_what_is_stilled(body: str, stilled: str) -> None:
    assert quiet(body) == stilled
