"""A frozen class of data is one as `dataclasses` makes it: the same equality, hash, words and refusals."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci import frozen

ROOT = Path(__file__).parents[1]
Make = Callable[..., Any]


def _make(make: Make) -> dict[str, Any]:
    """Make the same classes by a decorator."""

    @make(frozen=True)
    class Base:
        name: str
        secret: str = field(default="s", repr=False)
        parts: list[int] = field(default_factory=list, hash=False)
        aside: object = field(default=None, compare=False)

    @make(frozen=True)
    class Derived(Base):
        more: float = 0.0

        @cached_property
        def twice(self) -> float:
            return 2 * self.more

    @make(frozen=True)
    class Empty:
        pass

    @make(frozen=True)
    class One:
        value: Any

    @make(frozen=True, kw_only=True)
    class Named:
        first: int
        second: int = 2

    @make(frozen=True, eq=False)
    class Alone:
        value: int

    @make(frozen=True)
    class Own:
        value: int

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Own) and self.value % 10 == other.value % 10

        def __repr__(self) -> str:
            return "own"

        def __post_init__(self) -> None:
            object.__setattr__(self, "later", 1)

    @make(frozen=True)
    class Hashed:
        value: int

        def __hash__(self) -> int:
            return 7

    found = (Base, Derived, Empty, One, Named, Alone, Own, Hashed)
    return {cls.__name__: cls for cls in found}


THEIRS, OURS = _make(dataclasses.dataclass), _make(frozen.dataclass)
NAN = float("nan")
VALUES: tuple[tuple[str, tuple[Any, ...], dict[str, Any]], ...] = (
    ("Base", ("a",), {}),
    ("Base", ("a", "other"), {}),
    ("Base", ("a",), {"parts": [1]}),
    ("Base", ("a",), {"aside": 1}),
    ("Base", ("b",), {}),
    ("Derived", ("a",), {}),
    ("Derived", ("a",), {"more": 1.5}),
    ("Empty", (), {}),
    ("One", (NAN,), {}),
    ("One", ((1, 2),), {}),
    ("One", ([1],), {}),
    ("Named", (), {"first": 1}),
    ("Alone", (1,), {}),
    ("Own", (1,), {}),
    ("Own", (11,), {}),
    ("Hashed", (1,), {}),
    ("Hashed", (2,), {}),
)


def _try(call: Callable[[], object]) -> object:
    """Give what comes of a call, or what kind of error."""
    try:
        return call()
    except Exception as error:
        return type(error)


def _all(classes: dict[str, Any]) -> list[Any]:
    return [classes[name](*given, **named) for name, given, named in VALUES]


def test_equality_hashes_and_words_are_those_of_dataclasses() -> None:
    theirs, ours = _all(THEIRS), _all(OURS)
    assert [[one == other for other in ours] for one in ours] == [[one == other for other in theirs] for one in theirs]
    assert [[one != other for other in ours] for one in ours] == [[one != other for other in theirs] for one in theirs]
    for our, their in zip(ours, theirs, strict=True):
        assert repr(our) == repr(their)
        if type(our).__name__ != "Alone":  # hashed by where it lies
            assert _try(lambda our=our: hash(our)) == _try(lambda their=their: hash(their))
        assert our.__eq__(1) is NotImplemented or type(our).__name__ in ("Own", "Alone")
        assert type(our).__match_args__ == type(their).__match_args__
        assert [one.name for one in dataclasses.fields(our)] == [one.name for one in dataclasses.fields(their)]
        assert _try(lambda our=our: dataclasses.asdict(our)).__repr__() == dataclasses.asdict(their).__repr__()


@pytest.mark.parametrize("name", ["name", "secret", "aside", "unknown"])
@pytest.mark.parametrize("change", [lambda one, name: setattr(one, name, 1), delattr])
def test_nothing_is_set_or_deleted(name: str, change: Callable[[Any, str], None]) -> None:
    for one in (OURS["Base"]("a"), OURS["Derived"]("a")):
        before = dict(vars(one))
        with pytest.raises(FrozenInstanceError):
            change(one, name)
        assert vars(one) == before


def test_what_is_only_derived_may_have_values_of_its_own() -> None:
    for classes in (OURS, THEIRS):

        class Plain(classes["One"]):  # type: ignore[misc, name-defined]
            pass

        one = Plain(1)
        one.other = 2
        assert one.other == 2
        del one.other
        with pytest.raises(FrozenInstanceError):
            one.value = 2


def test_copies_are_equal_and_frozen_and_computed_values_are_kept() -> None:
    one = OURS["Derived"]("a", more=2.0, parts=[1])
    for other in (copy.copy(one), copy.deepcopy(one), dataclasses.replace(one), dataclasses.replace(one, aside=3)):
        assert other == one
        with pytest.raises(FrozenInstanceError):
            other.more = 1.0
    assert dataclasses.replace(one, more=3.0) != one
    assert one.twice == 4.0 and one.__dict__["twice"] == 4.0


@frozen.dataclass(frozen=True)
class Kept:
    """One that has a name by which it is found."""

    value: int
    again: Any = None


@given(value=st.integers() | st.text() | st.tuples(st.integers()))
def test_what_is_pickled_is_equal(value: Any) -> None:
    assert pickle.loads(pickle.dumps(Kept(value))) == Kept(value)
    assert hash(Kept(value)) == hash(Kept(value))


def test_one_that_holds_itself_is_told() -> None:
    one = Kept(1, [])
    one.again.append(one)
    assert repr(one) == "Kept(value=1, again=[...])"


def test_what_is_wrong_is_refused_as_before() -> None:
    with pytest.raises(TypeError, match="missing 1 required"):
        OURS["Base"]()
    with pytest.raises(TypeError, match="unexpected keyword"):
        OURS["Base"]("a", other=1)
    with pytest.raises(TypeError, match="positional"):
        OURS["Named"](1)
    with pytest.raises(TypeError, match="__setattr__"):

        @frozen.dataclass(frozen=True)
        class Wrong:
            value: int

            def __setattr__(self, name: str, value: object) -> None: ...


def test_other_kinds_are_made_by_dataclasses() -> None:
    @frozen.dataclass
    class Open:
        value: int

    @frozen.dataclass(frozen=True, slots=True)
    class Slotted:
        value: int

    one = Open(1)
    one.value = 2
    assert one == Open(2) and not hasattr(Slotted(1), "__dict__")


def test_no_class_is_frozen_at_the_full_price() -> None:
    """What runs in a job's Python has nothing of the engine, and none."""
    dear = re.compile(r"^from dataclasses import .*\bdataclass\b", re.MULTILINE)
    quick = re.compile(r"^@dataclass\(frozen=True(, (eq|kw_only)=\w+)?\)", re.MULTILINE)
    files = [at for top in ("ml_ci", "pytest_plugin") for at in (ROOT / top).rglob("*.py")]
    assert len(files) > 900
    text = {str(at.relative_to(ROOT)): at.read_text(encoding="utf-8") for at in files}
    assert [at for at, source in text.items() if dear.search(source) and quick.search(source)] == []
