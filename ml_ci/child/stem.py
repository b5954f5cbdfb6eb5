"""Import the libraries that jobs begin with, once, and have each job branch off from there as a process of its own.

A stem has run nothing of the user's and opened no data. A job that branches off is what a fresh process is after the
same imports; ml-ci asks for no stem where that could make a difference, and this program refuses to be one where
it sees a difference: then every job starts by itself, as it does where no stem is.

ml-ci sends over a socket, for each job, the descriptors of the job's own socket, of its lifeline and of its log. The
job's socket tells the id of its supervisor, takes the order, and tells how it ended. With the word `rows` it sends the
socket of a stem that branches off from this one, reads rows, and then is one for the jobs that score them.
"""

from __future__ import annotations

import os
import sys

from .branch import become_job, close_others, receive_line
from .exchange import FORMAT, read_json
from .failures import one_line
from .rows import is_library, keep_rows
from .startup.standard import is_standard
from .supervisor import adopt_orphans, children, kill, kill_children

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_DUMPABLE = 4  # PR_SET_DUMPABLE of <sys/prctl.h>
_MOST = 16  # descriptors of one job
_ROWS = b"rows"


def serve(path: str) -> int:
    """Import what a request says, tell whether jobs may branch off, and let them until ml-ci is gone."""
    import importlib
    import socket

    request = read_json(path)
    control = socket.socket(fileno=request["socket"])
    os.set_inheritable(control.fileno(), False)
    importlib.import_module(".worker", __package__)  # as in every job, before its own code
    refused = _import(request["statements"]) or _find_difference()
    _tell(control, {"format": FORMAT, "ok": not refused, "why": refused, "names": sorted(_list_names())})
    if refused:
        return 1
    keep_private(True)
    _let_branch(control)
    return 0


def keep_private(yes: bool) -> None:
    """Let no job look into this process, or write into it; a job is a process like others."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_DUMPABLE, int(not yes), 0, 0, 0)
    except Exception:  # where it is refused, it is as with every process of the same user
        pass


def _import(statements: list[str]) -> str:
    """Run import statements; give why they failed, "" where they did not. The job itself tells of it."""
    import gc

    # What imports leave behind is little, and to look for it among all that they make takes a tenth of their time.
    gc.disable()
    try:
        for statement in statements:
            exec(compile(statement, "<ml-ci>", "exec"), {})
    except BaseException as error:  # libraries raise what they like, SystemExit included
        return one_line(error)
    finally:
        if hasattr(gc, "freeze"):
            gc.freeze()
        gc.enable()
    return ""


def _find_difference() -> str:
    """Say in what a job that branches off would differ from one that starts by itself; "" for nothing."""
    import threading

    sys.stdout.flush()
    sys.stderr.flush()
    if os.fstat(1).st_size:
        return "the libraries print at their import, which belongs in each job's log"
    if threading.active_count() > 1:
        return "the libraries start threads at their import, which do not branch off"
    for name in ("sitecustomize", "usercustomize"):
        if name in sys.modules:
            return "%s of this Python runs before a job begins" % name
    for name, module in sorted(sys.modules.items()):
        at = getattr(module, "__file__", None)
        if at and not is_library(at):
            return "%s is no library: %s" % (name, at)
    return ""


def _list_names() -> set[str]:
    """Give the top-level names that a job finds imported: no file of its own by that name is found any more."""
    names = {name.partition(".")[0] for name in sys.modules}
    return {name for name in names if not name.startswith("__") and not is_standard(name)}


def _let_branch(control: Any) -> None:
    """Fork for each job that is asked for, and tell how it ended, until nobody asks any more; then end all of them."""
    import gc
    import select
    import signal

    adopt_orphans()
    gc.collect()
    if hasattr(gc, "freeze"):
        gc.freeze()  # what jobs share with this process is not copied for counting
    woken, wake = os.pipe()
    for descriptor in (woken, wake):
        os.set_blocking(descriptor, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    running: dict[int, Any] = {}
    while True:
        ready = select.select([control, woken], [], [])[0]
        if woken in ready:
            os.read(woken, 4096)
            _reap(running)
        if control in ready:
            said, descriptors = _receive(control)
            if not descriptors:
                break
            (_grow if said == _ROWS else _branch)(descriptors, running)
    kill_children()


def _receive(control: Any) -> tuple[bytes, list[int]]:
    """Take what is asked for and the descriptors for it; none where ml-ci is gone."""
    import array
    import socket

    numbers = array.array("i")
    try:
        said, extra, _, _ = control.recvmsg(16, socket.CMSG_LEN(_MOST * numbers.itemsize))
    except OSError:
        return b"", []
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            numbers.frombytes(data[: len(data) - len(data) % numbers.itemsize])
    return said, list(numbers) if said else []


def _branch(descriptors: list[int], running: dict[int, Any]) -> None:
    import socket

    job = socket.socket(fileno=descriptors[0])
    try:
        pid = os.fork()
    except OSError:  # ml-ci hears that the socket is closed, and starts the job itself
        pid = -1
    if pid == 0:
        _be_job(job, descriptors[1:])
    for descriptor in descriptors[1:]:
        os.close(descriptor)
    if pid < 0:
        job.close()
        return
    running[pid] = job
    _tell(job, {"format": FORMAT, "pid": pid})


def _grow(descriptors: list[int], running: dict[int, Any]) -> None:
    """Have a stem branch off that reads rows."""
    try:
        pid = os.fork()
    except OSError:
        pid = -1
    if pid == 0:
        _be_stem_of_rows(descriptors[0])
    for descriptor in descriptors:
        os.close(descriptor)
    if pid > 0:
        running[pid] = None


def _be_stem_of_rows(descriptor: int) -> None:
    import signal
    import socket

    status = 1
    try:
        signal.set_wakeup_fd(-1)
        close_others({0, 1, 2, descriptor})
        control = socket.socket(fileno=descriptor)
        refused = _keep(receive_line(control)) or _find_difference()
        _tell(control, {"format": FORMAT, "ok": not refused, "why": refused, "names": sorted(_list_names())})
        if not refused:
            _let_branch(control)
            status = 0
    finally:
        os._exit(status)


def _keep(request: Any) -> str:
    from .prediction import read_rows

    try:
        keep_rows(request, read_rows)
    except BaseException as error:  # told by the job, which then reads them itself
        return one_line(error)
    return ""


def _be_job(job: Any, descriptors: list[int]) -> None:
    """Go on as the job's supervisor, and end as it ends."""
    import signal

    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        keep_private(False)
        status = become_job(job, descriptors)
    except BaseException:
        from .failures import print_traceback

        print_traceback()
    finally:
        os._exit(status)


def _reap(running: dict[int, Any]) -> None:
    """Tell of each job that ended, and end what it left: a job may have ended its own supervisor, too."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except OSError:
            return
        if not pid:
            break
        job = running.pop(pid, None)
        if job is not None:
            _tell(job, {"format": FORMAT, "status": status})
            job.close()
    for stray in children():
        if stray not in running:
            kill(stray)


def _tell(socket: Any, said: dict[str, Any]) -> None:
    import json

    try:
        socket.sendall(json.dumps(said).encode("utf-8") + b"\n")
    except OSError:  # nobody listens
        pass
