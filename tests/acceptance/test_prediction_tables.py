"""What a command leaves instead of one plain file in the holdout's order: what comes of it, and what is said.

A row of the table is the files of the holdout, those of the answers, and the counts or how the run refuses them.
"""

# ruff: noqa: E501 (a row of a table stays on its line)

from __future__ import annotations

import gzip
import io
import json
from typing import Any, TypeAlias

import pytest

Files: TypeAlias = dict[str, str | bytes]

CONFIG = """\
version: 1
models:
  shop:
    run: cp -r {data.answers} {out}/answers
    outputs: {predictions: "{out}/answers"}
    data: {answers: ANSWERS, holdout: HOLDOUT}
    label: bought
    positive: "yes"
    gates: [fpr <= 1]
    baseline: none
"""
LABELS = dict(zip("abcdef", ("no", "yes", "no", "yes", "yes", "no"), strict=True))
SCORES = dict(zip("abcdef", (0.1, 0.9, 0.8, 0.2, 0.7, 0.3), strict=True))
RIGHT = "2/1/2/1"  # true and false positives, true and false negatives


def held(keys: str) -> str:
    return "id,x,bought\n" + "".join(f"{key},{ord(key)},{LABELS[key]}\n" for key in keys)


def scored(keys: str, header: str = "id,score") -> str:
    rows = (f"{key},{SCORES[key]}" if "id" in header else f"{SCORES[key]}" for key in keys)
    return header + "\n" + "".join(f"{row}\n" for row in rows)


def lines(keys: str, **other: Any) -> str:
    return "".join(json.dumps({"id": key, "score": SCORES[key], **other}) + "\n" for key in keys)


def parquet(keys: str, **columns: Any) -> bytes:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import parquet as files

    out = io.BytesIO()
    files.write_table(pyarrow.table(columns or {"id": list(keys), "score": [SCORES[key] for key in keys]}), out)
    return out.getvalue()


ONE = {"h.csv": held("abcdef")}
PARTS = {"h/part-0.csv": held("ab"), "h/part-1.csv": held("cdef")}
ID = "    id: id\n"
# By the name of the case: the holdout's files, the answers' files, `id:` or nothing, and what comes of it: the counts,
# or the code of the failure and a part of its message.
CASES: dict[str, tuple[Files, Files, str, str, str]] = {
    "shuffled, with id": (ONE, {"p.csv": scored("fbdace")}, ID, RIGHT, ""),
    "shuffled, with a column of the holdout": (ONE, {"p.csv": scored("fbdace")}, "", RIGHT, ""),
    "shuffled, without a column that says so": (ONE, {"p.csv": scored("fbdace", "score")}, ID, "no-id", "has no column 'id', which `id:` names"),
    "shuffled, with the holdout's labels": (
        ONE, {"p.csv": "bought,score\n" + "".join(f"{LABELS[key]},{SCORES[key]}\n" for key in "fbdace")}, "",
        "rows-differ", "in another order",
    ),
    "lines of JSON": (ONE, {"p.jsonl": lines("fbdace")}, ID, RIGHT, ""),
    "lines of JSON, packed": (ONE, {"p.jsonl.gz": gzip.compress(lines("abcdef").encode())}, "", RIGHT, ""),
    "an array of JSON": (ONE, {"p.json": json.dumps([{"id": key, "score": SCORES[key]} for key in "fbdace"])}, ID, RIGHT, ""),
    "lines of JSON, one of them none": (ONE, {"p.jsonl": lines("abc") + "[0.5]\n" + lines("def")}, ID, "predictions-unreadable", "holds JSON that is no object"),
    "lines of JSON, cut off": (ONE, {"p.jsonl": lines("abcdef")[:-9]}, ID, "predictions-unreadable", "cannot be read"),
    "parts of the same names and rows": (PARTS, {"p/part-0.csv": scored("ab", "score"), "p/part-1.csv": scored("cdef", "score")}, "", RIGHT, ""),
    "parts of the same names in another format": (PARTS, {"p/part-0.jsonl": lines("ab"), "p/part-1.jsonl": lines("cdef")}, "", RIGHT, ""),
    "other parts, by id": (PARTS, {"p/0.csv": scored("fbd"), "p/1.csv": scored("ace"), "p/_SUCCESS": ""}, ID, RIGHT, ""),
    "other parts, by a column of the holdout": (PARTS, {"p/0.csv": scored("fbd"), "p/1.csv": scored("ace")}, "", RIGHT, ""),
    "other parts, with nothing that says so": (PARTS, {"p/0.csv": scored("abc", "score"), "p/1.csv": scored("def", "score")}, "", "parts-order", "has not the same parts"),
    "the same names, other rows": (PARTS, {"p/part-0.csv": scored("abcd", "score"), "p/part-1.csv": scored("ef", "score")}, "", "row-count", "the part part-0 has 4 rows, and that of the holdout"),
    "one file for a holdout of parts": (PARTS, {"p.csv": scored("abcdef", "score")}, "", "parts-order", "cannot be matched by their place"),
    "parts of Parquet": (ONE, {"p/0.parquet": parquet("fb"), "p/1.parquet": parquet("dace")}, ID, RIGHT, ""),
    "folders with a value": (ONE, {"p/day=1/0.parquet": parquet("fb"), "p/day=2/0.parquet": parquet("dace")}, ID, RIGHT, ""),
    "an empty file": (ONE, {"p.csv": ""}, "", "no-output", "is empty"),
    "an empty file of JSON": (ONE, {"p.jsonl": ""}, ID, "no-output", "is empty"),
    "a header and no row": (ONE, {"p.csv": "id,score\n"}, ID, "predictions-unreadable", "no rows"),
    "an empty folder": (ONE, {"p/_SUCCESS": ""}, ID, "no-output", "is empty"),
    "a folder of what is no part": (ONE, {"p/_SUCCESS": "done"}, ID, "predictions-unreadable", "is a folder without a part file"),
    "parts of a holdout by a glob": (PARTS, {"p/part-0.csv": scored("ab", "score"), "p/part-1.csv": scored("cdef", "score")}, "", RIGHT, ""),
    "an empty part": (ONE, {"p/0.csv": scored("abc"), "p/1.csv": ""}, ID, "predictions-unreadable", "1.csv is empty"),
    "a part with no row": (ONE, {"p/0.csv": scored("abcdef"), "p/1.csv": "id,score\n"}, ID, RIGHT, ""),
    "a damaged part": (ONE, {"p/0.parquet": parquet("fb"), "p/1.parquet": parquet("dace")[:-9]}, ID, "predictions-unreadable", "1.parquet cannot be read as Parquet"),
    "a part without its beginning": (ONE, {"p/0.parquet": parquet("fb"), "p/1.parquet": parquet("dace")[9:]}, ID, "predictions-unreadable", "1.parquet begins as a text table does"),
    "a damaged part, packed": (ONE, {"p/0.csv.gz": gzip.compress(scored("abc").encode()), "p/1.csv.gz": gzip.compress(scored("def").encode())[:-9]}, ID, "predictions-unreadable", "1.csv.gz is damaged"),
    "parts with other columns": (ONE, {"p/0.csv": scored("abc"), "p/1.csv": scored("def", "id,prob")}, ID, "predictions-unreadable", "1.csv: its columns differ from those of 0.csv: prob, score"),
    "parts with another order of columns": (ONE, {"p/0.csv": scored("abc"), "p/1.csv": "score,id\n0.2,d\n0.7,e\n0.3,f\n"}, ID, "predictions-unreadable", "they stand in another order"),
    "parts with other types": (ONE, {"p/0.jsonl": lines("abc", at=1), "p/1.jsonl": lines("def", at="x")}, ID, "predictions-unreadable", "1.jsonl: the column at is VARCHAR, and in 0.jsonl BIGINT"),
    "parts of two formats": (ONE, {"p/0.csv": scored("abc"), "p/1.jsonl": lines("def")}, ID, "predictions-unreadable", "0.csv is a text table, and"),
    "an id twice, in one part": (ONE, {"p/0.csv": scored("abcc"), "p/1.csv": scored("def")}, ID, "duplicate-id", "0.csv, row 4: id 'c' was in"),
    "an id twice, in two parts": (ONE, {"p/0.csv": scored("abc"), "p/1.csv": scored("cdef")}, ID, "duplicate-id", "1.csv, row 1: id 'c' was in 0.csv, row 3"),
    "an id that the holdout has not": (ONE, {"p/0.csv": scored("abc"), "p/1.csv": scored("def") + "z,0.5\n"}, ID, "unknown-id", "1.csv, row 4: the holdout has no id 'z'"),
    "an id that is not there": (ONE, {"p/0.csv": scored("abc"), "p/1.csv": scored("de")}, ID, "missing-id", "no row for id 'f'"),
    "an id twice in the holdout": ({"h.csv": held("abcdef") + "a,1,no\n"}, {"p.csv": scored("abcdef")}, ID, "!", "id 'a' occurs twice (first in row 1)"),
    "a score that is none, in a part": (ONE, {"p/0.csv": scored("abc"), "p/1.csv": scored("de") + "f,\n"}, ID, "score-missing", "1.csv, row 3"),
    "a score of more than one, in a part": (ONE, {"p/0.csv": scored("abc"), "p/1.csv": scored("de") + "f,1.5\n"}, ID, "score-range", "1.csv, row 3: the score 1.5"),
    "a label that nobody knows, in a part": (
        ONE, {"p/0.csv": "id,prediction\na,no\nb,yes\nc,no\n", "p/1.csv": "id,prediction\nd,yes\ne,maybe\nf,no\n"}, ID,
        "unknown-class", "1.csv, row 2: the prediction 'maybe'",
    ),
    "a table of Delta": (ONE, {"p/0.parquet": parquet("abcdef"), "p/_delta_log/0.json": "{}"}, ID, "predictions-unreadable", "is a table of Delta"),
}  # fmt: skip


def place(files: Files, name: str) -> str:
    """Give the path of a table below `data`: its one file, or the folder of its parts."""
    [top] = {file.split("/")[0] for file in files}
    return f"data/{name}/{top}"


@pytest.mark.parametrize("case", CASES)
def test_what_comes_of_what_a_command_leaves(make: Any, case: str) -> None:
    holdout, answers, by, expected, said = CASES[case]
    own = place(holdout, "own") + ("/*.csv" if "glob" in case else "")
    config = CONFIG.replace("HOLDOUT", own).replace("ANSWERS", place(answers, "left"))
    files = {f"data/own/{name}": content for name, content in holdout.items()}
    files |= {f"data/left/{name}": content for name, content in answers.items()}
    project = make({"ml-ci.yaml": config.replace("    label:", f"{by}    label:"), **files})
    answer = project.run()
    assert expected == "!" or answer.code != 2, answer
    model = project.model() if expected != "!" else None
    if expected == "!":  # what is wrong with the holdout is the user's to mend, before anything else
        assert (answer.code, said in answer.err + answer.out) == (2, True), answer
    elif "/" in expected:
        assert (answer.code, model["failure"]) == (0, None), model["failure"]
        assert "/".join(str(model["candidate"][key]) for key in ("tp", "fp", "tn", "fn")) == expected
    else:
        assert (answer.code, model["verdict"], model["failure"]["code"]) == (1, "error", expected), model
        assert said in model["failure"]["message"], model["failure"]
        assert model["failure"]["message"].startswith(("predictions", "`outputs.predictions`", "data/own/h"))
        assert model["failure"]["hint"]
    project.verify()
