"""The comment: tables that parse, nothing that breaks out, never too long."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options

from ml_ci.changes.values import Change
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.values import GateResult
from ml_ci.reports.fitting import LIMIT
from ml_ci.reports.markdown import render
from ml_ci.reports.values import Report

Reports = dict[str, Callable[[], Report]]
# What the report itself uses; a tag beyond these came out of a string.
_BLOCKS = {"h3", "h4", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "pre", "details", "blockquote"}
_TAGS = _BLOCKS | {"strong", "em", "code", "summary", "sub", "br", "span"}


def _html(report: Report) -> str:
    html: str = cmarkgfm.github_flavored_markdown_to_html(render(report), Options.CMARK_OPT_UNSAFE)
    return html


def test_only_our_own_elements_and_no_link(any_report: Report) -> None:
    page = _html(any_report)
    assert set(re.findall(r"<(\w+)", page)) <= _TAGS
    assert "href=" not in page
    assert page.count("<details") == page.count("</details>") == page.count("<summary>")


def test_every_table_parses_with_the_cells_of_its_header(any_report: Report) -> None:
    source, page = render(any_report), _html(any_report)
    assert page.count("<table>") == len(re.findall(r"^\|[:-]+\|", source, re.MULTILINE))
    for table in re.findall(r"<table>.*?</table>", page, re.DOTALL):
        widths = {len(re.findall(r"<t[hd]", row)) for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL)}
        assert len(widths) == 1
    for line in source.split("\n"):
        assert not line.startswith("|") or line.endswith("|")


def test_the_verdict_comes_first(any_report: Report) -> None:
    first = render(any_report).split("\n")[0]
    assert first.startswith("### ") and first[4] in "✓✗?!–"


def test_hostile_strings_mention_nobody(reports: Reports) -> None:
    source = render(reports["hostile"]())
    page = re.sub(r"<(code|pre)\b.*?</\1>", "", _html(reports["hostile"]()), flags=re.DOTALL)
    assert not re.search(r"(?:^|\W)@\w|#\d", re.sub(r"<[^>]+>", "", page))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", source)


def test_the_junior_engineers_sentence(reports: Reports) -> None:
    source = render(reports["failed_by_data"]())
    assert "### ✗ churn fails 1 of 4 gates" in source
    assert (
        "**Misses 50 → 80 (+30 of 402), false alarms 30 → 31 (+1 of 1,003): FNR 12.4% → 19.9%, limit +1.0 points.**"
        in source
    )
    assert "No line of code changed; `data/train.csv` did." in source
    assert "FNR\xa012.4%\xa0→\xa019.9%<br>+7.5\xa0points\xa0▲\xa0worse |" in source
    assert "| **missed<br>50\xa0→\xa080\xa0(+30)** |" in re.sub(r" +", " ", source)
    assert "about 140 more positives would decide it" in source
    assert "<details><summary>3 slices that moved</summary>" in source
    assert "Reproduce: `ml-ci run --baseline 3f2c1ab`" in source


def test_what_happened_whose_doing_and_what_next_stand_in_one_box(reports: Reports) -> None:
    box = render(reports["failed_by_data"]()).split("\n\n")[1].split("\n>\n")
    assert box[0].startswith("> [!CAUTION]\n> **Misses 50 → 80 (+30 of 402)")
    assert box[0].endswith("No line of code changed; `data/train.csv` did.")
    assert box[1:] == ["> **Next:** Look at what changed in `data/train.csv`, or undo it, and run again."]


def test_the_counts_are_those_of_the_yardstick_that_decides(reports: Reports) -> None:
    source = re.sub(r" +", " ", render(reports["two_yardsticks"]()))
    assert source.index("[!CAUTION]") < source.index("- ✓ by this change's yardstick")
    assert "**100<br>positives**" in source
    assert "**missed<br>0\xa0→\xa040\xa0(+40)**" in source


@pytest.mark.parametrize("report", ["failed_by_data", "inconclusive", "forty_slices", "unjudged"])
def test_the_counts_fit_a_telephone(reports: Reports, report: str) -> None:
    """As pictures show: a table of which the first three columns have such lines ends them within 354 pixels."""
    source = render(reports[report]())
    rows = [line for line in source.split("\n") if "<br>positives" in line or "<br>negatives" in line]
    assert len(rows) == 2
    for row in rows:
        lines = [line.strip(" *") for cell in row.strip("|").split("|")[:3] for line in cell.split("<br>")]
        assert max(map(len, lines)) <= 16


def test_the_limit_stands_beside_what_it_limits(reports: Reports) -> None:
    head = next(line for line in render(reports["failed_by_data"]()).split("\n") if "| gate" in line)
    assert [cell.strip() for cell in head.strip("|").split("|")][1:4] == ["gate", "candidate", "limit"]


def test_its_foot_says_who_judged_and_where_the_gates_stand(reports: Reports) -> None:
    foot = render(replace(reports["failed_by_data"](), config="sub/ml-ci.yaml")).rstrip().split("\n")[-1]
    said = "Judged by ml-ci, by the gates of `sub/ml-ci.yaml`. Commit `9d1e2f3`, against `3f2c1ab`."
    assert foot == f"<sub>{said}</sub>"


def test_every_interval_says_its_level(reports: Reports) -> None:
    """One level stands above the column; where gates have their own, each interval says its."""
    report = reports["failed_by_data"]()
    assert "| 90% interval " in render(report) and "95% interval" not in render(report)
    model = report.models["churn"]
    gates = tuple(replace(gate, level=0.98) if gate.verdict == "fail" else gate for gate in model.gates)
    source = render(replace(report, models={"churn": replace(model, gates=gates)}))
    assert "| interval " in source
    assert "| 98% interval +5.1 … +10.0 points<br>" in source
    assert "| 90% interval 5.7% … 43.7%<br>" in source


def test_a_failed_job_shows_its_log_in_a_fence_of_its_own(reports: Reports) -> None:
    source = render(reports["crashed"]())
    assert "<details open><summary>the job's log, last 8 lines</summary>\n\n````text\n" in source
    assert "ValueError: Input X contains NaN.\n```\n@team see <b>this</b>\nfatal\n````" in source


def test_undefined_is_said_and_never_zero(reports: Reports) -> None:
    source = render(reports["all_undefined"]())
    assert "undefined" in source and " 0.0%" not in source and "nan" not in source.lower()


def test_many_passing_slices_are_one_row(reports: Reports) -> None:
    source = render(reports["forty_slices"]())
    assert "FNR, 35 other slices" in source
    assert source.count("\n| ✗") == 5 and source.count("\n| ✓") == 1


@pytest.mark.parametrize(
    ("report", "colour"),
    [("passed", "TIP"), ("failed_by_data", "CAUTION"), ("inconclusive", "WARNING"), ("unjudged", "WARNING")],
)
def test_the_verdict_has_a_colour(reports: Reports, report: str, colour: str) -> None:
    assert render(reports[report]()).split("\n\n")[1].startswith(f"> [!{colour}]\n> **")


def test_what_changed_stands_before_the_numbers_and_what_passes_is_folded(reports: Reports) -> None:
    source = render(reports["failed_by_data"]())
    order = ["**What changed**", "called positive", "| ✗ ", "<summary>3 gates pass", "| ✓ ", "<summary>6 more metrics"]
    places = [source.index(said) for said in order]
    assert places == sorted(places)


def _crowd(report: Report) -> Report:
    """Give five models, of which three fail, with thirty gates and a hundred slices each."""
    model = report.models["churn"]
    assert model.candidate
    counts = Confusion(3, 2, 3, 4)
    slices = {"store": {f"store {at}": counts for at in range(100)}}
    verdicts = ("pass", "fail") * 15
    gates = tuple(
        GateResult(f"f1 >= 0.{at}", verdict, None, 0.5, at / 100)  # type: ignore[arg-type]
        for at, verdict in enumerate(verdicts, 10)
    )
    changes = tuple(Change(f"data.d{at}", f"{at} rows", ("a", "b", "c", "d")) for at in range(9))
    bad = replace(model, candidate=replace(model.candidate, slices=slices), gates=gates, changes=changes)
    good = replace(bad, verdict="pass", gates=tuple(gate for gate in gates if gate.verdict == "pass"))
    return replace(report, models={"a": good, "b": bad, "c": good, "d": bad, "e": bad})


def test_five_models_are_a_screen_before_the_first_fold(reports: Reports) -> None:
    source = render(_crowd(reports["failed_by_data"]()))
    assert source.partition("<details")[0].count("\n") < 55
    heads = [line for line in source.splitlines() if line.startswith("#### ")]
    assert heads == [f"#### ✗ {name} fails 15 of 30 gates" for name in "bde"]
    assert re.findall(r"<summary>✓ (\w) passes: all 15 gates hold\. False alarms", source) == ["a", "c"]
    assert source.index("<summary>✓ a") > source.index("#### ✗ e")
    assert "<summary>7 more gates not passed, 15 gates pass</summary>" in source


def _vast(report: Report, size: int) -> Report:
    """Give a report with thousands of everything and names of thousands of signs."""
    model = report.models["churn"]
    assert model.candidate and model.baseline
    names = [f"{at} {'|<@x`' * 400}" for at in range(size)]
    slices = {"column" * 50: dict.fromkeys(names, Confusion(1, 2, 3, 4))}
    before = {"column" * 50: dict.fromkeys(names, Confusion(4, 3, 2, 1))}
    gates = tuple(
        GateResult(f"fnr <= 0.{at}", "fail", name, 0.5, 0.1, reason=name * 3) for at, name in enumerate(names)
    )
    changes = tuple(Change(name, name, tuple(names[:50])) for name in names[:100])
    vast = replace(
        model,
        candidate=replace(model.candidate, slices=slices),
        baseline=replace(model.baseline, slices=before),
        gates=gates,
        changes=changes,
        notes=tuple(names),
    )
    return replace(report, models={f"model {at} {'_*' * 200}": vast for at in range(size // 30)})


@pytest.mark.parametrize("limit", [60_000, 5_000, 400])
def test_never_longer_than_the_limit(reports: Reports, any_report: Report, limit: int) -> None:
    assert len(render(any_report, limit)) <= limit


def test_a_vast_report_fits_and_still_begins_with_the_verdict(reports: Reports) -> None:
    vast = _vast(reports["failed_by_data"](), 600)
    source = render(vast)
    assert len(source) <= LIMIT
    assert source.startswith("### ✗ all 20 models fail")
    assert "_Left out to fit: slices, how it was decided" in source
    page = cmarkgfm.github_flavored_markdown_to_html(source, Options.CMARK_OPT_UNSAFE)
    assert set(re.findall(r"<(\w+)", page)) <= _TAGS
