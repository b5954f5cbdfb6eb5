from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ml_ci.conditions import parse
from ml_ci.errors import UserError
from ml_ci.evaluation.slices import bin_names, in_order, read_slices, slice_name, specs_of
from ml_ci.spec.values import FileEntry, FunctionJob, GateSpec, ModelSpec, Positive, SliceSpec
from ml_ci.tables.table import Table

Make = Callable[..., Table]


def test_values_as_text(make: Make) -> None:
    slices = read_slices(make("sex,n\nm,1\n f ,2\n,3\nm,4\n"), SliceSpec(("sex",)))
    assert slices.values == ("f", "m", "(missing)")
    assert slices.codes.dtype == np.uint8
    assert [slices.values[code] for code in slices.codes] == ["m", "f", "(missing)", "m"]


def test_two_columns(make: Make) -> None:
    slices = read_slices(make("sex,race\nMale,White\nFemale,Black\nMale,\n"), SliceSpec(("sex", "race")))
    assert slices.name == "sex,race"
    assert [slices.values[code] for code in slices.codes] == ["Male,White", "Female,Black", "Male,(missing)"]


def test_a_comma_in_a_value_is_not_taken_for_the_next_column(make: Make) -> None:
    slices = read_slices(make('a,b\n"x,y",z\nx,"y,z"\n'), SliceSpec(("a", "b")))
    assert len(slices.values) == 2
    assert slice_name(("x,y", "z")) == '"x,y",z'
    assert slice_name(("x,y",)) == "x,y"


def test_bins(make: Make) -> None:
    table = make("age,n\n17.9,1\n18,1\n29,1\n30,1\n50,1\n,1\n-5,1\n")
    slices = read_slices(table, SliceSpec(("age",), (18, 30, 50)))
    assert [slices.values[code] for code in slices.codes] == [
        "<18",
        "[18, 30)",
        "[18, 30)",
        "[30, 50)",
        ">=50",
        "(missing)",
        "<18",
    ]
    assert slices.values == ("<18", "[18, 30)", "[30, 50)", ">=50", "(missing)")
    assert read_slices(make("age,n\n40,1\n"), SliceSpec(("age",), (18, 30, 50))).values == ("[30, 50)",)


def test_names_of_bins() -> None:
    assert bin_names((0.5,)) == ("<0.5", ">=0.5", "(missing)")
    assert bin_names((1e6, 2e6)) == ("<1000000", "[1000000, 2000000)", ">=2000000", "(missing)")


def test_order() -> None:
    assert in_order(["10", "9", "b", "(missing)", "a", "9"]) == ["9", "10", "a", "b", "(missing)"]


def test_the_slices_of_a_model_are_its_own_and_those_of_its_gates() -> None:
    gates = tuple(
        GateSpec(text, parse(text))
        for text in ("each(fnr, by=age) <= 0.2", "gap(fpr, by=[sex, race]) <= 0.1", "each(fnr, by=class) <= 0.5")
    )
    model = ModelSpec(
        "m",
        FunctionJob("a:b"),
        {},
        FileEntry("h"),
        "y",
        Positive((1,)),
        slices=(SliceSpec(("age",), (18,)),),
        gates=gates,
    )
    assert specs_of(model) == (SliceSpec(("age",), (18,)), SliceSpec(("sex", "race")), SliceSpec(("class",)))


def test_what_is_no_slice(make: Make) -> None:
    many = make("id,n\n" + "".join(f"{i},1\n" for i in range(1001)))
    with pytest.raises(UserError, match="column 'id' has 1,001 different values, more than 1,000: is this an id"):
        read_slices(many, SliceSpec(("id",)))
    assert len(read_slices(many, SliceSpec(("n",))).values) == 1
    with pytest.raises(UserError, match="there is no column 'idd'"):
        read_slices(many, SliceSpec(("idd",)))
    with pytest.raises(UserError, match=r"data/holdout.csv, line 2: 'old' in column 'age' is no number"):
        read_slices(make("age,n\nold,1\n"), SliceSpec(("age",), (18,)))
