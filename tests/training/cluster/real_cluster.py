"""A cluster of Ray on this machine: nodes as processes on loopback addresses, started one after another."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_START = "import sys; from ray.scripts.scripts import main; sys.exit(main())"
_PORTS = 60  # of a node: eight named ones, and its workers'
_HEAD = "127.0.0.2"


@dataclass
class Node:
    """One node, by its address; `resources` are the options that declare what it has."""

    host: str
    port: int
    resources: tuple[str, ...]


@dataclass
class RealCluster:
    """Start nodes, kill them, and find the processes of jobs."""

    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    nodes: dict[str, Node] = field(default_factory=dict)
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="r", dir="/tmp")))

    @property
    def address(self) -> str:
        """What `--executor` is given."""
        return f"ray://{_HEAD}:{self.nodes[_HEAD].port}"

    def start(self, host: str, *resources: str) -> None:
        """Start a node, and wait until the head knows it; on a busy machine one may need a second try."""
        for left in (2, 1, 0):
            done = self._try_to_start(host, resources)
            if done.returncode == 0:
                return
            print(f"{host} did not start: {done.stdout[-2000:]}{done.stderr[-2000:]}")
            self.end(host)
            assert left, "a node did not start three times"
            del self.nodes[host]

    def _try_to_start(self, host: str, resources: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        node = self.nodes.setdefault(host, Node(host, _find_ports(host, self.nodes), resources))
        ports = iter(range(node.port, node.port + _PORTS))
        first = next(ports)
        named = ("node-manager", "object-manager", "runtime-env-agent", "dashboard-agent-grpc")
        options = [f"--{name}-port={next(ports)}" for name in named]
        options += [f"--dashboard-agent-listen-port={next(ports)}", f"--metrics-export-port={next(ports)}"]
        options += [f"--min-worker-port={node.port + 10}", f"--max-worker-port={node.port + _PORTS - 1}"]
        options += [f"--node-ip-address={host}", "--object-store-memory=80000000", "--disable-usage-stats", *resources]
        where = ("--head", f"--port={first}", f"--temp-dir={self.folder}", "--include-dashboard=false")
        joins = where if host == _HEAD else (f"--address={_HEAD}:{self.nodes[_HEAD].port}",)
        # Byte code is kept, as on every machine where Ray was installed: a worker's start takes twice as long without.
        left_out = ("ML_CI_", "PYTHONDONTWRITEBYTECODE")
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(left_out)},
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_raylet_start_wait_time_s": "60",
            "RAY_agent_register_timeout_ms": "60000",
            "RAY_worker_niceness": "0",
            "TMPDIR": str(self.folder),
            # The last of all: a process that changes its title writes it over the first ones.
            "ML_CI_TEST_NODE": f"{self.mark} {host}",
        }
        command = (sys.executable, "-c", _START, "start", *joins, *options)
        return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, timeout=240)

    def kill(self, host: str) -> None:
        """Kill the raylet of a node by SIGKILL: its workers see that it is gone, as the head does."""
        for pid in self._pids(host):
            if Path(f"/proc/{pid}/comm").read_text().strip() == "raylet":
                os.kill(pid, signal.SIGKILL)

    def end(self, host: str) -> None:
        """Kill whatever is left of a node."""
        for pid in self._pids(host):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self.wait(lambda: not list(self._pids(host)), 20)

    def close(self) -> None:
        """End all nodes."""
        for host in reversed(self.nodes):
            self.end(host)
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def find(word: str) -> list[int]:
        """Give the processes that have a word among their arguments, but those that look for it."""
        found = []
        for pid in _processes():
            with contextlib.suppress(OSError):
                arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                if word.encode() in arguments:
                    found.append(pid)
        return found

    @staticmethod
    def wait(until: Callable[[], object], seconds: float) -> None:
        """Wait until something is so; AssertionError where it is not in time."""
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, f"not so within {seconds} s"
            time.sleep(0.05)

    def host_of(self, pid: int) -> str:
        """Name the node whose worker is above a process."""
        while pid > 1:
            mark, _, host = _environment(pid).get("ML_CI_TEST_NODE", "").partition(" ")
            if mark == self.mark:
                return host
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        return ""

    def folders(self) -> list[Path]:
        """Give the folders of jobs that there are."""
        return [at for at in (self.folder / f"ml-ci-{os.getuid()}" / "jobs").glob("*") if at.is_dir()]

    def _pids(self, host: str) -> Iterator[int]:
        for pid in _processes():
            if _environment(pid).get("ML_CI_TEST_NODE") == f"{self.mark} {host}":
                yield pid


@contextmanager
def open_cluster(*nodes: tuple[str, ...]) -> Iterator[RealCluster]:
    """Give a cluster of a head without CPUs, on 127.0.0.2, and nodes with the options, on 127.0.0.3 and so on."""
    made = RealCluster()
    try:
        made.start(_HEAD, "--num-cpus=0")
        for number, options in enumerate(nodes, 3):
            made.start(f"127.0.0.{number}", *options)
        yield made
    finally:
        made.close()


def _processes() -> Iterator[int]:
    return (int(at.name) for at in Path("/proc").iterdir() if at.name.isdigit())


def _environment(pid: int) -> dict[str, str]:
    try:
        raw = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return {}
    return dict(pair.split("=", 1) for pair in raw.split("\0") if "=" in pair)


def _find_ports(host: str, known: dict[str, Node]) -> int:
    """Find so many ports in a row that are free, on any address: Ray binds some of them on all."""
    taken = {node.port for node in known.values()}
    for first in range(20000 + os.getpid() % 80 * 100, 31000, 100):
        if first not in taken and all(_is_free(first + number) for number in range(10)):
            return first
    raise AssertionError(f"no ports for {host}")


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        try:
            tried.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True
