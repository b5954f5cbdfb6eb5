from __future__ import annotations

import re
from collections.abc import Callable

from ml_ci.evaluation.confusion import Confusion
from ml_ci.reports.chart import chart
from ml_ci.reports.markdown import render
from ml_ci.reports.values import ModelReport, Report, Side

Reports = dict[str, Callable[[], Report]]


def model(new: dict[str, Confusion], old: dict[str, Confusion] | None = None) -> ModelReport:
    baseline = None if old is None else Side("b", Confusion(), {}, {"region": old})
    return ModelReport("pass", "train", candidate=Side("c", Confusion(), {}, {"region": new}), baseline=baseline)


def test_bars_and_a_line() -> None:
    new = {"north": Confusion(tp=8, fn=2), "south": Confusion(tp=90, fn=10)}
    old = {"north": Confusion(tp=9, fn=1), "south": Confusion(tp=80, fn=20)}
    assert chart(model(new, old)) == [
        "xychart-beta",
        '    title "FNR by slice: bars candidate, line baseline"',
        '    x-axis ["region = south", "region = north"]',
        '    y-axis "%" 0 --> 22.00',
        "    bar [10.00, 20.00]",
        "    line [20.00, 10.00]",
    ]


def test_without_a_baselines_slice_there_is_no_line() -> None:
    new = {"north": Confusion(tp=8, fn=2), "south": Confusion(tp=9, fn=1)}
    drawn = chart(model(new, {"north": Confusion(tp=1)}))
    assert drawn[1] == '    title "FNR by slice"' and not any("line" in line for line in drawn)


def test_a_slice_without_positives_is_no_bar() -> None:
    new = {"north": Confusion(tn=8), "south": Confusion(tp=9, fn=1), "east": Confusion(tp=1)}
    assert "north" not in "\n".join(chart(model(new)))
    assert chart(model({"north": Confusion(tn=8), "south": Confusion(tp=9, fn=1)})) == []
    assert chart(model({})) == [] and chart(ModelReport("error", "train")) == []


def test_no_number_that_mermaid_cannot_read(any_report: Report) -> None:
    for one in any_report.models.values():
        for line in chart(one):
            if re.match(r" +(bar|line|y-axis)", line):
                assert re.search(r"nan|inf|None|\de[-+]?\d", line, re.IGNORECASE) is None


def test_a_very_small_rate_is_written_in_digits() -> None:
    new = {"a": Confusion(tp=10**9, fn=1), "b": Confusion(tp=10**9)}
    assert "    bar [0.00, 0.00]" in chart(model(new))
    assert '    y-axis "%" 0 --> 1.10' in chart(model(new))


def test_names_hold_nothing_that_is_mermaids_own_and_stay_apart() -> None:
    names = ['a"]', "a';", "%%{init}%%", "x\n    bar [1]", "<b>"]
    drawn = chart(model({name: Confusion(tp=9, fn=1) for name in names}))
    assert len(drawn) == 5
    labels = re.findall(r'"([^"]*)"', drawn[2])
    assert len(labels) == len(set(labels)) == 5
    assert not re.search(r"[\[\]%;{}<>\n]", "".join(labels))


def test_it_stands_beside_the_table_and_never_alone(reports: Reports) -> None:
    text = render(reports["failed_by_data"](), charts=True)
    assert text.index("| slice ") < text.index("```mermaid\nxychart-beta")
    assert "mermaid" not in render(reports["failed_by_data"]())
    assert "mermaid" not in render(reports["passed"](), 1_500, charts=True)
    assert "| slice " not in render(reports["reused"]())
    assert "mermaid" not in render(reports["reused"](), charts=True)
