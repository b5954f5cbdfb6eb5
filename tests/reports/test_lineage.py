"""The picture of a lineage: what it shows, that it fits, and that hostile names do nothing in it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from ml_ci.registry.values import Event, Lineage, Version
from ml_ci.reports import lineage_svg
from ml_ci.reports.lineage import mermaid, text
from ml_ci.reports.lineage_boxes import picture, whence

SVG = "{http://www.w3.org/2000/svg}"
MADE: dict[str, Any] = {
    "format": 1,
    "model": "churn",
    "commit": "3f2c1ab" + "0" * 33,
    "dirty": False,
    "training": "a" * 64,
    "artifact": "b" * 64,
    "parts": {
        "seed": "1" * 64,
        "data.train": "2" * 64,
        "data.holdout": "3" * 64,
        "code": "4" * 64,
        "environment": "5" * 64,
        "params": "6" * 64,
        "job": "7" * 64,
        "gates": "8" * 64,
        "metrics": "9" * 64,
        "budget": "0" * 64,
    },
    "details": {
        "seed": {"seed": 7},
        "data.train": {"path": "data/train.csv", "content": "git:" + "c" * 40},
        "data.holdout": {"of": "train", "share": 0.4, "by": None},
        "code": {"churn/train.py": "d" * 64, "churn/features.py": "e" * 64},
        "environment": {"python": "3.12", "scikit-learn": "1.9.1"},
        "params": {"C": 0.5},
        "job": {"train": "churn.train:train"},
    },
    "baseline": {"source": "champion v1 (9c6419c)", "commit": "9c6419c", "training": "f" * 64},
    "verdict": "pass",
    "gates": [{"condition": "fpr <= 0.05", "verdict": "pass", "slice": None, "reason": "FPR 3.1%, limit 5.0%"}],
    "seconds": 12.0,
    "megabytes": 80.0,
}
PUT = Event("1", "promotion", "churn", "2026-01-02T03:04:05+00:00", "Ada <ada@example.org>", "2", stage="staging")
USED = replace(
    PUT, id="2", time="2026-01-03T03:04:05+00:00", approved_by="Grace", reason="it is better", stage="champion"
)


def lineage(*moves: Event, aliases: tuple[str, ...] = ("champion",), **made: Any) -> Lineage:
    return Lineage(Version("churn", "2", 1767400000.0, "mlflow-artifacts:/x"), MADE | made, aliases, moves)


def shown(found: Lineage) -> dict[str, tuple[str, ...]]:
    return {box.title: tuple(line.text for line in box.lines) for box in picture(found).boxes}


def test_everything_that_a_version_comes_from_has_a_box_and_leads_to_its_use() -> None:
    found = lineage(PUT, USED, aliases=("champion", "staging"))
    assert shown(found) == {
        "data.train": ("data/train.csv", "git:cccccccccccc"),
        "code": ("2 files", "commit 3f2c1ab", "444444444444"),
        "params": ("C = 0.5",),
        "seed": ("7",),
        "environment": ("Python 3.12", "1 distribution", "555555555555"),
        "training": ("churn.train:train", "took 12 s", "aaaaaaaaaaaa"),
        "churn v2": ("champion, staging", "registered 2026-01-03", "bbbbbbbbbbbb"),
        "data.holdout": ("40% of train", "333333333333"),
        "baseline": ("champion v1 (9c6419c)", "ffffffffffff"),
        "verdict: pass": ("✓ fpr <= 0.05",),
        "staging, now": ("since 2026-01-02", "by Ada"),
        "champion, now": ("since 2026-01-03", "by Ada", "approved by Grace", "reason: it is better"),
    }
    arrows = set(picture(found).arrows)
    assert {("part0", "training"), ("training", "version"), ("holdout", "verdict"), ("baseline", "verdict")} <= arrows
    assert {("version", "verdict"), ("verdict", "use0"), ("verdict", "use1")} <= arrows


@pytest.mark.parametrize(
    ("moves", "aliases", "titles"),
    [
        ((USED,), ("champion",), ["champion, now"]),
        ((USED,), ("previous",), ["champion, before"]),
        ((USED, replace(USED, id="3", kind="rollback")), ("champion",), ["champion, before", "champion again, now"]),
        ((), (), ["never in use"]),
        ((), ("champion",), ["in use, moved by hand"]),
    ],
)
def test_what_is_in_use_now_is_told_from_what_was(moves: tuple[Event, ...], aliases: Any, titles: list[str]) -> None:
    found = picture(lineage(*moves, aliases=aliases))
    assert [box.title for box in found.boxes if box.name.startswith("use")] == titles


def test_a_version_of_somebody_else_shows_its_files() -> None:
    found = Lineage(Version("churn", "2", 0.0, "s3://bucket/model"), {}, ("champion",), ())
    assert shown(found) == {
        "churn v2": ("champion", "not made by ml-ci", "s3://bucket/model"),
        "in use, moved by hand": ("champion",),
    }
    assert ElementTree.fromstring(lineage_svg.drawing(picture(found))).tag == f"{SVG}svg"


def test_gates_that_find_no_room_are_counted() -> None:
    gates = [{"condition": f"fpr <= 0.{n}", "verdict": "fail", "slice": "a = b", "reason": "no"} for n in range(1, 20)]
    lines = shown(lineage(USED, gates=gates, verdict="fail"))["verdict: fail"]
    assert (lines[0], lines[-1]) == ("✗ fpr <= 0.1 (a = b)", "and 11 gates more")
    assert len(lines) == 9


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ({"of": "train", "share": 0.2, "by": "customer"}, "20% of train, by customer"),
        ({"of": "train", "after": ["date", "2026-01-01"]}, "train from date 2026-01-01 on"),
        ({"of": "train", "where": ["split", ["test", "late"]]}, "train where split = test, late"),
        ({"of": "train"}, "a part of train"),
    ],
)
def test_a_cut_is_said(detail: dict[str, Any], said: str) -> None:
    assert whence(detail) == said


HOSTILE = "<script>alert(1)</script>\"'&]]>\x1b[31m\u202e\ufffe\x00" + "W" * 300 + "界" * 300


def hostile() -> Lineage:
    made = {
        "details": {
            **MADE["details"],
            "data.train": {"path": HOSTILE},
            "code": {HOSTILE: "x"},
            "params": {HOSTILE: HOSTILE},
            "job": {"run": [HOSTILE, HOSTILE]},
        },
        "parts": {**MADE["parts"], HOSTILE: HOSTILE},
        "baseline": {"source": HOSTILE, "training": HOSTILE},
        "verdict": HOSTILE,
        "gates": [{"condition": HOSTILE, "slice": HOSTILE, "verdict": HOSTILE, "reason": HOSTILE}],
    }
    found = lineage(replace(USED, by=HOSTILE, reason=HOSTILE, approved_by=HOSTILE), **made)
    return replace(found, version=replace(found.version, model=HOSTILE))


@pytest.mark.parametrize("found", [lineage(PUT, USED), hostile()], ids=["plain", "hostile"])
def test_the_drawing_is_sound_holds_nothing_active_and_keeps_to_its_width(found: Lineage) -> None:
    drawn = lineage_svg.render(found)
    root = ElementTree.fromstring(drawn.encode())
    assert {node.tag.removeprefix(SVG) for node in root.iter()} == {"svg", "title", "style", "rect", "path", "text"}
    for node in root.iter():
        assert not [name for name in node.attrib if name.startswith("on") or name.endswith("href")]
    (style,) = [node.text for node in root.iter(f"{SVG}style")]
    assert style is not None and "url(" not in style and "@import" not in style
    boxes = root.findall(f"{SVG}svg")
    assert len(boxes) == len(picture(found).boxes)
    for box in boxes:
        assert box.attrib["overflow"] == "hidden"
        assert float(box.attrib["x"]) + float(box.attrib["width"]) <= 1000
        assert float(box.attrib["y"]) + float(box.attrib["height"]) <= float(root.attrib["height"])


def test_a_name_that_is_cut_is_whole_where_the_pointer_rests() -> None:
    path = "data/" + "a-long-folder/" * 10 + "train.csv"
    found = lineage(USED, details={**MADE["details"], "data.train": {"path": path}})
    texts = list(ElementTree.fromstring(lineage_svg.drawing(picture(found))).iter(f"{SVG}text"))
    (cut,) = [node for node in texts if node.findtext(f"{SVG}title") == path]
    seen = "".join(cut.itertext()).removeprefix(path)
    assert seen.startswith("…") and path.endswith(seen[1:]) and 15 < len(seen) < 30, "the file's name says most"
    params = lineage(USED, details={**MADE["details"], "params": {"alpha": 0.5, "a-long-name": 1, "another": 2}})
    texts = list(ElementTree.fromstring(lineage_svg.drawing(picture(params))).iter(f"{SVG}text"))
    (cut,) = [node for node in texts if node.findtext(f"{SVG}title") == "alpha = 0.5, a-long-name = 1, another = 2"]
    assert "".join(cut.itertext()).endswith("2alpha = 0.5, a-long-n…")
    whole = [node for node in texts if "".join(node.itertext()) == "training"]
    assert len(whole) == 1, "what is shown whole has no title"


def test_boxes_of_a_column_do_not_cover_each_other() -> None:
    drawn = ElementTree.fromstring(lineage_svg.drawing(picture(lineage(PUT, USED))))
    columns: dict[str, list[tuple[float, float]]] = {}
    for box in drawn.findall(f"{SVG}svg"):
        at = float(box.attrib["y"])
        columns.setdefault(box.attrib["x"], []).append((at, at + float(box.attrib["height"])))
    assert len(columns) == 5
    for spans in columns.values():
        assert all(above[1] < below[0] for above, below in pairwise(spans))


def test_mermaid_draws_the_same_picture_and_its_own_signs_are_entities() -> None:
    lines = list(mermaid(lineage(PUT, USED)))
    assert lines[0] == "flowchart LR"
    assert '  version["churn v2<br/>champion<br/>registered 2026-01-03<br/>bbbbbbbbbbbb"]' in lines
    assert "  version --> verdict" in lines
    for line in mermaid(hostile()):
        assert "<script" not in line and line.count('"') in (0, 2)


def test_the_text_says_how_the_holdout_was_cut() -> None:
    said = list(text(lineage(USED)))
    assert f"  data.holdout {'3' * 16}  40% of train" in said
    assert f"  code         {'4' * 16}  2 files" in said


def test_what_a_job_made_is_named_with_its_job_and_its_content() -> None:
    made = {"path": "made/train.csv", "job": "split", "columns": None, "content": "c" * 64}
    found = lineage(USED, details={**MADE["details"], "data.train": made})
    assert shown(found)["data.train"] == ("made/train.csv of the job split", "cccccccccccc")
    assert f"  data.train   {'2' * 16}  made/train.csv of the job split, content {'c' * 15}…" in list(text(found))
    unknown = lineage(USED, details={**MADE["details"], "data.train": {**made, "content": None}})
    assert f"  data.train   {'2' * 16}  made/train.csv of the job split" in list(text(unknown))
