"""What a job opens is seen, whatever opens it; what it made itself is not."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.spec.values import CommandJob
from ml_ci.training.job import train
from ml_ci.training.values import JobFailed

JSON, A, B, ROOT = "proj/columns.json", "proj/data/a.csv", "proj/data/b.csv", "root.txt"

SHELL = [
    ("cat columns.json", {JSON}),
    ("cat < columns.json", {JSON}),
    ("awk '{print}' data/a.csv > {out}/x", {A}),
    ("cp data/a.csv {out}/x", {A}),
    ("cp -r data {out}/x", {A, B}),
    ("cat data/a.csv data/b.csv > {out}/x", {A, B}),
    ("tar cf {out}/x.tar data", {A, B}),
    (". ./columns.json || true", {JSON}),
    ("grep -q x ../root.txt", {ROOT}),
    ("cd ..; cat root.txt", {ROOT}),
    ("mv columns.json other.json; cat other.json", {JSON}),
    ("mv data elsewhere; cat elsewhere/a.csv", {A}),
    ("(cat columns.json &) ; sleep 0.1", {JSON}),
    ("env -i /bin/cat columns.json", {JSON}),
    ("head -c 1 data/a.csv; sed -n 1p data/b.csv", {A, B}),
    ("wc -l ../common/shared.py", {"common/shared.py"}),
    ("echo x > new.csv; cat new.csv", set()),
    ("cp data/a.csv new.csv; cat new.csv", {A}),
    ("rm columns.json; echo 1 > columns.json; cat columns.json", set()),
    ("echo 1 > new.json; mv new.json columns.json; cat columns.json", set()),
    ("[ -f columns.json ]; test -d data", set()),
    (":", set()),
]


@pytest.mark.parametrize(("command", "opened"), SHELL, ids=[command for command, _ in SHELL])
def test_commands(watched: Any, command: str, opened: set[str]) -> None:
    reads = watched.run(command)
    assert reads.opened == opened
    assert reads.complete


PYTHON = [
    ("open('columns.json').read()", {JSON}),
    ("open(b'columns.json')", {JSON}),
    ("from pathlib import Path; Path('columns.json').read_text()", {JSON}),
    ("import os; os.open('columns.json', os.O_RDONLY)", {JSON}),
    ("import io; io.FileIO('columns.json')", {JSON}),
    ("import os; os.chdir('..'); open('proj/columns.json')", {JSON}),
    ("import shutil, os; shutil.copyfile('data/a.csv', os.environ['ML_CI_OUT'] + '/x')", {A}),
    ("import subprocess; subprocess.run(['cat', 'columns.json'])", {JSON}),
    ("import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', 'open(\"columns.json\")'])", {JSON}),
    ("import os\nif os.fork() == 0: open('columns.json'); os._exit(0)\nos.wait()", {JSON}),
    ("open('columns.json', 'a').write('x')", {JSON}),
    ("open('columns.json', 'r+').write('x')", {JSON}),
    ("import mmap; f = open('data/a.csv'); mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)", {A}),
    ("open('columns.json', 'w').write('x'); open('columns.json').read()", set()),
    ("open('new.json', 'w').write('x'); open('new.json').read()", set()),
    ("open('columns.json').read(); open('columns.json', 'w').write('x')", {JSON}),
    ("import os; os.path.exists('columns.json')", set()),
    ("import sqlite3; sqlite3.connect('columns.json').execute('select 1')", {JSON}),
]


@pytest.mark.parametrize(("code", "opened"), PYTHON, ids=[code for code, _ in PYTHON])
def test_python(watched: Any, code: str, opened: set[str]) -> None:
    reads = watched.python(code)
    assert reads.opened == opened
    assert reads.complete


LIBRARIES = [
    ("pandas", "pandas.read_csv('data/a.csv')", {A}),
    ("pandas", "pandas.read_parquet('data/t.parquet')", {"proj/data/t.parquet"}),
    ("pandas", "pandas.read_csv('data/a.csv', engine='pyarrow')", {A}),
    ("pyarrow.parquet", "pyarrow.parquet.read_table('data/t.parquet')", {"proj/data/t.parquet"}),
    ("pyarrow", "pyarrow.memory_map('data/a.csv')", {A}),
    ("pyarrow.csv", "pyarrow.csv.read_csv('data/a.csv')", {A}),
    ("pyarrow.dataset", "pyarrow.dataset.dataset('data/t.parquet').to_table()", {"proj/data/t.parquet"}),
    ("duckdb", "duckdb.sql(\"from 'data/a.csv'\").fetchall()", {A}),
    ("duckdb", "duckdb.sql(\"from 'data/t.parquet'\").fetchall()", {"proj/data/t.parquet"}),
    ("polars", "polars.read_csv('data/a.csv')", {A}),
    ("polars", "polars.scan_parquet('data/t.parquet').collect()", {"proj/data/t.parquet"}),
    ("numpy", "numpy.memmap('data/a.csv', mode='r')", {A}),
]


@pytest.mark.parametrize(("library", "code", "opened"), LIBRARIES, ids=[code for _, code, _ in LIBRARIES])
def test_libraries_that_open_by_themselves(watched: Any, library: str, code: str, opened: set[str]) -> None:
    pytest.importorskip(library.partition(".")[0])
    if "parquet" in code:
        import pandas

        pandas.DataFrame({"x": [1]}).to_parquet(watched.top / "proj/data/t.parquet")
    assert watched.python(f"import {library}\n{code}").opened == opened


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not here")
def test_node(watched: Any) -> None:
    watched.write("proj/go.js", "require('./lib.js'); require('fs').readFileSync('columns.json')")
    watched.write("proj/lib.js", "")
    assert watched.run("node go.js").opened >= {"proj/go.js", "proj/lib.js", JSON}


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not here")
def test_r(watched: Any) -> None:
    watched.write("proj/go.R", "source('lib.R'); read.csv('data/a.csv')")
    watched.write("proj/lib.R", "x <- 1")
    assert watched.run("Rscript go.R").opened == {"proj/go.R", "proj/lib.R", A}


def test_a_script_that_sources_another(watched: Any) -> None:
    watched.write("proj/go.sh", ". ../common/lib.sh; cat columns.json")
    watched.write("common/lib.sh", "X=1")
    assert watched.run("sh go.sh").opened == {"proj/go.sh", "common/lib.sh", JSON}


def test_imported_modules_are_told_from_what_is_read(watched: Any) -> None:
    watched.write("proj/go.py", "import sys; sys.path.insert(0, '../common')\nimport shared, helper\nopen('helper.py')")
    watched.write("proj/helper.py", "import lazily\n")
    watched.write("proj/lazily.py", "")
    watched.write("proj/unused.py", "")
    reads = watched.run("python go.py")
    assert reads.imported == {"proj/go.py", "common/shared.py", "proj/helper.py", "proj/lazily.py"}
    assert reads.opened == reads.imported


def test_a_pythonpath_of_the_commands_own(watched: Any) -> None:
    watched.write("proj/go.py", "import shared")
    reads = watched.run("PYTHONPATH=../common python go.py")
    assert reads.imported == {"proj/go.py", "common/shared.py"}


def test_python_on_its_own_is_seen_by_the_kernel(watched: Any) -> None:
    watched.write("proj/go.py", "import sys; sys.path.insert(0, '../common')\nimport shared")
    assert watched.run("env -i $(which python) -I go.py").opened >= {"proj/go.py", "common/shared.py"}


def test_modules_that_a_second_python_finds_as_byte_code(watched: Any) -> None:
    watched.write("proj/go.py", "import helper")
    watched.write("proj/helper.py", "")
    first, second = watched.run("python go.py && python go.py"), watched.run("python go.py")
    assert first.imported == second.imported == {"proj/go.py", "proj/helper.py"}
    assert first.opened == second.opened == first.imported


MISSED = [
    ("open('settings.json')", {"proj/settings.json"}),
    ("open('../.env')", {".env"}),
    ("import pathlib; pathlib.Path('data/c.csv').read_text()", {"proj/data/c.csv"}),
    ("open('nowhere/x')", {"proj/nowhere/x"}),
    (
        "import configparser; configparser.ConfigParser().read(['a.ini', 'columns.ini'])",
        {"proj/a.ini", "proj/columns.ini"},
    ),
    ("open('made.json', 'w').write('x'); open('made.json')", set()),
    ("open('/nowhere/at/all')", set()),
    ("import json, csv, os.path; os.path.exists('x')", set()),
]


@pytest.mark.parametrize(("code", "missed"), MISSED, ids=[code for code, _ in MISSED])
def test_what_was_not_there(watched: Any, code: str, missed: set[str]) -> None:
    lines = "\n    ".join(code.split("; ")) if code.startswith("import") else code
    assert watched.python(f"try:\n    {lines}\nexcept OSError: pass").missed == missed


LISTED = [
    ("import os; os.listdir('data')", {"proj/data"}),
    ("import glob; glob.glob('data/*.csv')", {"proj/data"}),
    ("from pathlib import Path; list(Path('data').glob('*.csv'))", {"proj/data"}),
    ("from pathlib import Path; list(Path('data').iterdir())", {"proj/data"}),
    ("import os; list(os.walk('../common'))", {"common"}),
    ("import pkgutil; list(pkgutil.iter_modules(['../common']))", {"common"}),
    ("import os; os.listdir()", {"proj"}),
    ("import subprocess; subprocess.run(['ls', 'data'])", {"proj/data"}),
    ("import sys; sys.path.insert(0, '../common'); import shared", set()),
    ("import sys, importlib.metadata; sys.path.insert(0, ''); list(importlib.metadata.distributions())", set()),
    ("import os; os.mkdir('new'); os.listdir('new')", set()),
    ("import json, csv, random", set()),
]


@pytest.mark.parametrize(("code", "listed"), LISTED, ids=[code for code, _ in LISTED])
def test_folders_whose_names_the_job_asked_for(watched: Any, code: str, listed: set[str]) -> None:
    assert watched.python(code).listed == listed


@pytest.mark.parametrize(
    ("command", "listed"),
    [
        ("ls data", {"proj/data"}),
        ("for f in data/*.csv; do :; done", {"proj/data"}),
        ("find .. -name '*.csv' -path '*data*' > {out}/x", {"", "proj", "proj/data", "common"}),
        ("mkdir new; ls new", set()),
        ("python -c 'import json'", set()),
    ],
)
def test_folders_that_a_command_lists(watched: Any, command: str, listed: set[str]) -> None:
    assert watched.run(command).listed == listed


def test_duckdb_lists_the_folder_of_a_pattern(watched: Any) -> None:
    pytest.importorskip("duckdb")
    watched.write("proj/data/b.csv", "x,y\n1,2\n")
    reads = watched.python("import duckdb; duckdb.sql(\"from 'data/*.csv'\").fetchall()")
    assert (reads.opened, reads.listed) == ({A, B}, {"proj/data"})


def test_a_link_counts_with_what_it_leads_to(watched: Any) -> None:
    (watched.top / "proj/link.json").symlink_to("columns.json")
    (watched.top / "proj/shared").symlink_to("../common")
    assert watched.python("open('link.json')").opened == {"proj/link.json", JSON}
    assert watched.run("cat shared/shared.py").opened == {"proj/shared", "common/shared.py"}
    assert watched.run("cat data/a.csv").opened == {A}


def test_a_file_of_the_users_own_checkout(watched: Any, failed: Any) -> None:
    watched.write("ignored.tmp", "x")
    script = f"open('{watched.top}/root.txt')"
    found = failed(lambda: watched.python(script))
    assert (found.stage, found.code) == ("training", "read-checkout")
    assert found.message == "the job opened root.txt of your checkout, and not of its own copy of the repository"
    assert "relative to the folder" in found.hint
    # What was declared may be read where it is, and what git ignores is no side's.
    watched.python(script, f"{watched.top}/root.txt")
    watched.python(f"open('{watched.top}/ignored.tmp')")


def test_data_outside_of_the_repository_are_told(watched: Any, tmp_path: Path) -> None:
    for name in ("one/a.csv", "many/a.csv", "many/b.csv", "cache/x"):
        (tmp_path / "away" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "away" / name).write_text("x")
    away = tmp_path / "away"
    code = f"""
        import os, json
        for name in ("one/a.csv", "many/a.csv", "many/b.csv", "cache/x"):
            open("{away}/" + name)
        open("/etc/hostname" if os.path.exists("/etc/hostname") else "/etc/passwd")
        open(os.devnull)
        """
    reads = watched.python(code, environment={"XDG_CACHE_HOME": f"{away}/cache"})
    # pytest's own folders are temporary ones, which are not told; the rules are tested by themselves.
    assert reads.outside == () if str(tmp_path).startswith("/tmp/") else (f"{away}/many", f"{away}/one/a.csv")


def test_a_job_that_fails_has_reads_too(watched: Any) -> None:
    with pytest.raises(JobFailed) as caught:
        watched.run("cat columns.json; exit 3")
    assert caught.value.failure.code == "job-exit"
    assert caught.value.reads.opened == {JSON}
    with pytest.raises(JobFailed) as caught:
        watched.run("cat columns.json; rm -rf {out}; exit 0 #")
    assert caught.value.reads.opened == {JSON}


def test_a_job_without_a_ground_reads_everything(watched: Any) -> None:
    (watched.place / "job").mkdir()
    request = watched.request(CommandJob("echo x > {out}/model.txt", model="{out}/model.txt"))
    assert not train(replace(request, ground=None)).reads.complete


def test_a_file_that_a_sparse_checkout_leaves_out_is_named(watched: Any) -> None:
    watched.git("add", "-A")
    watched.git("commit", "-qm", "one")
    watched.git("sparse-checkout", "set", "--no-cone", "/proj/data/", "/root.txt")
    with pytest.raises(UserError) as caught:
        watched.python("open('columns.json')")
    assert caught.value.message == ("proj/columns.json is left out by the sparse checkout, and the job asks for it")
    assert caught.value.hint == "Check it out: git sparse-checkout add proj"
    assert watched.python("open('data/a.csv')").opened == {A}
    assert os.path.lexists(watched.top / "root.txt")
