"""A column cut out of pieces of a text leaves the bytes that are left line by line."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from ml_ci.tables import columns, layout
from ml_ci.tables.columns import blank, without

Write = Callable[..., Path]
CONTENTS = [
    "a,b,c\n1,2,3\n4,5,6\n",
    "a,b,c\n1,2,3\n4,5,6",
    "a,b,c\n,,\n,2,\n1,,\n,,3\n",
    "a;b;c\n1; 2 ;grüße\n,;3,5;\t\n",
    "a\tb\tc\n1\t2\t3\n",
    "\ufeffa,b,c\n1,2,3\n",
    "a,b,c\n" + "".join(f"{one},{'x' * (one % 40)},{one * 7}\n" for one in range(500)),
]


def _line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "can_cut", lambda *_, **__: False)


@pytest.mark.parametrize("column", ["a", "b", "c"])
@pytest.mark.parametrize("how", [without, blank])
@pytest.mark.parametrize("content", CONTENTS)
def test_pieces_are_cut_as_lines_are(
    write: Write, content: str, how: Callable[..., None], column: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(content)
    monkeypatch.setattr(layout, "CHUNK", 64)
    asked: list[bool] = []
    known = columns.can_cut
    monkeypatch.setattr(columns, "can_cut", lambda *of, **how: asked.append(known(*of, **how)) or asked[-1])
    how(path, column, path.with_name("pieces"))
    assert asked == [True]
    _line_by_line(monkeypatch)
    how(path, column, path.with_name("lines"))
    assert path.with_name("pieces").read_bytes() == path.with_name("lines").read_bytes()


@pytest.mark.parametrize("how", [without, blank])
@pytest.mark.parametrize("column", ["a", "c"])
def test_of_a_text_without_a_header(
    write: Write, how: Callable[..., None], column: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("1,2,3\n4,,6\n")
    how(path, column, path.with_name("pieces"), columns=["a", "b", "c"])
    _line_by_line(monkeypatch)
    how(path, column, path.with_name("lines"), columns=["a", "b", "c"])
    assert path.with_name("pieces").read_bytes() == path.with_name("lines").read_bytes()


@pytest.mark.parametrize("seed", range(20))
def test_of_texts_at_random(write: Write, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(seed)
    width, mark = draw.randint(2, 6), draw.choice(",;\t|")
    names = [f"n{one}" for one in range(width)]
    values = ["", " ", "0.5", "é", "longer text", "-1e5", "#"]
    lines = [mark.join(names), *(mark.join(["v", *draw.choices(values, k=width - 1)]) for _ in range(200))]
    path = write("\n".join(lines) + draw.choice(["", "\n"]))
    monkeypatch.setattr(layout, "CHUNK", draw.choice([1, 100, 1 << 20]))
    for how in (without, blank):
        name = draw.choice(names)
        how(path, name, path.with_name("pieces"))
        with monkeypatch.context() as within:
            _line_by_line(within)
            how(path, name, path.with_name("lines"))
        assert path.with_name("pieces").read_bytes() == path.with_name("lines").read_bytes()
