"""A PostgreSQL of the tests' own: where its programs are, how it is asked, and how it is given back what it held."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# MLflow binds numbers as text before 3.2, which psycopg 3 does not put right (its issue 17013).
_DRIVERS = {"psycopg": (3, 2), "psycopg2": (0,)}


def programs() -> Path:
    """Find PostgreSQL's programs, where Debian puts them too."""
    beside = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    for folder in (*(Path(one) for one in os.environ.get("PATH", "").split(":")), *reversed(beside)):
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    pytest.skip("PostgreSQL is not installed: apt-get install postgresql")


def driver() -> str:
    """Choose the driver that this MLflow can use."""
    mlflow = pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
    here = tuple(int(part) for part in mlflow.__version__.split(".")[:2])
    for name, since in _DRIVERS.items():
        if here >= since and importlib.util.find_spec(name) is not None:
            return name
    pytest.skip("no driver that this MLflow can use is installed: pip install psycopg[binary], or psycopg2-binary")


@dataclass(frozen=True)
class Postgres:
    """An empty database, by its address without a scheme."""

    address: str

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database itself."""
        with self._cursor() as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall())

    def keep(self) -> None:
        """Keep a copy of every table that has rows."""
        with self._cursor() as cursor:
            cursor.execute("CREATE SCHEMA kept")
            for table in _tables_of(cursor, "public"):
                cursor.execute(f'SELECT 1 FROM "{table}" LIMIT 1')
                if cursor.fetchone():
                    cursor.execute(f'CREATE TABLE kept."{table}" AS TABLE "{table}"')

    def put_back(self) -> None:
        """Hold what was kept and nothing else. The counters of rows go on, and no foreign key asks for an order."""
        with self._cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            for table in _tables_of(cursor, "public"):
                cursor.execute(f'DELETE FROM "{table}"')
            for table in _tables_of(cursor, "kept"):
                cursor.execute(f'INSERT INTO "{table}" SELECT * FROM kept."{table}"')

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        with closing(__import__(driver()).connect(f"postgresql://{self.address}")) as database:
            with database.cursor() as cursor:
                yield cursor
            database.commit()


def _tables_of(cursor: Any, schema: str) -> list[str]:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (schema,))
    return [str(name) for (name,) in cursor.fetchall()]


@contextmanager
def running() -> Iterator[Postgres]:
    """Start PostgreSQL in a folder of its own, where its socket is too."""
    found = programs()
    root = os.getuid() == 0
    who: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if root else {}
    folder = Path(tempfile.mkdtemp(prefix="ml-ci-postgres-", dir="/tmp"))
    if root:
        shutil.chown(folder, "postgres", "postgres")
    data, options = str(folder / "data"), f"-k {folder} -c listen_addresses='' -c fsync=off"
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder, **who}
    subprocess.run([found / "initdb", "-D", data, "-U", "mlflow", "-A", "trust"], **quiet)
    start = [found / "pg_ctl", "-D", data, "-o", options, "-w", "-t", "300", "-l", str(folder / "log"), "start"]
    subprocess.run(start, **quiet)
    try:
        yield Postgres(f"mlflow@/postgres?host={folder}")
    finally:
        subprocess.run([found / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet)
        shutil.rmtree(folder, ignore_errors=True)
