"""Whether a tracking server that a repository names can be reached: a job that cannot waits for it, and fails."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

_SECONDS = 1.5
_OWN = {"localhost", "127.0.0.1", "::1", "0.0.0.0"}  # noqa: S104 an address that is read, not listened at
_PORTS = {"http": 80, "https": 443}


def tell_server(uri: str) -> str:
    """Say of a server's address whether it answers here, and what to do where a job would not reach it."""
    host, port = _read_address(uri)
    do = "a job in CI does not reach it: let MLFLOW_TRACKING_URI name another, and give it by `env:`"
    if not host:
        return f"{uri}, which is no address of a server: {do}"
    if host in _OWN:
        return f"{uri}, which is this machine's own: {do}"
    try:
        socket.create_connection((host, port), _SECONDS).close()
    except OSError as error:
        return f"{uri}, which does not answer ({error.strerror or error}): {do}"
    return f"{uri}, which answers here"


def _read_address(uri: str) -> tuple[str, int]:
    try:
        parts = urlsplit(uri)
        return parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 80)
    except ValueError:
        return "", 0
