"""A lost job is done again, twice, and one that failed never: the executor on a stand-in for Ray."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ml_ci.errors import StageFailed, UserError
from ml_ci.spec.resources import Resources
from ml_ci.training import executors
from ml_ci.training.cluster import executor
from ml_ci.training.cluster.executor import Cluster
from ml_ci.training.process import Order
from ml_ci.training.progress import Silent
from ml_ci.training.values import Interpreter

BEGAN: dict[str, Any] = {"event": "began", "node": "n"}
OUTCOME: dict[str, Any] = {"returncode": 3, "seconds": 1.0, "megabytes": 2.0, "limit": None, "opened": []}
OUTCOME |= {"hardware": {"cpu": "", "cores": 1, "gpus": []}, "seen": None}
ENDED: dict[str, Any] = {"event": "ended", "outcome": OUTCOME, "removed": {"copy": [], "work": []}, "sent": {}}
REFUSED: dict[str, Any] = {"event": "refused", "code": "interpreter", "message": "none", "hint": ""}
LOST, NEVER = "lost", "never"


class RayError(Exception):
    pass


class RayTaskError(RayError):
    pass


class StandIn:
    """Of Ray what the executor uses: each try tells the next of `tries`."""

    def __init__(self, tries: Sequence[Sequence[Any]]) -> None:
        self.tries = [iter(one) for one in tries]
        self.cancelled = self.submitted = 0
        self.exceptions = SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)
        self.cloudpickle = SimpleNamespace(register_pickle_by_value=lambda module: None)
        strategy = SimpleNamespace(NodeAffinitySchedulingStrategy=dict)
        self.util = SimpleNamespace(scheduling_strategies=strategy)
        self.parcels: list[dict[str, Any]] = []
        self.asked: list[tuple[Any, Any]] = []
        self.put_there: list[bytes] = []

    def remote(self, **options: Any) -> Any:
        return lambda function: SimpleNamespace(options=lambda **more: self._task(function, more))

    def _task(self, function: Any, options: dict[str, Any]) -> Any:
        self.asked.append((function, options.get("scheduling_strategy")))
        return SimpleNamespace(remote=self._submit)

    def _submit(self, *arguments: Any) -> Iterator[Any]:
        if len(arguments) < 4:
            return iter([b"[]"])  # a sweep
        self.parcels.append(json.loads(arguments[2]))
        self.submitted += 1
        return self.tries.pop(0)

    def put(self, content: bytes) -> bytes:
        self.put_there.append(content)
        return content

    def wait(self, tasks: Sequence[Any], timeout: float) -> tuple[Sequence[Any], Sequence[Any]]:
        return tasks, ()

    def get(self, said: Any, timeout: float) -> Any:
        if said == LOST:
            raise RayError("the worker died")
        if said == "trouble":
            raise RayTaskError("a long\ntrace\nPermissionError: not private")
        return json.dumps(said).encode() + b"\n" if isinstance(said, dict) else said

    def cancel(self, task: Any, force: bool) -> None:
        assert force
        self.cancelled += 1


@pytest.fixture
def order(tmp_path: Path) -> Order:
    copy, work = tmp_path / "copy", tmp_path / "work"
    copy.mkdir()
    work.mkdir()
    (work / "request.json").write_text("{}")
    python = Interpreter(Path("/p"), (3, 11, 0))
    return Order("m", copy, work / "request.json", work / "log", {}, 1.0, copy=copy, interpreter=python)


def _run(ray: StandIn, order: Order, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(executor, "join", lambda address: ray)
    monkeypatch.setattr(executor, "_PAUSE", 0.0)
    return Cluster("")(order, Silent())


def test_a_lost_job_is_done_again_in_another_folder(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    ray = StandIn([[BEGAN, LOST], [LOST], [LOST], [BEGAN], [BEGAN, ENDED]])
    assert _run(ray, order, monkeypatch).returncode == 3  # that it failed is an end like others
    assert ray.submitted == 5 and len({parcel["job"] for parcel in ray.parcels}) == 5
    assert order.log.read_text() == "[ml-ci: the worker was lost: try 3 of 3]\n"


def test_it_is_begun_three_times_at_most(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    ray = StandIn([[BEGAN, LOST]] * 4)
    with pytest.raises(StageFailed, match="was lost with its worker 3 times: RayError: the worker died"):
        _run(ray, order, monkeypatch)
    assert (ray.submitted, ray.cancelled) == (3, 3)


def test_what_no_worker_begins_is_given_up(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "_GIVE_UP", -1.0)
    with pytest.raises(StageFailed, match="found no worker"):
        _run(StandIn([[LOST]] * 9), order, monkeypatch)


@pytest.mark.parametrize(
    ("told", "code"),
    [([BEGAN, REFUSED], "interpreter"), ([BEGAN, b"\x80"], "no-result"), (["trouble"], "worker-trouble")],
)
def test_what_a_machine_refuses_is_not_tried_again(
    told: Sequence[Any], code: str, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = StandIn([told, [BEGAN, ENDED]])
    with pytest.raises(StageFailed) as caught:
        _run(ray, order, monkeypatch)
    assert caught.value.failure.code == code and ray.submitted == 1


def test_an_interrupt_cancels_and_is_raised(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    ray = StandIn([[BEGAN, {"event": "tick", "seconds": 1, "megabytes": 1, "line": ""}, ENDED]])
    monkeypatch.setattr(executor, "join", lambda address: ray)

    class Interrupted:
        def tick(self, *told: Any) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Cluster("")(order, Interrupted())
    assert ray.cancelled == 1


def test_a_machine_that_may_still_come_is_no_lack(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [{"Alive": True, "Resources": {"CPU": 2.0}}, {"Alive": False, "Resources": {"GPU": 1.0}}]
    monkeypatch.setattr(executor, "join", lambda address: SimpleNamespace(nodes=lambda: nodes))
    place = Cluster("")
    assert "has 1 GPU (none has any, of 1)" in place.lacks(Resources(gpus=1))
    assert place.slots(None) == 2
    monkeypatch.setenv(executor.WAIT, "600")
    assert place.lacks(Resources(gpus=1)) == ""
    monkeypatch.setenv(executor.WAIT, "soon")
    with pytest.raises(UserError, match="ML_CI_RAY_WAIT=soon is no number of seconds"):
        place.lacks(Resources(gpus=1))


@pytest.mark.parametrize(
    ("resources", "most", "warmed"),
    [
        (None, 16, "ab"),
        (None, 1, "a"),
        (Resources(gpus=1), 16, "b"),
        (Resources(cpus=3), 16, "a"),
        (Resources(cpus=5), 16, ""),
    ],
)
def test_machines_with_room_for_a_job_have_a_worker_started_before_their_first_one(
    monkeypatch: pytest.MonkeyPatch, resources: Resources | None, most: int, warmed: str
) -> None:
    monkeypatch.setattr(executor, "_WARM", most)
    ray = StandIn([])
    has = {"a": {"CPU": 4.0}, "b": {"CPU": 1.0, "GPU": 1.0}, "head": {"CPU": 0.0}, "gone": {"CPU": 9.0}}
    nodes = [{"NodeID": name, "Alive": name != "gone", "Resources": one} for name, one in has.items()]
    ray.nodes = lambda: nodes  # type: ignore[attr-defined]
    monkeypatch.setattr(executor, "join", lambda address: ray)
    place = Cluster("")
    for _ in range(2):
        place._warm(resources)
    assert ray.asked == [(executor.bootstrap.warm, {"node_id": name, "soft": False}) for name in warmed]


def test_small_files_go_with_the_task_and_large_ones_once(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    ray, more = StandIn([[BEGAN, ENDED]] * 2), executor._INLINE + 1
    assert order.copy is not None
    (order.copy / "small").write_bytes(b"s")
    monkeypatch.setattr(executor, "join", lambda address: ray)
    monkeypatch.setattr("ml_ci.training.cluster.packing._TOGETHER", more)
    (order.copy / "large").write_bytes(b"l" * more)
    place = Cluster("")
    for _ in range(2):
        place(order, Silent())
    assert [content[:1] for content in ray.put_there if content[:1] in (b"s", b"l")] == [b"l"]


@pytest.mark.parametrize(("room", "number"), [(1, 2), (4, 8), (40, 56)])
def test_one_more_job_is_handed_out_behind_each(monkeypatch: pytest.MonkeyPatch, room: int, number: int) -> None:
    place = Cluster("")
    monkeypatch.setattr(place, "slots", lambda resources: room)
    monkeypatch.setattr(executors, "executor", lambda environment: place)
    assert executors.count_slots({}, [Resources()]) == number
