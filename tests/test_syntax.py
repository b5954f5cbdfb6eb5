from __future__ import annotations

import ast
import gc
from concurrent.futures import ThreadPoolExecutor

import pytest

from ml_ci import syntax

SOURCE = "".join(
    f"def f{number}(a, b=({number}, [x for x in y])):\n    return a + b[{number}]\n" for number in range(200)
)


def test_several_threads_read_at_once() -> None:
    meant, before = ast.dump(ast.parse(SOURCE)), gc.get_threshold()
    gc.set_threshold(1)  # other threads come in where objects are made
    try:
        with ThreadPoolExecutor(8) as pool:
            assert {ast.dump(tree) for tree in pool.map(syntax.parse, [SOURCE] * 16)} == {meant}
    finally:
        gc.set_threshold(*before)


def test_an_expression() -> None:
    assert ast.dump(syntax.parse_expression("a + 1")) == ast.dump(ast.parse("a + 1", mode="eval").body)
    with pytest.raises(SyntaxError):
        syntax.parse_expression("a = 1")
