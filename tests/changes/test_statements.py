"""A changed statement is named wherever it stands, with what its literal feeds."""

from __future__ import annotations

import pytest

from ml_ci.changes.describe_code import tell_statements

MAIN = 'if __name__ == "__main__":\n    '
SPLIT, SEED = ", the script's own split", ", the script's own seed"

_CASES = {
    "__main__": (MAIN + "n = max(33, 2021)\n", MAIN + "n = max(33, 2022)\n", "line 2: `33, 2021` → `33, 2022`"),
    "a keyword": (
        MAIN + "a, b = train_test_split(x, test_size=0.3, random_state=1)\n",
        MAIN + "a, b = train_test_split(x, test_size=0.3, random_state=2)\n",
        "line 2: `random_state=1` → `random_state=2`" + SPLIT,
    ),
    "by its place": (
        "def cut(rows, test_size, random_state): ...\n\ncut(rows, 0.30, 2021)\n",
        "def cut(rows, test_size, random_state): ...\n\ncut(rows, 0.30, 2022)\n",
        "line 3: `0.30, 2021` → `0.30, 2022`" + SPLIT,
    ),
    "a seed": (
        MAIN + "m = Forest(random_state=1)\n",
        MAIN + "m = Forest(random_state=2)\n",
        "line 2: `random_state=1` → `random_state=2`" + SEED,
    ),
    "a generator": (MAIN + "random.seed(1)\n", MAIN + "random.seed(2)\n", "line 2: `1` → `2`" + SEED),
    "a generator of numpy": (
        "f(np.random.default_rng(seed=1))\n",
        "f(np.random.default_rng(seed=2))\n",
        "line 1: `seed=1` → `seed=2`" + SEED,
    ),
    "torch's": ("torch.manual_seed(1)\n", "torch.manual_seed(2)\n", "line 1: `1` → `2`" + SEED),
    "a seed that splits": (
        "split(x, test_size=0.2, seed=1)\n",
        "split(x, test_size=0.2, seed=2)\n",
        "line 1: `seed=1` → `seed=2`" + SPLIT,
    ),
    "a farmer's": ("seeds(1)\n", "seeds(2)\n", "line 1: `1` → `2`"),
    "a loop": ("for i in range(3):\n    f(i)\n", "for i in range(4):\n    f(i)\n", "line 1: `3` → `4`"),
    "an operator": ("if a and b:\n    f()\n", "if a or b:\n    f()\n", "line 1: `a and b` → `a or b`"),
    "a handler": (
        "try:\n    f(1)\nexcept E:\n    f(2)\n",
        "try:\n    f(1)\nexcept E:\n    f(9)\n",
        "line 4: `2` → `9`",
    ),
    "an import": ("from b import c\n", "from b import d\n", "line 1: `c` → `d`"),
    "added": ("f()\n", "f()\ng(1)\n", "line 2: `g(1)` added"),
    "removed": ("f()\ng(1)\n", "f()\n", "line 2: `g(1)` removed"),
    "an argument more": ("fit(x)\n", "fit(x, y)\n", "line 1: `fit(x)` → `fit(x, y)`"),
    "inside of a list": ("f([1, 2], 5)\n", "f([1, 3], 5)\n", "line 1: `2` → `3`"),
    "moved by a comment": ("f(1)\n", "# why\n\nf(2)\n", "line 3: `1` → `2`"),
    "long": ("f('" + "x" * 99 + "')\n", "f('y')\n", f"line 1: `'{'x' * 58}…` → `'y'`"),
}


@pytest.mark.parametrize(("before", "after", "said"), _CASES.values(), ids=_CASES)
def test_statements_without_a_name(before: str, after: str, said: str) -> None:
    assert tell_statements(before.encode(), after.encode(), named=False) == [said]
    assert tell_statements(before.encode(), after.encode(), named=True) == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("def f(x):\n    return x + 1\n", "def f(x):\n    return x + 2\n", "line 2: `1` → `2`"),
        ("class A:\n    print(1)\n", "class A:\n    print(2)\n", "line 2: `1` → `2`"),
        ("class A:\n    B = 1\n", "class A:\n    B = 2\n", "line 2: `1` → `2`"),
        ("S = 1\nF(random_state=S)\n", "S = 2\nF(random_state=S)\n", "line 1: `1` → `2`" + SEED),
        ("S = 1\nsplit(x, test_size=S)\n", "S = 2\nsplit(x, test_size=S)\n", "line 1: `1` → `2`" + SPLIT),
        ("X = a.b\ntrain_test_split(X, y)\n", "X = a.b * 2\ntrain_test_split(X, y)\n", "line 1: `a.b` → `a.b * 2`"),
        ("X = 1\nrandom_split(X, [8, 2])\n", "X = 2\nrandom_split(X, [8, 2])\n", "line 1: `1` → `2`"),
        ("N = 4\nKFold(N)\n", "N = 5\nKFold(N)\n", "line 1: `4` → `5`" + SPLIT),
    ],
    ids=[
        *("a function", "a class body", "an attribute", "a constant that is a seed", "a constant that splits"),
        *("rows that are split", "rows of PyTorch", "a number of folds"),
    ],
)
def test_statements_of_what_has_a_name(before: str, after: str, said: str) -> None:
    assert tell_statements(before.encode(), after.encode(), named=True) == [said]
    assert tell_statements(before.encode(), after.encode(), named=False) == []


def test_many_statements_are_counted() -> None:
    before, after = ("".join(f"f({at + more})\ng()\n" for at in range(9)) for more in (0, 100))
    said = tell_statements(before.encode(), after.encode(), named=False)
    assert said == ["line 1: `0` → `100`", "line 3: `1` → `101`", "line 5: `2` → `102`", "6 more statements"]


@pytest.mark.parametrize("damaged", [b"def", b"x = " + b"(" * 500 + b"1" + b")" * 500, b"\xff\xfe"])
def test_what_cannot_be_parsed_has_no_statements(damaged: bytes) -> None:
    assert tell_statements(damaged, b"x = 1\n", named=False) == []


def test_deep_nesting_is_no_error() -> None:
    deep = b"x(" + b"-" * 3000 + b"1)\n"
    assert isinstance(tell_statements(deep, b"f(1)\n", named=False), list)
