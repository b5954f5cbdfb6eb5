"""Do what a request asks for, under the job's own interpreter, beside the user's code."""

from __future__ import annotations

import os
import sys

from .answering import answer
from .calls import NOW, flush, leave_if_forked
from .exchange import FORMAT, read_json, write_json
from .failures import JobFailed, one_line, print_traceback
from .metrics import metric, resample
from .prediction import predict
from .startup.seeds import install_seed
from .startup.standard import StandardFirst
from .training import make, train

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .exchange import Request


def work(path: str) -> None:
    """Do what a request asks inside this process, write the result, and end without waiting for stray threads."""
    request = read_json(path)
    NOW.update(owner=os.getpid(), raised=_RAISED[request["kind"]])
    sys.argv = [request.get("entry") or "ml-ci"]
    _set_path(request)
    install_seed(request["seed"])
    try:
        result: Request = {"format": FORMAT, "ok": True}
        result.update(_KINDS[request["kind"]](request))
    except JobFailed as error:
        result = {"format": FORMAT, "ok": False, "code": error.code, "message": error.message, "hint": error.hint}
    except Exception as error:  # ours: the user's code is called by what turns all that it raises into JobFailed
        print_traceback()
        result = {"format": FORMAT, "ok": False, "code": "internal", "message": one_line(error), "hint": ""}
    leave_if_forked()
    write_json(request["result"], result)
    _run_exit_hooks()
    flush()
    os._exit(0 if result["ok"] else 1)


_KINDS = {
    "train": train,
    "make": make,
    "predict": predict,
    "ask": answer,
    "metric": metric,
    "resample": resample,
}

_RAISED = {
    "train": "job-raised",
    "make": "job-raised",
    "predict": "predict-raised",
    "ask": "predict-raised",
    "metric": "metric-raised",
    "resample": "metric-raised",
}


def _set_path(request: Request) -> None:
    """Put `cwd` and the project folder where a script's own folder would be, and the standard library before them.

    A `logging/` there would else end every library. What `ml-ci.yaml` names as an entry is the project's all the same.
    """
    folders = [request["cwd"], request["folder"]]
    sys.path[:] = list(dict.fromkeys([*folders, *sys.path]))
    factory = (request.get("load") or {}).get("factory") or ""
    entries = [request.get("entry") or "", factory, *(request.get("metrics") or {}).values()]
    kept = {entry.partition(":")[0].partition(".")[0] for entry in entries}
    sys.meta_path.insert(0, StandardFirst(folders, kept))


def _run_exit_hooks() -> None:
    """Let libraries clean up behind them, five seconds at most."""
    import atexit
    import threading

    hooks = threading.Thread(target=atexit._run_exitfuncs, daemon=True)
    hooks.start()
    hooks.join(5.0)
