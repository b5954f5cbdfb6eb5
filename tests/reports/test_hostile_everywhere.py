"""Every trick in every place of a report, in every output: nothing of it is more than text."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options

from ml_ci.changes.values import Change
from ml_ci.errors import Failure, UserError
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.values import GateResult, Verdict
from ml_ci.gates.yardstick import Yardstick
from ml_ci.github.step import tell_step
from ml_ci.records.origin import Origin
from ml_ci.reports import junit, sarif, terminal
from ml_ci.reports.as_json import dumps, loads
from ml_ci.reports.page import page as html_page
from ml_ci.reports.plain import plain
from ml_ci.reports.values import Deed, ModelReport, Report, Side
from ml_ci.review.draft import draft
from ml_ci.review.statuses import statuses
from ml_ci.spec.values import Cost

PAYLOADS = (
    "@everyone", "hi @octo/team", "see #12", "octo/models#12", "GH-12", "fixes #1", "www.evil.example", "a@b.example",
    "https://evil.example/?q=a", "HTTP://EVIL.EXAMPLE", "mailto:a@b.example", "ftp://x.example",
    "[a](javascript:alert(1))", "![p](http://evil.example/p.png)", "[a]: http://evil.example", "<http://evil.example>",
    "<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "<!-- ml-ci:comment key=ml-ci digest=0 -->", "<!--",
    "]]> </testcase>", "</details><details open>", "</td></tr></table>", "&lt;b&gt; &#64;everyone &#x40;a",
    "| a | b |\n|---|---|\n| c |", "\n\n# heading\n- item\n> quote\n\n    code", "```\nout\n~~~", "`` ` ``",
    "**bold** _it_ ~~no~~ $x$", "::set-output name=verdict::pass", "\n::add-mask::a\n::stop-commands::x",
    "##[error]x\n::error file=a,line=1::b", "%0A::error::%25", "\x1b[31mred\x1b[0m\x1b]0;title\x07\x9b2J",
    "a\rb\x00c\x08\x7f", "\u202eevil\u2066 \u200b\ufeff\u2028x\u2029", "\ufffe {0} {{",
)  # fmt: skip
assert len(PAYLOADS) == 37

_BLOCKS = {"h3", "h4", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "pre", "details", "blockquote"}
_TAGS = _BLOCKS | {"strong", "em", "code", "summary", "sub", "br", "span"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def _side(evil: str, fn: int) -> Side:
    counts = Confusion(tp=20 - fn, fp=2, tn=18, fn=fn)
    slices = {evil: {evil: counts}, "region": {evil: counts}}
    return Side(evil, counts, {evil: 0.5, "auc": 0.9, "cost": 1.0}, slices, evil)


def _model(evil: str, verdict: Verdict, failure: Failure | None = None) -> ModelReport:
    gates = (
        GateResult(evil, verdict, evil, 0.4, 0.3, 0.2, (0.1, 0.9), 0.95, 12, evil),
        GateResult(f"each(fnr, by={evil}) <= 0.2", verdict, f"{evil} = {evil}", 0.4, 0.2, None, reason=f"a {evil} b"),
    )
    counts = Confusion(tp=8, fn=2, tn=9, fp=1)
    judged = (
        Yardstick("this change", verdict, gates, 20),
        Yardstick(evil, verdict, gates, 20, 1, (evil,), evil, counts),
    )
    return ModelReport(
        verdict,
        "train",
        (Change(evil, evil, (evil,)),),
        _side(evil, 8),
        _side(evil, 4),
        gates,
        {"train": 1.0},
        failure,
        (evil,),
        Cost(1, 2, evil),
        {evil: evil},
        cautions=(evil,),
        done=(Deed("train", "candidate", evil, 0.5),),
        yardsticks=judged,
    )


def _failed(evil: str) -> Report:
    failure = Failure(evil, evil, evil, evil, f"{evil}\n````\n</details>\n{evil}")
    return Report("error", "a" * 40, "b" * 40, {evil: _model(evil, "error", failure)}, True, failure, cautions=(evil,))


def _broken(evil: str) -> Report:
    models = {evil: _model(evil, "fail"), f"x{evil}": _model(evil, "inconclusive")}
    return Report("fail", "a" * 40, "b" * 40, models, cautions=(evil,), asked={evil: evil})


def _held(evil: str) -> Report:
    origin = Origin(evil, evil, evil, evil)
    return Report("pass", "a" * 40, "b" * 40, {evil: _model(evil, "pass")}, cautions=(evil,), origin=origin)


SHAPES: dict[str, Callable[[str], Report]] = {"failed": _failed, "broken": _broken, "held": _held}


def _outside_code(page: str) -> str:
    """Give what a reader sees outside of code, where GitHub makes no mentions and no links to issues."""
    return html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"<(code|pre)\b.*?</\1>", "", page, flags=re.DOTALL)))


def _tags(page: str) -> str:
    """Give the tags of a page without the values of their attributes."""
    return re.sub(r'"[^"<]*"', '""', re.sub(r"<(script|style)>.*?</\1>", "", page, flags=re.DOTALL))


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest) -> Callable[[str], Report]:
    return SHAPES[str(request.param)]


def test_half_a_sign_is_refused(shape: Callable[[str], Report]) -> None:
    """It is no text: no output could be written with it."""
    with pytest.raises(UserError, match="unable to parse raw data as a unicode string"):
        loads(dumps(shape("\ud800")))


@pytest.mark.parametrize("evil", PAYLOADS, ids=range(len(PAYLOADS)))
def test_it_is_text_in_every_output(evil: str, shape: Callable[[str], Report], tmp_path: Path) -> None:
    report = loads(dumps(shape(evil)))

    comment = draft(report, "ml-ci").body
    page = cmarkgfm.github_flavored_markdown_to_html(comment, Options.CMARK_OPT_UNSAFE)
    page = page.replace(comment.partition("\n")[0], "", 1)  # our own marker, a comment of HTML
    assert set(re.findall(r"<(\w+)", page)) <= _TAGS
    assert "<!" not in page and "href=" not in page and not re.search(r"<[^>]*\bsrc=", page)
    assert page.count("<details") == page.count("</details>") == page.count("<summary>")
    seen = _outside_code(page)
    assert not re.search(r"(?:^|[^\w\u200b])@\w|(?:^|\W)(?:GH-|[\w/]*#)\d|https?://|ftp://|www\.", seen, re.IGNORECASE)
    assert not _CONTROLS.search(comment)

    drawn = html_page.render(report)
    assert not _CONTROLS.search(drawn)
    assert drawn.count("<script") == drawn.count("</script") == drawn.count("<style") == drawn.count("<title") == 1
    assert "<!--" not in drawn and not re.search(r"<[^>]*\s(?:on\w+|src|style)\s*=", _tags(drawn))

    told = tell_step(report, tmp_path / "report.json", 1, tmp_path / "outputs", tmp_path / "summary")
    outside = re.sub(r"^::stop-commands::(\S+)\n.*?^::\1::\n", "", told, flags=re.DOTALL | re.MULTILINE)
    assert all(re.match(r"::(error|warning) (file=[^:]*,)?title=[^:\n]*::", line) for line in outside.splitlines())
    names = re.findall(r"^([\w-]+)<<", (tmp_path / "outputs").read_text(encoding="utf-8"), re.MULTILINE)
    assert names == ["verdict", "exit-code", "sentence", "models", "failed-models", "report"]

    for status in statuses(report):
        assert len(status.description) <= 140 and len(status.context) <= 110
        assert not re.search(r"[\x00-\x1f\x7f]", status.description + status.context)

    for said in (plain(report), terminal.render(report, 80)):
        assert not _CONTROLS.search(said)
        assert "::" not in {line.strip()[:2] for line in said.splitlines() if not line.startswith(" ")}

    root = ElementTree.fromstring(junit.render(report).encode())
    assert {one.tag for one in root.iter()} <= {"testsuites", "testsuite", "testcase", "failure", "error", "skipped"}
    assert json.loads(sarif.render(report))["version"] == "2.1.0"
