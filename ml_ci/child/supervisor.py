"""Start a job, end it when ml-ci is gone, and leave nothing of it behind."""

from __future__ import annotations

import os
import sys

from .exchange import FORMAT, read_json, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Collection

    from .exchange import Request

_STARTED: list[Any] = []


def supervise(path: str) -> int:
    """Start the job of a request, end it when ml-ci is gone, and end as the job ended."""
    request = read_json(path)
    handed = _handed(request)
    status = watch_over(request, lambda: _start(request, handed), handed)
    return 127 if status is None else end_like(status)


def watch_over(request: Request, start: Callable[[], int | None], handed: Collection[int]) -> int | None:
    """Have a job started, end it when ml-ci is gone, and leave nothing of it; give its status as `waitpid` does.

    `start` gives the id of its process, None where it could not be started.
    """
    import threading

    lifeline = os.dup(0)
    adopt_orphans()
    pid = start()
    if pid is None:
        return None
    _close(handed)
    threading.Thread(target=_watch_lifeline, args=(lifeline,), daemon=True).start()
    status = _reap_until(pid)
    write_json(request["usage"], {"format": FORMAT, "peak": _peak()})
    kill_children()
    return status


def _start(request: Request, handed: Collection[int]) -> int | None:
    import subprocess

    try:
        job = subprocess.Popen(request["argv"], cwd=request["cwd"], stdin=subprocess.DEVNULL, pass_fds=handed)
    except OSError as error:
        where = error.filename or request["argv"][0]
        write_json(
            request["result"],
            {
                "format": FORMAT,
                "ok": False,
                "code": "job-exit",
                "message": "the command could not be started: %s: %s" % (where, error.strerror),
                "hint": "A list is started without a shell; is the program's name right, and is it on PATH?",
            },
        )
        return None
    _STARTED.append(job)  # an object that is thrown away waits for its process
    return job.pid


def stand_between(program: str, path: str) -> int:
    """Start the supervisor of a request, and outlive it: what a job leaves that has ended its supervisor ends here.

    It stands between the supervisor and a process that is not ml-ci's own, and that may not be given children.
    """
    import subprocess
    import threading

    lifeline = os.dup(0)
    handed = _handed(read_json(path))
    adopt_orphans()
    # A session of its own: a job that kills its whole group does not reach this process.
    argv = [sys.executable, "-I", "-S", program, path]
    supervisor = subprocess.Popen(argv, start_new_session=True, pass_fds=handed)
    _close(handed)
    threading.Thread(target=_watch_lifeline, args=(lifeline,), daemon=True).start()
    status = _reap_until(supervisor.pid)
    kill_children()
    return end_like(status)


def _handed(request: Request) -> tuple[int, ...]:
    """Give the descriptors by which ml-ci and the job talk, where they do; the job has them by the same numbers."""
    return tuple(request.get("descriptors") or ())


def _close(descriptors: Collection[int]) -> None:
    """Close what the job has now: who reads from it hears of its end only when nobody else holds the other side."""
    for descriptor in descriptors:
        os.close(descriptor)


def adopt_orphans() -> None:
    """Become the parent of daemons that the job leaves (Linux), so that ml-ci finds and ends them."""
    if not sys.platform.startswith("linux"):
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    except Exception:  # ml-ci, while it lives, finds them by the cookie in their environment
        pass


def _reap_until(pid: int) -> int:
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == pid:
            return status


def _peak() -> int:
    """Give the largest resident set of one process of the job, in bytes."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit


def end_like(status: int) -> int:
    """Give the exit code of a job that exited; of one that a signal killed, die by the same."""
    if not os.WIFSIGNALED(status):
        return os.WEXITSTATUS(status)
    import resource
    import signal

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    number = os.WTERMSIG(status)
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 + number


def _watch_lifeline(lifeline: int) -> None:
    """Wait until ml-ci closes its end of the pipe: it does so when it dies, however it dies."""
    try:
        while os.read(lifeline, 4096):
            pass
    except OSError:
        pass
    _end_everything()


def _end_everything() -> None:
    import signal

    kill_children()
    os.killpg(os.getpgid(0), signal.SIGKILL)


def kill_children() -> None:
    """Kill our children, and those that become ours when their parent dies, until there is none (by /proc)."""
    for _ in range(200):
        found = children()
        for pid in found:
            kill(pid)
        if not found:
            return
        _reap_some()


def children() -> list[int]:
    """Give the ids of our children that have not ended (by /proc)."""
    own = str(os.getpid())
    found = []
    for pid in _pids():
        try:
            with open("/proc/%d/stat" % pid) as stream:
                state, parent = stream.read().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if parent == own and state != "Z":
            found.append(pid)
    return found


def _reap_some() -> None:
    import time

    time.sleep(0.01)
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except OSError:
        pass


def kill(pid: int) -> None:
    """End a process that may be gone already."""
    import signal

    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass


def _pids() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []
