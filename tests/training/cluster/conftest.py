"""The other side of a cluster in this process: a job there finds nothing of what lies on the driver."""

from __future__ import annotations

import importlib.util
import json
import os
import queue
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ml_ci.errors import Failure, StageFailed
from ml_ci.spec.resources import Resources
from ml_ci.training import executors
from ml_ci.training.cluster import far, packing
from ml_ci.training.cluster.parcel import Parcel
from ml_ci.training.cluster.receiving import Received, RefusedError
from ml_ci.training.cluster.relay import Relay
from ml_ci.training.executors import LOST
from ml_ci.training.process import Order, Outcome
from ml_ci.training.progress import Progress


class OtherSide:
    """Do jobs as a machine of a cluster does; `parcels` are those that went there, `most` is what may come back."""

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []
        self.most = packing.LARGEST
        self.losses = 0

    def __call__(self, order: Order, progress: Progress) -> Outcome:
        if order.descriptors:
            return self._talk(order, progress)
        parcel, blobs = packing.pack(order)
        self.parcels.append(Parcel.load(parcel.dump()))
        sent = tuple(blobs[one] for one in parcel.blobs)
        assert order.copy is not None
        with _away([order.copy, order.request.parent, *order.handed]):
            events = list(far.do(parcel.dump(), sent, self.most, "there"))
        received = Received(order, packing.LARGEST)
        try:
            for event in events:
                outcome = received.take(event, progress)
            assert outcome is not None
        except RefusedError as refused:
            raise StageFailed(refused.failure) from None
        finally:
            received.close()
        return outcome

    def _talk(self, order: Order, progress: Progress) -> Outcome:
        """Have a job answer while it runs; its worker is lost where `losses` are left, when it was told something."""
        relay, inbox = Relay(order.descriptors, lambda: None), queue.SimpleQueue[bytes | None]()
        parcel, blobs = packing.pack(order)
        self.parcels.append(Parcel.load(parcel.dump()))
        sent = tuple(blobs[one] for one in parcel.blobs)
        received = Received(order, packing.LARGEST, answer=relay.answer)
        told: list[bytes | None] = []

        def tell(content: bytes | None) -> None:
            told.append(content)
            inbox.put(content)

        assert order.copy is not None
        try:
            with _away([order.copy, *order.handed]):
                relay.begin(tell)
                events = far.do(parcel.dump(), sent, self.most, "there", inbox)
                for event in events:
                    head = json.loads(event.partition(b"\n")[0])
                    if head["event"] == "said" and told and self.losses:
                        self.losses -= 1
                        events.close()
                        raise StageFailed(Failure("training", LOST, "the machine was lost"))
                    if head["event"] == "ended":
                        break
                    received.take(event, progress)
                list(events)
            outcome = received.take(event, progress)
            assert outcome is not None
            return outcome
        except RefusedError as refused:
            raise StageFailed(refused.failure) from None
        finally:
            received.close()
            relay.close()

    def lacks(self, resources: Resources) -> str:
        return ""

    def slots(self, resources: Resources | None) -> int:
        return 1


@contextmanager
def _away(paths: list[Path]) -> Iterator[None]:
    moved = [(path, path.with_name(f"{path.name}.away")) for path in dict.fromkeys(paths) if path.exists()]
    for path, away in moved:
        path.rename(away)
    try:
        yield
    finally:
        for path, away in reversed(moved):
            assert not path.exists()
            away.rename(path)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """Give a cluster of three nodes, two of which do jobs: one CPU each, and one of them a GPU that is declared."""
    ray = pytest.importorskip("ray", reason="Ray is not installed here")
    path = Path(__file__).with_name("real_cluster.py")
    spec = importlib.util.spec_from_file_location("tests_real_cluster", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    with module.open_cluster(("--num-cpus=1", "--num-gpus=1"), ("--num-cpus=1",)) as made:
        yield made
        ray.shutdown()


@pytest.fixture
def other_side(monkeypatch: pytest.MonkeyPatch) -> OtherSide:
    """Have `ML_CI_EXECUTOR=there` mean the other side."""
    made = OtherSide()
    module: Any = ModuleType("other_side_of_a_test")
    module.make = lambda address: made
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(executors.EXECUTORS, "there", f"{module.__name__}:make")
    return made


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Do what needs the cluster `ML_CI_CLUSTER_ROUNDS` times in a row, where that is asked for."""
    rounds = int(os.environ.get("ML_CI_CLUSTER_ROUNDS", "1"))
    if rounds > 1 and "cluster" in metafunc.fixturenames:
        metafunc.fixturenames.append("round_of_the_cluster")
        metafunc.parametrize("round_of_the_cluster", range(rounds))
