"""The executor of Ray Core: a job is a task there, done by our own supervisor, and told of as it goes on."""

from __future__ import annotations

import os
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from threading import RLock, Thread
from typing import Any

from ml_ci.errors import Failure, StageFailed, UserError
from ml_ci.spec.resources import Resources
from ml_ci.training import process
from ml_ci.training.cluster import bootstrap, capacity
from ml_ci.training.cluster.connection import LateError, join, list_nodes, name, within
from ml_ci.training.cluster.engine import pack_engine
from ml_ci.training.cluster.packing import LARGEST, pack
from ml_ci.training.cluster.parcel import Parcel
from ml_ci.training.cluster.receiving import Received, RefusedError
from ml_ci.training.cluster.relay import Relay
from ml_ci.training.cluster.task import CALL, Task
from ml_ci.training.executors import LOST
from ml_ci.training.process import Order, Outcome
from ml_ci.training.progress import Progress

WAIT = "ML_CI_RAY_WAIT"
TRIES = 3
_LOOK = 0.1
_ASK_AGAIN = 5.0
_GONE = 20.0  # how long the only machine that has what a job asks for may be away
_SILENCE = 120.0  # a machine that says nothing for so long is lost: it tells four times a second
_GIVE_UP = 120.0
_PAUSE = 1.0
_HELD = 2 * LARGEST
_SWEEP = 5.0
_WARM = 16  # machines
_INLINE = 64 * 1024  # fewer bytes go with the task itself: no other machine has to be asked for them


class LostError(Exception):
    """A job is lost with its worker: nothing is known of it, and it may be done again; `begun` says it was begun."""

    begun = False


@lru_cache(maxsize=4)
def connect(address: str) -> Cluster:
    """Give the executor of the cluster at HOST or HOST:PORT; "" is the one that this machine belongs to."""
    return Cluster(address)


class Cluster:
    """Run jobs as tasks of a Ray cluster, which is joined when it is first needed."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._lock = RLock()
        self._sent: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._functions: dict[str, Any] = {}
        self._warmed: list[Any] = []

    def __call__(self, order: Order, progress: Progress) -> Outcome:
        """Run a job there; what has no copy of the repository, as what fetches and builds, is done here.

        A job whose worker is lost is tried again, twice; StageFailed `worker-lost` after that. One that no worker had
        begun is tried for two minutes: so long a cluster may take a machine for alive that is gone. UserError where the
        cluster does not answer, StageFailed where it lost the last machine that has what the job asks for.
        """
        if order.copy is None:
            return process.run(order, progress)
        if order.descriptors:
            return self._talk(order, progress)
        ray = join(self._address)
        parcel, blobs = pack(order)
        begun, first = 0, 0.0
        while True:
            # A worker that is about to end may still hold the folder of an earlier try.
            tried = replace(parcel, job=uuid.uuid4().hex)
            try:
                return self._try(ray, order, tried, blobs, progress, begun)
            except LostError as lost:
                now = time.monotonic()
                begun, first = begun + lost.begun, first if first and not lost.begun else now
                if begun == TRIES or now - first > _GIVE_UP:
                    raise _fail(order, begun, str(lost)) from None
            _pause(order, progress)

    def _talk(self, order: Order, progress: Progress) -> Outcome:
        """Run a job that is talked with. What it knows is lost with its worker: who talks with it begins again."""
        relay = Relay(order.descriptors, lambda: progress.tick(order.model, 0.0, 0.0, ""))
        try:
            ray = join(self._address)
            parcel, blobs = pack(order)
            return self._try(ray, order, parcel, blobs, progress, 0, relay)
        except LostError as lost:
            raise _fail(order, int(lost.begun), str(lost)) from None
        finally:
            relay.close()

    def lacks(self, resources: Resources) -> str:
        """Say what no machine there has of what is asked for; "" where one has it, or one may still come."""
        return "" if self._patience() else capacity.say_lack(resources, self._nodes())

    def slots(self, resources: Resources | None) -> int:
        """Count the jobs of this kind that all machines have room for at once; who asks is going to have some done."""
        nodes = self._nodes()
        Thread(target=self._warm, args=(resources,), name="ml-ci warm", daemon=True).start()
        return capacity.count_slots(resources, nodes)

    def _warm(self, resources: Resources | None) -> None:
        """Have machines start a worker, and lay out there what does jobs, while the first of them is prepared.

        It takes a CPU there as a job does, so that the job which comes next waits for that worker, and starts no other.
        Those that have no room for such a job are left alone, and all others of a large cluster.
        """
        with self._lock:
            if self._warmed:
                return
            ray = join(self._address)
            try:
                warm, engine = self._remote(ray, bootstrap.warm), self._send_engine(ray)
                fit = (one for one in ray.nodes() if one["Alive"] and capacity.fits(resources, one["Resources"]))
                for node in islice(fit, _WARM):
                    options = {"num_cpus": 1, "name": "ml-ci warm", **_there(ray, node["NodeID"])}
                    # Kept: Ray prints what went wrong of what nobody holds.
                    self._warmed.append(warm.options(**options).remote(*engine))
            except Exception:  # the cluster went: who has a job for it says so
                return

    def _nodes(self) -> tuple[Mapping[str, float], ...]:
        return list_nodes(join(self._address), self._address)

    def _patience(self) -> float:
        """Give how many seconds a machine that is not there yet is waited for, as with one that scales by itself."""
        given = os.environ.get(WAIT, "0")
        try:
            seconds = float(given)
        except ValueError:
            seconds = -1.0
        if not 0 <= seconds <= 86400:
            raise UserError(f"{WAIT}={given} is no number of seconds", hint="Give one from 0 to 86400, or unset it.")
        return seconds

    def _try(
        self,
        ray: Any,
        order: Order,
        parcel: Parcel,
        blobs: Mapping[str, bytes],
        progress: Progress,
        begun: int,
        relay: Relay | None = None,
    ) -> Outcome:
        said = f"the worker was lost: try {begun + 1} of {TRIES}" if begun else ""
        received = Received(order, LARGEST, said, answer=None if relay is None else relay.answer)
        task = self._bounded(lambda: self._submit(ray, order, parcel, blobs))
        try:
            if relay is not None:
                relay.begin(task.tell)
            return self._listen(ray, task.told, order, progress, received)
        except RefusedError as refused:
            raise StageFailed(refused.failure) from None
        except BaseException as error:
            if isinstance(error, LostError):
                error.begun = bool(received.node)
            self._cancel(ray, task, received.node)
            raise
        finally:
            received.close()

    def _bounded(self, call: Any) -> Any:
        try:
            return within(CALL, call)
        except LateError:
            said = f"--executor {name(self._address)}: the cluster took no job within {CALL:.0f} s"
            raise UserError(said, hint="Is its head up? `ray status` asks it.") from None

    def _submit(self, ray: Any, order: Order, parcel: Parcel, blobs: Mapping[str, bytes]) -> Task:
        needed = capacity.demand(order.resources, talks=parcel.talks)
        options = {"num_cpus": needed[capacity.CPU], "num_gpus": needed[capacity.GPU]}
        if needed[capacity.MEMORY]:
            options["memory"] = needed[capacity.MEMORY]
        sent = [self._send(ray, one, blobs[one]) if len(blobs[one]) > _INLINE else blobs[one] for one in parcel.blobs]
        given = (*self._send_engine(ray), parcel.dump(), LARGEST, *sent)
        how = {"name": f"ml-ci {order.model}", "num_returns": "streaming"}
        if not parcel.talks:
            return Task(ray, self._remote(ray, bootstrap.work).options(**how, **options).remote(*given))
        talker = self._remote(ray, bootstrap.Talker).options(max_concurrency=2, **options).remote()
        return Task(ray, talker.work.options(**how).remote(*given), talker)

    def _remote(self, ray: Any, what: Callable[..., Any]) -> Any:
        with self._lock:
            if what.__name__ not in self._functions:
                ray.cloudpickle.register_pickle_by_value(bootstrap)
                # A worker outlives its task, with a GPU too: the job is a process of its own, which ends.
                made = ray.remote if isinstance(what, type) else ray.remote(max_retries=0, max_calls=0)
                self._functions[what.__name__] = made(what)
            return self._functions[what.__name__]

    def _send(self, ray: Any, digest: str, content: bytes) -> Any:
        """Give the reference of bytes in the cluster, put there once as long as not too many others were since."""
        with self._lock:
            if digest not in self._sent:
                self._sent[digest] = ray.put(content), len(content)
            self._sent.move_to_end(digest)
            found = self._sent[digest][0]
            while sum(size for _, size in self._sent.values()) > _HELD and len(self._sent) > 1:
                self._sent.popitem(last=False)
            return found

    def _send_engine(self, ray: Any) -> tuple[str, Any]:
        with self._lock:  # which is held while it is packed: once is enough
            digest, engine = pack_engine()
            return digest, self._send(ray, digest, engine)

    def _listen(self, ray: Any, task: Any, order: Order, progress: Progress, received: Received) -> Outcome:
        waiting, heard = _Waiting(self, order, self._patience() or _GONE), time.monotonic()
        while True:
            content = _next(ray, task)
            if content is not None:
                heard = time.monotonic()
                outcome = received.take(content, progress)
                if outcome is not None:
                    return outcome
            elif not received.node:
                waiting.tell(progress)
            else:
                progress.tick(order.model, received.seconds, received.megabytes, received.line)
                if time.monotonic() - heard > _SILENCE:
                    raise LostError(f"its machine said nothing for {_SILENCE:.0f} s")

    def _cancel(self, ray: Any, task: Task, node: str) -> None:
        """End a job there, and have its folder removed; within bounded time, whatever the cluster does."""
        try:
            within(_SWEEP, task.end)
            if node:
                within(_SWEEP, lambda: self._sweep(ray, node))
        except Exception:  # the machine is gone, or the cluster: who comes next there sweeps
            return

    def _sweep(self, ray: Any, node: str) -> None:
        options = {"num_cpus": 0, "name": "ml-ci sweep", **_there(ray, node)}
        swept = self._remote(ray, bootstrap.sweep).options(**options).remote(*self._send_engine(ray), _SWEEP / 2)
        ray.get(swept, timeout=_SWEEP)


class _Waiting:
    """A job that no machine has begun: say what it waits for, and end it where that is nowhere any more."""

    def __init__(self, cluster: Cluster, order: Order, patience: float) -> None:
        self._cluster = cluster
        self._order = order
        self._patience = patience
        self._started = self._asked = self._seen = time.monotonic()
        self._asked -= _ASK_AGAIN

    def tell(self, progress: Progress) -> None:
        now = time.monotonic()
        text = (self._order.resources or Resources()).text or "1 CPU"
        progress.tick(self._order.model, now - self._started, 0.0, f"waiting for {text} of the cluster")
        if now - self._asked < _ASK_AGAIN:
            return
        self._asked = now
        lack = capacity.say_lack(self._order.resources, self._cluster._nodes())
        self._seen = self._seen if lack else now
        if now - self._seen > self._patience:
            hint = "Run it where there is one, or take it out of its `resources:`."
            raise StageFailed(Failure("training", "no-resources", f"the job of `{self._order.model}`: {lack}", hint))


def _there(ray: Any, node: str) -> dict[str, Any]:
    """Give the option by which a task runs on one machine and on no other."""
    strategy = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node_id=node, soft=False)
    return {"scheduling_strategy": strategy}


def _fail(order: Order, times: int, said: str) -> StageFailed:
    often = f"was lost with its worker {times} times" if times else "found no worker"
    hint = "Does the cluster's machine run out of memory? `resources: {memory: …}` finds the job a larger one."
    return StageFailed(Failure("training", LOST, f"the job of `{order.model}` {often}: {said}", hint))


def _pause(order: Order, progress: Progress) -> None:
    """Let the cluster see that a machine is gone."""
    until = time.monotonic() + _PAUSE
    while time.monotonic() < until:
        progress.tick(order.model, 0.0, 0.0, "its worker was lost: trying again")
        time.sleep(_LOOK)


def _next(ray: Any, task: Any) -> bytes | None:
    """Give the next thing told, None where nothing is yet; LostError where nobody tells any more."""
    errors = ray.exceptions
    try:
        if not ray.wait([task], timeout=_LOOK)[0]:
            return None
        content = ray.get(next(task), timeout=CALL)
    except StopIteration:
        raise LostError("its worker ended before the job did") from None
    except errors.RayTaskError as error:
        said = str(error).strip().splitlines()[-1:]
        message = f"a machine of the cluster cannot run jobs: {''.join(said)[:500]}"
        hint = "Has it room on its disk, and the same Python and Ray as this machine?"
        raise StageFailed(Failure("training", "worker-trouble", message, hint)) from None
    except errors.RayError as error:
        raise LostError(_shorten(error)) from None
    if not isinstance(content, bytes):
        raise LostError("its worker told something that is no event")
    return content


def _shorten(error: Exception) -> str:
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said[:200]}"
