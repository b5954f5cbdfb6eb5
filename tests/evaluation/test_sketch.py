"""Which clusters a holdout has, known again when rows were added."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ml_ci.evaluation.sketch import read_sketch
from ml_ci.spec.evidence import ClusterSpec
from ml_ci.spec.values import FileEntry, FunctionJob, ModelSpec, Positive
from tests.evaluation.conftest import Make

WHO = ClusterSpec(("who",))
ROWS = "y,who,w\n0,a,2\n1,a,3\n0,b,1\n0,b,1\n1,c,0\n1,d,4\n"


def model(**keys: Any) -> ModelSpec:
    plain = ModelSpec("m", FunctionJob("m:t"), {}, FileEntry("h.csv"), "y", Positive((1,)))
    return replace(plain, **keys)


def test_clusters_are_known_by_their_values_alone(make: Make) -> None:
    found = read_sketch(make(ROWS), model(cluster=WHO))
    assert found is not None
    assert sorted(found.weights.values()) == [1.0, 1.0, 2.0, 2.0]
    assert (found.largest, found.clusters) == ((2.0, 1.0, 2.0), 4)
    shuffled = read_sketch(
        make("who,y,w,more\nd,1,4,x\nb,0,1,x\na,1,3,x\nc,1,0,x\nb,0,1,x\n a ,0,2,x\n"), model(cluster=WHO)
    )
    assert shuffled == found


def test_rows_that_are_added_are_seen(make: Make) -> None:
    before, new, more = (read_sketch(make(ROWS + added), model(cluster=WHO)) for added in ("", "0,e,1\n", "0,b,1\n"))
    assert before is not None and new is not None and more is not None
    assert {name: new.weights[name] for name in before.weights} == before.weights
    assert [name for name, weight in before.weights.items() if more.weights[name] > weight] != []


def test_weights_are_in_it(make: Make) -> None:
    found = read_sketch(make(ROWS), model(cluster=WHO, weight="w"))
    assert found is not None
    assert (sorted(found.weights.values()), found.largest) == ([2.0, 4.0, 5.0], (2.0, 4.0, 5.0))


def test_rows_of_a_known_cluster_cannot_grow(make: Make) -> None:
    found = read_sketch(make(ROWS), model(cluster=ClusterSpec(("who",), ("a",))))
    assert found is not None
    assert (sorted(found.weights.values()), found.clusters) == ([1.0, 1.0, 2.0], 3)


def test_independent_rows_have_none(make: Make) -> None:
    assert read_sketch(make(ROWS), model()) is None
    assert read_sketch(make(ROWS), model(cluster=ClusterSpec())) is None
