"""Be a job that branched off from a stem: first its supervisor, and below that its worker."""

from __future__ import annotations

import os
import sys

from .exchange import read_json
from .supervisor import end_like, watch_over

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FREE = 200  # a number of a descriptor that nothing has been handed by
_MOST = 1 << 16


def become_job(job: Any, descriptors: list[int]) -> int:
    """Take an order from the job's socket, and do it; `descriptors` are the lifeline, the log, and those of the order.

    Everything that a fresh process would have stands as it would: session, folder, environment, descriptors.
    """
    os.setsid()
    order = receive_line(job)
    handed = _place(descriptors, order["descriptors"])
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["environment"])
    request = read_json(order["request"])
    status = watch_over(request, lambda: _start_worker(order, handed), handed)
    return 127 if status is None else end_like(status)


def receive_line(socket: Any) -> Any:
    """Take a line of JSON; end where nobody sends one any more."""
    import json

    parts: list[bytes] = []
    while not parts or b"\n" not in parts[-1]:
        part = socket.recv(1 << 16)
        if not part:
            os._exit(1)  # ml-ci is gone
        parts.append(part)
    return json.loads(b"".join(parts).decode("utf-8", "surrogateescape"))


def _place(descriptors: list[int], numbers: list[int]) -> list[int]:
    """Put what came over the socket where the job looks for it, and close everything else."""
    import fcntl

    free = max(_FREE, *numbers) + 1 if numbers else _FREE
    moved = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, free) for descriptor in descriptors]
    wanted = {0: moved[0], 1: moved[1], 2: moved[1]}
    wanted.update(zip(numbers, moved[2:]))
    for number, descriptor in wanted.items():
        os.dup2(descriptor, number)
    close_others(wanted)
    return list(numbers)


def close_others(kept: Any) -> None:
    """Close all descriptors but some."""
    try:
        most = max(map(int, os.listdir("/proc/self/fd")))
    except OSError:
        most = _MOST
    low = 0
    for number in [*sorted(kept), most + 1]:
        if low < number:  # for an empty range some Pythons close everything
            os.closerange(low, number)
        low = number + 1


def _start_worker(order: Any, handed: list[int]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            _work(order, handed)
        finally:
            os._exit(1)
    return pid


def _work(order: Any, handed: list[int]) -> None:
    """Begin as every Python of a job begins, and do what is asked; what goes wrong here stands in the log."""
    import importlib

    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        close_others({0, 1, 2, *handed})
        vars(sys)["orig_argv"] = list(order["argv"])
        sys.path.insert(0, order["startup"])
        importlib.invalidate_caches()
        importlib.import_module("sitecustomize")
        importlib.import_module(".worker", __package__).work(order["request"])
    except BaseException:
        from .failures import print_traceback

        print_traceback()
