"""Join a cluster of Ray as a driver, within bounded time, and ask it what its machines have."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any, TypeVar

from ml_ci.errors import UserError

Result = TypeVar("Result")

_PORT = 6379  # where `ray start --head` listens
_KNOCK = 5.0
_JOIN = 20.0  # with the knock, and what `import ray` takes, within 30 s
_ANSWER = 10.0
_ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:]+\])(?::(?P<port>[0-9]{1,5}))?")

_lock = Lock()


class LateError(Exception):
    """A call did not come back in time."""


class _NoPath(list[str]):
    """Take no entry: Ray would have each worker look for modules in the folder that the driver was started in."""

    def extend(self, _: object) -> None:
        """Do nothing."""


def within(seconds: float, call: Callable[[], Result]) -> Result:
    """Give what a call gives, which has no limit of its own; LateError where it takes longer than so."""
    results: list[Result] = []
    errors: list[BaseException] = []

    def do() -> None:
        try:
            results.append(call())
        except BaseException as error:  # raised where it is waited for
            errors.append(error)

    thread = threading.Thread(target=do, name="ml-ci cluster", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise LateError
    if errors:
        raise errors[0]
    return results[0]


def join(address: str) -> Any:
    """Give the module `ray`, joined with the cluster at an address; "" is the one that this machine belongs to.

    UserError where Ray is not installed, where the cluster does not answer, or is of another version.
    """
    with _lock:
        ray = _import(address)
        if not ray.is_initialized():
            at = _knock(address)
            try:
                with _keeping_signals(), _setting({}):
                    _start(ray, at)
            except LateError:
                raise _silent(address, f"it did not answer within {_JOIN:.0f} s") from None
            except (OSError, RuntimeError, ValueError, AssertionError) as error:
                raise _refused(address, error) from None
    return ray


def name(address: str) -> str:
    """Name a cluster as `--executor` does."""
    return f"ray://{address}" if address else "ray"


def list_nodes(ray: Any, address: str) -> tuple[Mapping[str, float], ...]:
    """Give what each living machine of the cluster has, by resource: CPU, GPU, memory in bytes."""
    try:
        found = within(_ANSWER, ray.nodes)
    except (LateError, RuntimeError, OSError):
        raise _silent(address, "it does not answer any more") from None
    return tuple(dict(node["Resources"]) for node in found if node["Alive"])


def _import(address: str) -> Any:
    try:
        with _setting({"RAY_gcs_server_request_timeout_seconds": f"{_JOIN:.0f}", "RAY_USAGE_STATS_ENABLED": "0"}):
            import ray
    except ImportError as error:
        hint = "Run: pip install 'ml-ci[ray]', in the version of Ray that the cluster has."
        raise UserError(f"--executor {name(address)}: Ray is not installed here ({error})", hint=hint) from None
    return ray


@contextmanager
def _setting(wanted: Mapping[str, str]) -> Iterator[None]:
    """Set what Ray reads when it is imported, where nobody said another value: how long it waits, whom it tells.

    What Ray itself sets of the environment is undone, but for its own: jobs that are done here would get it.
    """
    before = dict(os.environ)
    mine = {key: value for key, value in wanted.items() if key not in before}
    os.environ.update(mine)
    try:
        yield
    finally:
        for key in [*mine, *(key for key in os.environ if not key.startswith("RAY_"))]:
            if key not in before:
                os.environ.pop(key, None)
            elif os.environ[key] != before[key]:
                os.environ[key] = before[key]


def _knock(address: str) -> str:
    """Give the address for Ray, of which somebody answered."""
    asked = address or os.environ.get("RAY_ADDRESS", "")
    if not asked or asked == "auto":
        return "auto"
    found = _ADDRESS.fullmatch(asked.removeprefix("ray://"))
    if found is None:
        raise UserError(f"--executor {name(address)}: {asked} is no HOST or HOST:PORT", hint=f"The port is {_PORT}.")
    host, port = found["host"].strip("[]"), int(found["port"] or _PORT)
    try:
        socket.create_connection((host, port), _KNOCK).close()
    except (OSError, OverflowError) as error:
        raise _silent(address, f"{host}:{port} does not answer ({error})") from None
    return f"{found['host']}:{port}"


def _start(ray: Any, at: str) -> None:
    config = ray.job_config.JobConfig()
    if hasattr(config, "_py_driver_sys_path"):
        config._py_driver_sys_path = _NoPath()
    logging.getLogger("ray").setLevel(logging.ERROR)
    options = {"log_to_driver": False, "configure_logging": False, "logging_level": "ERROR"}
    within(_JOIN, lambda: ray.init(address=at, job_config=config, **options))


@contextmanager
def _keeping_signals() -> Iterator[None]:
    """Leave the handlers of signals as they are: Ray sets its own."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # not the main thread, in which nobody sets them
            for number, handler in kept.items():
                signal.signal(number, handler)


def _silent(address: str, said: str) -> UserError:
    hint = (
        "Is the cluster up, and this machine one of it (`ray start --address=HOST:PORT --num-cpus=0`)? "
        "Or run jobs here: --executor local."
    )
    return UserError(f"--executor {name(address)}: {said}", hint=hint)


def _refused(address: str, error: Exception) -> UserError:
    said = " ".join(str(error).split())
    if "ersion mismatch" in said:
        hint = "Both need the same version of Ray and of Python; a job's own Python is free (`python:`)."
        return UserError(f"--executor {name(address)}: {said[:600]}", hint=hint)
    return _silent(address, said[:300])
