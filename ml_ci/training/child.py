"""Run one job in a process of its own: `PYTHON child.py REQUEST.json`. Standard library only, Python 3.8 and later.

The file has three lives. Started with a request it is the *supervisor*: it watches the pipe to ml-ci and ends the job when
ml-ci dies, and collects processes that the job left behind. It starts itself again, under the job's own interpreter, as the
*worker* (`--work`) that imports the user's code; or it starts the user's command. And a copy of it that is named
`sitecustomize.py` seeds every Python program that a job starts.

Only JSON goes in and comes out. ml-ci is not installed where this runs, and nothing of it may be imported.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # the import of typing is not worth its time in every Python that a job starts
    from typing import Any, Dict, List, Optional, Tuple

    Request = Dict[str, Any]

FORMAT = 1
SEED = "ML_CI_SEED"


# Seeds ---------------------------------------------------------------------------------------------------------------


class _SeedOnImport(object):
    """Seed `random` and `numpy.random` at their import, so that nobody pays for an import that is not needed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.waiting = {"random", "numpy.random"}
        self.busy = False

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in self.waiting or self.busy:
            return None
        import importlib.util

        self.busy = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self.busy = False
        if spec is None or spec.loader is None or not hasattr(spec.loader, "exec_module"):
            return None
        self.waiting.discard(name)
        execute = spec.loader.exec_module

        def execute_and_seed(module: Any) -> None:
            execute(module)
            _seed_module(module, self.seed)

        try:
            spec.loader.exec_module = execute_and_seed  # type: ignore[method-assign]
        except AttributeError:
            return None
        return spec


def _seed_module(module: Any, seed: int) -> None:
    module.seed(seed % 2**32)


def install_seed(seed: int) -> None:
    """Seed the global generators of `random` and numpy: now where they are imported, at their import otherwise."""
    hook = _SeedOnImport(seed)
    for name in sorted(hook.waiting):
        module = sys.modules.get(name)
        if module is not None and hasattr(module, "seed"):
            _seed_module(module, seed)
            hook.waiting.discard(name)
    if hook.waiting:
        sys.meta_path.insert(0, hook)


def _as_sitecustomize() -> None:
    seed = os.environ.get(SEED, "")
    if seed.lstrip("-").isdigit():
        install_seed(int(seed))
    _chain_sitecustomize()


def _chain_sitecustomize() -> None:
    """Run the `sitecustomize` that this copy hides, if there is one."""
    import importlib.machinery
    import importlib.util

    own = os.path.dirname(os.path.abspath(__file__))
    others = [entry for entry in sys.path if os.path.abspath(entry or ".") != own]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


# Failures ------------------------------------------------------------------------------------------------------------


class JobFailed(Exception):
    """Carry a stable code, the sentence and the next step to ml-ci."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        Exception.__init__(self, message)
        self.code = code
        self.message = message
        self.hint = hint


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    name = type(error).__name__
    return ("%s: %s" % (name, text) if text else name)[:500]


def _user_frame(error: BaseException, folder: str) -> str:
    """Give ` (file, line N)` of the innermost frame inside the project, or ''."""
    import traceback

    folder = os.path.realpath(folder) + os.sep
    found = ""
    for frame in traceback.extract_tb(error.__traceback__):
        path = os.path.realpath(frame.filename)
        if path.startswith(folder):
            found = " (%s, line %s)" % (path[len(folder) :], frame.lineno)
    return found


def _print_traceback() -> None:
    """Print the traceback to the log, without this file's own frames where the user's follow."""
    import traceback

    kind, error, trace = sys.exc_info()
    own = os.path.abspath(__file__)
    while trace is not None and trace.tb_next is not None and os.path.abspath(trace.tb_frame.f_code.co_filename) == own:
        trace = trace.tb_next
    traceback.print_exception(kind, error, trace)


def _write_json(path: str, value: Any) -> None:
    """Write a JSON file whole or not at all."""
    import json

    scratch = "%s.%d" % (path, os.getpid())
    with open(scratch, "w", encoding="utf-8") as stream:
        json.dump(value, stream)
    os.replace(scratch, path)


def _read_json(path: str) -> Any:
    import json

    with open(path, encoding="utf-8") as stream:
        return json.load(stream)


# The supervisor ------------------------------------------------------------------------------------------------------


def supervise(path: str) -> int:
    """Start the job of a request, end it when ml-ci is gone, and end as the job ended."""
    import subprocess
    import threading

    request = _read_json(path)
    lifeline = os.dup(0)
    _adopt_orphans()
    try:
        job = subprocess.Popen(request["argv"], cwd=request["cwd"], stdin=subprocess.DEVNULL)
    except OSError as error:
        where = error.filename or request["argv"][0]
        _write_json(
            request["result"],
            {
                "format": FORMAT,
                "ok": False,
                "code": "job-exit",
                "message": "the command could not be started: %s: %s" % (where, error.strerror),
                "hint": "A list is started without a shell; is the program's name right, and is it on PATH?",
            },
        )
        return 127
    threading.Thread(target=_watch_lifeline, args=(lifeline,), daemon=True).start()
    status = _reap_until(job.pid)
    _write_json(request["usage"], {"format": FORMAT, "peak": _peak()})
    _end_children()
    return _end_like(status)


def _adopt_orphans() -> None:
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


def _end_like(status: int) -> int:
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

    _end_children()
    os.killpg(os.getpgid(0), signal.SIGKILL)


def _end_children() -> None:
    """Kill our children, and those that become ours when their parent dies, until there is none (where /proc shows them)."""
    for _ in range(200):
        children = _children()
        for pid in children:
            _kill(pid)
        if not children:
            return
        _reap_some()


def _children() -> List[int]:
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


def _kill(pid: int) -> None:
    import signal

    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass


def _pids() -> List[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


# The worker ----------------------------------------------------------------------------------------------------------


def work(path: str) -> None:
    """Do what a request asks inside this process, write the result, and end without waiting for stray threads."""
    request = _read_json(path)
    _NOW.update(owner=os.getpid(), raised=_RAISED[request["kind"]])
    install_seed(request["seed"])
    sys.argv = [request.get("entry") or "ml-ci"]
    _set_path(request)
    try:
        result: Request = {"format": FORMAT, "ok": True}
        result.update(_KINDS[request["kind"]](request))
    except JobFailed as error:
        result = {"format": FORMAT, "ok": False, "code": error.code, "message": error.message, "hint": error.hint}
    except Exception as error:
        _print_traceback()
        result = {"format": FORMAT, "ok": False, "code": "internal", "message": _one_line(error), "hint": ""}
    _leave_if_forked()
    _write_json(request["result"], result)
    _run_exit_hooks()
    _flush()
    os._exit(0 if result["ok"] else 1)


_NOW: Request = {"owner": 0, "raised": "job-raised", "seconds": 0.0}
_RAISED = {"train": "job-raised", "predict": "predict-raised", "metric": "metric-raised", "resample": "metric-raised"}


def _leave_if_forked() -> None:
    """End a forked child of the user's code that came back through our frames: it has nothing to say."""
    if os.getpid() != _NOW["owner"]:
        _flush()
        os._exit(0)


def _set_path(request: Request) -> None:
    """Put `cwd` and the project folder where a script's own folder would be, and take this file's folder away."""
    own = os.path.dirname(os.path.abspath(__file__))
    rest = [entry for entry in sys.path if os.path.abspath(entry or ".") != own]
    sys.path[:] = list(dict.fromkeys([request["cwd"], request["folder"]] + rest))


def _run_exit_hooks() -> None:
    """Let libraries clean up behind them, five seconds at most."""
    import atexit
    import threading

    hooks = threading.Thread(target=atexit._run_exitfuncs, daemon=True)
    hooks.start()
    hooks.join(5.0)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # the user's code may have closed or replaced it
            pass


# Entry points --------------------------------------------------------------------------------------------------------


def load_entry(request: Request, entry: str, key: str) -> Any:
    """Import `module:function`; JobFailed `import` says what was looked for, where, and what is near."""
    import importlib

    name, _, attribute = entry.partition(":")
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        _print_traceback()
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            raise _module_missing(request, name, entry, key)
        raise _import_missing(request, name, error)
    except SystemExit as error:
        raise JobFailed(
            "import",
            "importing `%s` ended the process (%s)" % (name, _one_line(error)),
            'Keep a script\'s own run behind `if __name__ == "__main__":`.',
        )
    except BaseException as error:
        _print_traceback()
        where = _user_frame(error, request["folder"])
        raise JobFailed(_NOW["raised"], "importing `%s` raised %s%s" % (name, _one_line(error), where))
    return _attribute(module, attribute, entry, key)


def _attribute(module: Any, attribute: str, entry: str, key: str) -> Any:
    found = module
    for part in attribute.split("."):
        found = getattr(found, part, None)
    if callable(found):
        return found
    where = getattr(module, "__file__", None) or module.__name__
    names = sorted(
        name
        for name, value in vars(module).items()
        if callable(value) and not name.startswith("_") and hasattr(value, "__code__")
    )
    near = _near(attribute, names)
    hint = (
        "Did you mean `%s:%s`?" % (module.__name__, near)
        if near
        else "It defines: %s." % (", ".join(names[:8]) or "no function")
    )
    if found is not None:
        raise JobFailed(
            "import", "`%s: %s`: `%s` in %s is not a function" % (key, entry, attribute, os.path.basename(where)), hint
        )
    raise JobFailed(
        "import", "`%s: %s`: %s has no function `%s`" % (key, entry, os.path.basename(where), attribute), hint
    )


def _near(word: str, names: List[str]) -> str:
    import difflib

    return (difflib.get_close_matches(word, names, 1) or [""])[0]


def _module_missing(request: Request, name: str, entry: str, key: str) -> JobFailed:
    looked = "%s.py" % name.replace(".", "/")
    inside = os.path.relpath(request["cwd"], request["folder"])
    at = looked if inside == "." else "%s/%s" % (inside, looked)
    message = "`%s: %s`: there is no module `%s` (looked for %s)" % (key, entry, name, at)
    nearby = _module_folder(request["folder"], looked)
    if nearby is not None:
        return JobFailed("import", message, "It is in `%s`: set `cwd: %s`." % (nearby, nearby))
    return JobFailed("import", message, "Is the file there, and is its folder the project's or what `cwd:` names?")


def _module_folder(folder: str, looked: str) -> Optional[str]:
    for top, folders, files in os.walk(folder):
        folders[:] = sorted(entry for entry in folders if not entry.startswith("."))
        inside = os.path.relpath(top, folder)
        if inside.count(os.sep) >= 4:
            folders[:] = []
        if inside != "." and os.path.exists(os.path.join(top, looked)):
            return inside.replace(os.sep, "/")
    return None


def _import_missing(request: Request, name: str, error: ImportError) -> JobFailed:
    where = _user_frame(error, request["folder"])
    wanted = error.name or "?"
    message = "importing `%s` needs `%s`, which %s does not have%s" % (name, wanted, sys.executable, where)
    nearby = _module_folder(request["folder"], "%s.py" % wanted.replace(".", "/"))
    if nearby is not None:
        return JobFailed("import", message, "There is one in `%s`: set `cwd: %s`." % (nearby, nearby))
    return JobFailed("import", message, "Install it there, or name the job's own interpreter: `python: PATH`.")


# Arguments -----------------------------------------------------------------------------------------------------------


def arguments_for(function: Any, request: Request) -> Dict[str, Any]:
    """Give the keyword arguments that the function's parameters ask for by name; JobFailed for a name nobody knows."""
    import inspect
    import pathlib

    known = {"params": dict(request["params"]), "seed": request["seed"], "out": pathlib.Path(request["out"])}
    given = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        name = parameter.name
        if name in request["data"]:
            given[name] = read_input(name, request["data"][name], annotation_of(function, parameter))
        elif name == "holdout":
            raise JobFailed(
                "asks-holdout",
                "`%s` asks for `holdout`: a training job never sees it" % request["entry"],
                "Take what it needs from another entry of `data:`.",
            )
        elif name in request["needs"]:
            given[name] = _needed(request["needs"][name], annotation_of(function, parameter))
        elif name in known:
            given[name] = known[name]
        elif parameter.default is parameter.empty:
            raise _unknown_parameter(name, request, known)
        if name in given and parameter.kind is parameter.POSITIONAL_ONLY:
            raise JobFailed(
                "unknown-parameter",
                "`%s`: parameter `%s` is positional only" % (request["entry"], name),
                "Remove the `/`.",
            )
    return given


def _unknown_parameter(name: str, request: Request, known: Any) -> JobFailed:
    names = sorted(request["data"]) + sorted(request["needs"]) + sorted(known)
    near = _near(name, names)
    hint = ("Did you mean `%s`? " % near if near else "") + "It may ask for: %s." % ", ".join(names)
    return JobFailed(
        "unknown-parameter", "`%s` asks for `%s`, which nothing is called" % (request["entry"], name), hint
    )


def _needed(path: str, annotation: str) -> Any:
    return read_path(path, annotation) if annotation in ("path", "text") else load_artifact(path)


def annotation_of(function: Any, parameter: Any) -> str:
    """Say what a parameter is to be given: `pandas`, `polars`, `lazy`, `path`, `text`, '' for nothing said, or the annotation."""
    written = parameter.annotation
    if written is parameter.empty:
        return ""
    if isinstance(written, str):
        written = _evaluated(function, parameter.name, written)
    text = written if isinstance(written, str) else _spelled(written)
    return _meaning(text.strip("'\" "))


def _evaluated(function: Any, name: str, written: Any) -> Any:
    """Evaluate an annotation that is text, as its own module would; the text itself when that fails (TYPE_CHECKING imports)."""
    import typing

    try:
        return typing.get_type_hints(function).get(name, written)
    except Exception:
        return written


def _spelled(annotation: str) -> str:
    if isinstance(annotation, type) and not hasattr(annotation, "__origin__"):
        return "%s.%s" % (annotation.__module__, annotation.__qualname__)
    return str(annotation)


def _meaning(text: str) -> str:
    import re

    if "LazyFrame" in text:
        return "lazy"
    if re.search(r"\bpolars\b|\bpl\.", text):
        return "polars"
    if "DataFrame" in text:
        return "pandas"
    if re.search(r"\b(Path|PosixPath|PathLike|PurePath)\b", text):
        return "path"
    if text in ("str", "builtins.str"):
        return "text"
    if text in ("Any", "typing.Any", "object", "builtins.object"):
        return ""
    return text


def read_input(name: str, entry: Any, wanted: str) -> Any:
    """Read a data entry as what the annotation asks for."""
    path = entry["path"]
    several = _expanded(path)
    if wanted in ("path", "text"):
        return read_path(path, wanted, several)
    if wanted not in ("", "pandas", "polars", "lazy"):
        raise JobFailed(
            "unknown-parameter",
            "`%s` is annotated `%s`, which a table cannot be given as" % (name, wanted),
            "Use pandas.DataFrame, polars.DataFrame, pathlib.Path or str.",
        )
    if several is not None or os.path.isdir(path):
        if wanted == "":
            return read_path(path, "path", several)
        raise JobFailed(
            "unknown-parameter",
            "`data.%s` is %s, not one table"
            % (name, "a folder" if several is None else "a glob of %d files" % len(several)),
            "Annotate the parameter `%s: pathlib.Path`, and read it there." % name,
        )
    return read_table("data.%s" % name, entry, wanted)


def _expanded(path: str) -> Optional[List[str]]:
    """Give the files of a glob, sorted; None for anything else."""
    import glob

    if "://" in path or os.path.exists(path) or not glob.has_magic(path):
        return None
    return sorted(glob.glob(path, recursive=True))


def read_path(path: str, wanted: str, several: Optional[List[str]] = None) -> Any:
    import pathlib

    if "://" in path and wanted == "path":
        raise JobFailed(
            "unknown-parameter",
            "`%s` is a URL, not a path" % path,
            "Annotate the parameter `str` or `pandas.DataFrame`.",
        )
    kind = str if wanted == "text" else pathlib.Path
    return kind(path) if several is None else [kind(one) for one in several]


def read_table(what: str, entry: Any, wanted: str) -> Any:
    """Read a table as the user's own code would, by pandas unless polars is asked for."""
    library = _library(what, "polars" if wanted in ("polars", "lazy") else "pandas")
    try:
        if library.__name__ == "polars":
            frame = _by_polars(library, entry)
            return frame.lazy() if wanted == "lazy" else frame
        return _by_pandas(library, entry)
    except Exception as error:
        _print_traceback()
        raise JobFailed(_NOW["raised"], "%s could not be read by %s: %s" % (what, library.__name__, _one_line(error)))


def _library(what: str, name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        _print_traceback()
        raise JobFailed(
            "import",
            "%s is to be a %s DataFrame, and %s cannot import %s (%s)"
            % (what, name, sys.executable, name, _one_line(error)),
            "Install %s there, or annotate the parameter with pathlib.Path and read the file yourself." % name,
        )


def _suffix(path: str) -> str:
    base = path.split("?", 1)[0].lower()
    for packed in (".gz", ".bz2", ".xz", ".zip", ".zst"):
        if base.endswith(packed):
            base = base[: -len(packed)]
    return os.path.splitext(base)[1]


def _separator(entry: Any) -> Optional[str]:
    return entry.get("separator") or ("\t" if _suffix(entry["path"]) in (".tsv", ".tab") else None)


def _by_pandas(pandas: Any, entry: Any) -> Any:
    path, suffix = entry["path"], _suffix(entry["path"])
    if suffix in (".parquet", ".pq"):
        return pandas.read_parquet(path)
    if suffix in (".jsonl", ".ndjson"):
        return pandas.read_json(path, lines=True)
    if suffix == ".json":
        return pandas.read_json(path)
    if suffix == ".feather":
        return pandas.read_feather(path)
    if suffix in (".xlsx", ".xls"):
        return pandas.read_excel(path)
    options: Request = {"skipinitialspace": True}
    if _separator(entry):
        options["sep"] = _separator(entry)
    if entry.get("columns"):
        options.update(header=None, names=list(entry["columns"]))
    return _trimmed(pandas.read_csv(path, **options))


def _trimmed(frame: Any) -> Any:
    """Take white space from around names and texts: a table in which nothing else changed has to train the same model."""
    frame.columns = [name.strip() if isinstance(name, str) else name for name in frame.columns]
    for name in frame.columns[[str(kind) in ("object", "str", "string") for kind in frame.dtypes]]:
        frame[name] = frame[name].map(lambda value: value.strip() if isinstance(value, str) else value)
    return frame


def _by_polars(polars: Any, entry: Any) -> Any:
    path, suffix = entry["path"], _suffix(entry["path"])
    if suffix in (".parquet", ".pq"):
        return polars.read_parquet(path)
    if suffix in (".jsonl", ".ndjson"):
        return polars.read_ndjson(path)
    if suffix == ".json":
        return polars.read_json(path)
    if suffix in (".feather", ".arrow", ".ipc"):
        return polars.read_ipc(path)
    options: Request = {"separator": _separator(entry)} if _separator(entry) else {}
    if entry.get("columns"):
        options.update(has_header=False, new_columns=list(entry["columns"]))
    frame = polars.read_csv(path, **options)
    return frame.rename({name: name.strip() for name in frame.columns}).with_columns(polars.col(polars.String).str.strip_chars())


# Training ------------------------------------------------------------------------------------------------------------


def train(request: Request) -> Request:
    """Call the training function and store what it returns; give the artifact's path."""
    function = load_entry(request, request["entry"], "train")
    given = arguments_for(function, request)
    model = call(function, (), given, request, request["entry"], "job-raised")
    if model is None:
        raise JobFailed(
            "returned-none",
            "`%s` returned None instead of a fitted model" % request["entry"],
            "End it with `return model`.",
        )
    return {"artifact": store(model, request)}


def call(function: Any, positional: Any, named: Any, request: Request, what: str, code: str) -> Any:
    """Call the user's function; whatever it raises becomes a JobFailed with `code`. The time that it takes is added up."""
    import time

    started = time.perf_counter()
    try:
        answer = function(*positional, **named)
        _NOW["seconds"] += time.perf_counter() - started
    except SystemExit as error:
        _leave_if_forked()
        status = 0 if error.code is None else error.code
        if status == 0:
            raise JobFailed(
                "no-result", "`%s` called sys.exit(0) before it returned a result" % what, "Return instead of exiting."
            )
        _print_traceback()
        raise JobFailed("job-exit", "`%s` called sys.exit(%r)" % (what, status))
    except BaseException as error:
        _print_traceback()
        _leave_if_forked()
        raise JobFailed(code, "`%s` raised %s%s" % (what, _one_line(error), _user_frame(error, request["folder"])))
    _leave_if_forked()
    return answer


def store(model: Any, request: Request) -> str:
    """Store a returned object beside the request: a path is copied, anything else is pickled."""
    import pathlib

    if isinstance(model, pathlib.PurePath):
        return _store_path(model, request)
    target = os.path.join(request["work"], "model.pkl")
    first: Optional[BaseException] = None
    for name in ("pickle", "cloudpickle", "joblib"):
        try:
            _dump(name, model, target + ".part")
        except ImportError:
            continue
        except BaseException as error:
            first = first or error
        else:
            os.replace(target + ".part", target)
            return target
    assert first is not None
    raise JobFailed(
        "unpicklable",
        "what `%s` returned (%s) cannot be stored: %s" % (request["entry"], type(model).__name__, _one_line(first)),
        "Return an object that pickle can store: no open files, locks, connections or functions defined inside functions; "
        "or save it yourself below `out` and return its pathlib.Path.",
    )


def _dump(name: str, model: Any, path: str) -> None:
    import importlib

    library = importlib.import_module(name)
    if name == "joblib":
        library.dump(model, path)
        return
    with open(path, "wb") as stream:
        library.dump(model, stream, protocol=4)


def _store_path(path: Any, request: Request) -> str:
    import shutil

    source = os.path.join(os.getcwd(), str(path))
    if not os.path.exists(source):
        raise JobFailed("no-output", "`%s` returned the path %s, where nothing is" % (request["entry"], path))
    target = os.path.join(request["work"], "model" + os.path.splitext(source)[1])
    (shutil.copytree if os.path.isdir(source) else shutil.copyfile)(source, target)
    return target


# Prediction ----------------------------------------------------------------------------------------------------------


def predict(request: Request) -> Request:
    """Score the rows with a stored model; write the predictions and say what they are."""
    function, annotations = None, ("", "")
    if request["entry"]:
        function = load_entry(request, request["entry"], "predict")
        annotations = _annotations(function)
    model = _model(request, annotations[0])
    rows = _rows(request, annotations[1], custom=function is not None)
    kind, values = score_rows(model, rows, function, request)
    _write_predictions(request["predictions"], kind, values)
    return {"kind": kind, "rows": len(values), "seconds": _NOW["seconds"]}


def score_rows(model: Any, rows: Any, function: Any, request: Request) -> Tuple[str, List[Any]]:
    """Give the kind of scores and one value per row, checked: from the user's function, or from the model's own methods."""
    if function is None:
        kind, values, what = default_scores(model, rows, request)
    else:
        what = "`%s`" % request["entry"]
        values = call(function, (model, rows), {}, request, request["entry"], "predict-raised")
        kind, values = classify(_column(values, what), request)
    count = len(rows) if hasattr(rows, "shape") else request["count"]
    check_scores(values, kind, count, what)
    return kind, values


def _annotations(function: Any) -> Tuple[str, str]:
    import inspect

    positional = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    found = [annotation_of(function, parameter) for parameter in positional[:2]] + ["", ""]
    return found[0], found[1]


def _model(request: Request, wanted: str) -> Any:
    path = request["artifact"]
    loadable = os.path.splitext(path)[1].lower() in (".pkl", ".pickle", ".joblib")
    if wanted in ("path", "text"):
        return read_path(path, wanted)
    if not request["entry"] and os.path.isfile(os.path.join(path, "MLmodel")):
        return load_registered(path)
    if loadable and not os.path.isdir(path):
        return load_artifact(path)
    if request["entry"]:
        return read_path(path, "path")
    raise JobFailed(
        "model-load",
        "%s is not a pickle, so ml-ci cannot score with it" % os.path.basename(path),
        "Name a function that does: `predict: module:function`, called with the model's path and the rows.",
    )


def load_artifact(path: str) -> Any:
    """Load a stored object by pickle, or by joblib where that is what wrote it; JobFailed `model-load`."""
    import pickle

    try:
        with open(path, "rb") as stream:
            return pickle.load(stream)
    except BaseException as error:
        first = error
    try:
        import joblib  # type: ignore[import-untyped,unused-ignore]

        return joblib.load(path)
    except ImportError:
        pass
    except BaseException as error:
        first = first if isinstance(first, (ImportError, AttributeError)) else error
    print("could not load %s: %s" % (path, _one_line(first)), file=sys.stderr)
    raise JobFailed(
        "model-load", "the model %s does not load: %s" % (os.path.basename(path), _one_line(first)), _load_hint(first)
    )


def load_registered(path: str) -> Any:
    """Load a model that MLflow stored, of any flavour; what it wraps scores by itself where it has probabilities."""
    try:
        import mlflow.pyfunc
    except ImportError as error:
        raise JobFailed(
            "model-load",
            "a model that MLflow stored needs MLflow in the job's interpreter: %s" % _one_line(error),
            "Install it there: pip install mlflow",
        )
    try:
        model = mlflow.pyfunc.load_model(path)
    except BaseException as error:
        _print_traceback()
        raise JobFailed("model-load", "the registered model does not load: %s" % _one_line(error), _load_hint(error))
    inner: Any = None
    try:
        inner = model.get_raw_model()
    except Exception:
        return _Pyfunc(model)
    return inner if hasattr(inner, "predict_proba") or hasattr(inner, "decision_function") else _Pyfunc(model)


class _Pyfunc(object):
    """Score by a pyfunc model; a table of one column is that column, of two the second is the positive class's."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def predict(self, rows: Any) -> Any:
        answer = self.model.predict(rows)
        shape = getattr(answer, "shape", None)
        if shape is not None and len(shape) == 2 and shape[1] == 2:
            return (answer.to_numpy() if hasattr(answer, "to_numpy") else answer)[:, 1]
        return answer


def _load_hint(error: BaseException) -> str:
    if "__main__" in str(error):
        return (
            "It holds a class or function of the script that trained it: move that into a module that the script imports, "
            "or name `predict: module:function` with its first parameter annotated pathlib.Path."
        )
    if isinstance(error, ImportError):
        return "Install it in the job's interpreter, or put it where `cwd:` finds it."
    return "Is it a whole file, written by pickle or joblib of the same versions?"


def _rows(request: Request, wanted: str, custom: bool) -> Any:
    entry = request["rows"]
    if wanted == "" and not custom and not _importable("pandas") and _importable("polars"):
        wanted = "polars"
    if wanted in ("path", "text"):
        return read_path(entry["path"], wanted)
    if wanted not in ("", "pandas", "polars", "lazy"):
        raise JobFailed(
            "unknown-parameter",
            "`%s`: its second parameter is annotated `%s`, which rows cannot be given as" % (request["entry"], wanted),
            "Use pandas.DataFrame, polars.DataFrame, pathlib.Path or str.",
        )
    return read_table("the holdout's rows", entry, wanted)


def _importable(name: str) -> bool:
    import importlib.util

    return importlib.util.find_spec(name) is not None


def default_scores(model: Any, rows: Any, request: Request) -> Tuple[str, List[Any], str]:
    """Score by predict_proba, decision_function or predict, the first that the model has and that fits the positive class."""
    rows = _features(model, rows)
    classes = _classes(model)
    for name, reader in (("predict_proba", _from_proba), ("decision_function", _from_margins), ("predict", None)):
        method = getattr(model, name, None)
        if not callable(method):
            continue
        what = "%s.%s" % (type(model).__name__, name)
        answer = call(method, (rows,), {}, request, what, "predict-raised")
        if reader is None:
            certain = classes is not None or bool(request["positive"].get("comparison"))
            return classify(_column(answer, what), request, labels=certain) + (what,)
        found = reader(answer, classes, request, what)
        if found is not None:
            return found + (what,)
    raise JobFailed(
        "predict-raised",
        "a %s has no predict_proba, decision_function or predict" % type(model).__name__,
        "Name a function that scores with it: `predict: module:function`, called with the model and the rows.",
    )


def _features(model: Any, rows: Any) -> Any:
    """Select the columns that the model was fitted on, where it knows them and they are all there."""
    try:
        names = [str(name) for name in model.feature_names_in_]
    except Exception:
        return rows
    return rows[names] if set(names) <= set(rows.columns) else rows


def _classes(model: Any) -> Any:
    try:
        classes = model.classes_
    except Exception:
        return None
    return _listed(classes)


def _listed(values: Any) -> List[Any]:
    """Give any one-dimensional thing as a list of Python objects."""
    for name in ("to_list", "tolist"):
        if hasattr(values, name):
            return list(getattr(values, name)())
    return list(values)


def _from_proba(answer: Any, classes: Any, request: Request, what: str) -> Optional[Tuple[str, List[Any]]]:
    table = _table(answer, what)
    width = len(table[0]) if table else 0
    if width == 1:
        return "probability", [row[0] for row in table]
    names = list(range(width)) if classes is None else classes
    if len(names) != width and table:
        raise JobFailed(
            "predict-raised", "%s gives %d columns, and the model has %d classes" % (what, width, len(names))
        )
    chosen = positive_classes(names, request["positive"], what)
    return "probability", [_sum([float(row[index]) for index in chosen]) for row in table]


def _sum(parts: List[float]) -> float:
    """Add probabilities; a hair over 1 is rounding, anything else (NaN too) is left for the check to find."""
    total = sum(parts)
    return 1.0 if 1.0 < total < 1.0 + 1e-6 else total


def _from_margins(answer: Any, classes: Any, request: Request, what: str) -> Optional[Tuple[str, List[Any]]]:
    table = _table(answer, what)
    width = len(table[0]) if table else 1
    if classes is None:
        raise JobFailed(
            "model-classes",
            "%s gives margins, and the model has no classes_ that say for which class" % what,
            "Name a function that scores with it: `predict: module:function`, called with the model and the rows.",
        )
    names = classes
    chosen = positive_classes(names, request["positive"], what)
    if width == 1 and len(names) == 2 and len(chosen) == 1:
        sign = 1.0 if chosen == [1] else -1.0
        return "margin", [sign * float(row[0]) for row in table]
    if width == len(names) and len(chosen) == 1:
        return "margin", [float(row[chosen[0]]) for row in table]
    return None  # margins of several positive classes do not add up: predict's labels do


def _table(values: Any, what: str) -> List[List[Any]]:
    """Give a two-dimensional answer as a list of rows; one dimension becomes one column."""
    if isinstance(values, list) and values and hasattr(values[0], "shape") and len(values[0].shape) == 2:
        raise JobFailed(
            "predict-raised",
            "%s answers for several outputs; ml-ci judges one" % what,
            "Name `predict: module:function`.",
        )
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    rows = _listed(values)
    return [list(row) if isinstance(row, (list, tuple)) or hasattr(row, "__array__") else [row] for row in rows]


def positive_classes(classes: Any, positive: Request, what: str) -> List[int]:
    """Give the indexes of the classes that are positive; 1 or True where classes are 0/1 and none of them matches."""
    chosen = [index for index, label in enumerate(classes) if is_positive(label, positive)]
    if not chosen and sorted(map(str, classes)) in (["0", "1"], ["0.0", "1.0"], ["False", "True"]):
        chosen = [index for index, label in enumerate(classes) if float(label) == 1.0]
    if chosen:
        return chosen
    shown = ", ".join(repr(label) for label in classes[:8])
    raise JobFailed(
        "model-classes",
        "%s knows the classes %s, and none of them is the positive value %s" % (what, shown, _positive_text(positive)),
        "Set `positive:` to one of them, or translate in a function of your own: `predict: module:function`.",
    )


def _positive_text(positive: Request) -> str:
    if positive.get("comparison"):
        return "%s %s" % tuple(positive["comparison"])
    return ", ".join(repr(value) for value in positive["values"])


def is_positive(label: object, positive: Request) -> bool:
    """Say whether a label is positive: by comparison of its number, or by canonical equality with one of the values."""
    if positive.get("comparison"):
        operator, bound = positive["comparison"]
        number = _number(canonical(label))
        return number is not None and _COMPARE[operator](number, float(bound))
    return any(equal(label, value) for value in positive["values"])


_COMPARE = {
    ">=": lambda left, right: left >= right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    "<": lambda left, right: left < right,
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
}


def canonical(value: object) -> str:
    """Give a label as trimmed text."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return str(value).strip()


def equal(left: object, right: object) -> bool:
    """Say whether two labels are the same: as text, as finite numbers, or as boolean words in any case."""
    left, right = canonical(left), canonical(right)
    if left == right:
        return True
    if left.lower() in ("true", "false"):
        return left.lower() == right.lower()
    numbers = _number(left), _number(right)
    return numbers[0] is not None and numbers[0] == numbers[1]


def _number(text: str) -> Optional[float]:
    import math

    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def _column(values: Any, what: str) -> List[Any]:
    """Give what a function returned as a list of Python objects, one per row."""
    shape = getattr(values, "shape", None)
    if shape is not None and len(shape) == 2 and shape[1] == 1:
        values = values.to_numpy() if hasattr(values, "to_numpy") else values
        return [row[0] for row in values.tolist()]
    if shape is not None and len(shape) != 1:
        raise JobFailed(
            "predict-shape",
            "%s returned an array of shape %s instead of one value per row" % (what, tuple(shape)),
            "Return the positive class's column, for example `predict_proba(rows)[:, 1]`.",
        )
    if values is None or isinstance(values, (str, bytes, int, float, dict)):
        raise JobFailed("predict-shape", "%s returned %s instead of one value per row" % (what, type(values).__name__))
    try:
        return _listed(values)
    except TypeError:
        raise JobFailed("predict-shape", "%s returned %s instead of one value per row" % (what, type(values).__name__))


def classify(values: Any, request: Request, labels: bool = False) -> Tuple[str, List[Any]]:
    """Say whether values are probabilities or labels.

    Text, booleans and integers are labels; so are numbers where `positive:` is a comparison and they leave [0, 1].
    Other numbers are probabilities; `labels` says that the values come from a classifier's `predict`.
    """
    values = [value.item() if hasattr(value, "item") else value for value in values]
    if labels or not all(isinstance(value, float) for value in values):
        mixed = not labels and any(isinstance(value, float) for value in values)
        if not (mixed and all(isinstance(value, (int, float)) for value in values)):
            return "label", values
    if all(0.0 <= value <= 1.0 for value in values if value == value):
        return "probability", values
    if request["positive"].get("comparison") or all(value == int(value) for value in values if abs(value) < 1e300):
        return "label", values
    return "probability", values


def check_scores(values: Any, kind: str, count: Optional[int], what: str) -> None:
    """Refuse a wrong number of rows, missing values, and probabilities outside [0, 1]; rows count from 1."""
    if count is not None and len(values) != count:
        raise JobFailed(
            "row-count",
            "%s gave %d values for %d rows" % (what, len(values), count),
            "Return one value per row, in the order of the rows.",
        )
    for number, value in enumerate(values, 1):
        if value is None or value != value or (kind == "label" and canonical(value) == ""):
            raise JobFailed("score-missing", "%s gave no value (%r) for row %d" % (what, value, number))
        if kind == "label":
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise JobFailed("score-range", "%s gave %r for row %d, which is no number" % (what, value, number))
        if kind == "probability" and not 0.0 <= value <= 1.0:
            raise JobFailed(
                "score-range",
                "%s gave %r for row %d, outside [0, 1]" % (what, value, number),
                "Return probabilities of the positive class, or class labels, from a function of your own: `predict: module:function`.",
            )
        if value in (float("inf"), float("-inf")):
            raise JobFailed("score-range", "%s gave %r for row %d" % (what, value, number))


def _write_predictions(path: str, kind: str, values: Any) -> None:
    import csv

    with open(path + ".part", "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["prediction" if kind == "label" else "score"])
        writer.writerows([canonical(value) if kind == "label" else repr(float(value))] for value in values)
    os.replace(path + ".part", path)


# Metrics -------------------------------------------------------------------------------------------------------------


def metric(request: Request) -> Request:
    """Call the user's own metrics with y_true (0, 1) and score; None is what they may give for undefined."""
    import csv

    with open(request["table"], newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    y_true, score = _arrays([int(float(row["y_true"])) for row in rows], [float(row["score"]) for row in rows])
    values = {}
    for name, entry in sorted(request["metrics"].items()):
        function = load_entry(request, entry, "metrics")
        answer = call(function, (y_true, score), {}, request, entry, "metric-raised")
        values[name] = _finite(answer, name, entry)
    return {"metrics": values}


def _arrays(y_true: Any, score: Any) -> Tuple[Any, Any]:
    try:
        import numpy
    except ImportError:
        return y_true, score
    return numpy.asarray(y_true, dtype=numpy.int64), numpy.asarray(score, dtype=numpy.float64)


def _finite(answer: Any, name: str, entry: str) -> Optional[float]:
    import math

    if answer is None:
        return None
    try:
        number = float(answer)
    except (TypeError, ValueError):
        raise JobFailed(
            "metric-value", "metric `%s` (`%s`) gave %s, which is no number" % (name, entry, type(answer).__name__)
        )
    return number if math.isfinite(number) else None


def resample(request: Request) -> Request:
    """Call the user's own metrics on resampled rows, the same rows for every column of scores; stop when time is up.

    Rows are drawn with replacement within each class, so that every resample has as many positives as the holdout.
    """
    import csv
    import time

    with open(request["table"], newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    sides = [name for name in ("candidate", "baseline") if name in rows[0]]
    y_true = [int(row["y_true"]) for row in rows]
    columns = [_arrays(y_true, [float(row[side]) for row in rows]) for side in sides]
    functions = {name: load_entry(request, entry, "metrics") for name, entry in sorted(request["metrics"].items())}
    draw = _drawer(y_true, request["seed"])
    values: Dict[str, Dict[str, List[Optional[float]]]] = {name: {side: [] for side in sides} for name in functions}
    ends = time.monotonic() + request["seconds"]
    made = 0
    while made < request["replicates"] and (made == 0 or time.monotonic() < ends):
        index = draw()
        for side, (labels, score) in zip(sides, columns):
            drawn = (_taken(labels, index), _taken(score, index))
            for name, function in functions.items():
                entry = request["metrics"][name]
                answer = call(function, drawn, {}, request, entry, "metric-raised")
                values[name][side].append(_finite(answer, name, entry))
        made += 1
    return {"replicates": values, "made": made}


def _drawer(y_true: List[int], seed: int) -> Any:
    """Give a function that draws row numbers, positives and negatives apart; the same seed draws the same rows."""
    classes = [[place for place, label in enumerate(y_true) if label == wanted] for wanted in (0, 1)]
    classes = [places for places in classes if places]
    try:
        import numpy
    except ImportError:
        import random

        drawn = random.Random(seed)
        return lambda: [place for places in classes for place in drawn.choices(places, k=len(places))]
    generator = numpy.random.default_rng(seed)
    arrays = [numpy.asarray(places) for places in classes]
    return lambda: numpy.concatenate([places[generator.integers(0, len(places), len(places))] for places in arrays])


def _taken(values: Any, index: Any) -> Any:
    return [values[place] for place in index] if isinstance(values, list) else values[index]


_KINDS = {"train": train, "predict": predict, "metric": metric, "resample": resample}


def main(arguments: List[str]) -> int:
    """Be the supervisor of a request, or with `--work` its worker."""
    if arguments[:1] == ["--work"]:
        work(arguments[1])
        return 1
    return supervise(arguments[0])


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(status)
elif __name__ == "sitecustomize":
    _as_sitecustomize()
