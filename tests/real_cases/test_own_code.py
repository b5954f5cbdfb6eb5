"""Each side runs its own code, however its project is laid out, installed and started; and where not, it is an error.

The user's checkout, which the project is installed from, says `candidate`; the copy that the job runs in says `base`.
"""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ml_ci.errors import Failure, StageFailed
from ml_ci.spec.values import Budget, CommandJob, FunctionJob
from ml_ci.training.interpreter import find
from ml_ci.training.job import train
from ml_ci.training.told import TOLD, read
from ml_ci.training.values import Checkout, Inputs, TrainRequest

PYPROJECT = (
    '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "{}"\n'
)


@dataclass(frozen=True)
class Layout:
    """A repository: the project folder, the installed root in it, the package in that root, its module's name."""

    root: str
    package: str
    project: str = "."
    installed: str = "."
    module: str = "churn"
    settings: str = ""

    def files(self, side: str) -> dict[str, str]:
        """Give the files of one side, which say which it is."""
        code = f"{self.installed}/{self.root}/{self.package}"
        main = (
            f"import sys\nfrom {self.module} import side\n\n\ndef train(path=None):\n    open(path or sys.argv[1], 'a')"
        )
        main += ".write(side() + '\\n')\n    return side()\n\n\nif __name__ == '__main__':\n    train()\n"
        return {
            f"{self.installed}/pyproject.toml": PYPROJECT.format("acme.churn") + self.settings,
            f"{code}/__init__.py": "from .parts import side\n",
            f"{code}/parts.py": f"def side():\n    return {side!r}\n",
            f"{code}/train.py": main,
            f"{self.project}/scripts/train.py": f"from {self.module}.train import train\ntrain()\n",
            f"{self.project}/jobs.py": f"from {self.module} import side\n\n\ndef train():\n    return side()\n",
            "logging/__init__.py": "raise SystemExit('the standard library is hidden')\n",
            "README.md": side,
        }


LAYOUTS = {
    "flat": Layout(".", "churn"),
    "src": Layout("src", "churn"),
    "lib": Layout("python", "churn", settings='[tool.setuptools.packages.find]\nwhere = ["python"]\n'),
    "namespace": Layout("src", "acme/churn", module="acme.churn"),
    "below a folder": Layout("src", "churn", "services/churn", "services/churn"),
    "monorepo": Layout("src", "churn", "services/web", "packages/churn"),
    "monorepo, namespace": Layout(".", "acme/churn", "services/web", "packages/churn", module="acme.churn"),
}


class Python:
    """An environment in which a project can be installed as each backend does it, without one."""

    def __init__(self, at: Path) -> None:
        subprocess.run((sys.executable, "-m", "venv", "--without-pip", at), check=True)
        [self.site] = at.glob("lib/python*/site-packages")
        self.at = at

    def install(self, how: str, top: Path, layout: Layout) -> None:
        """Install the project of a checkout."""
        project = top / layout.installed
        INSTALLS[how](self.site, os.path.normpath(project), os.path.normpath(project / layout.root), layout)
        if how != "none":
            script = self.at / "bin" / "churn-train"
            script.write_text(f"#!{self.at}/bin/python\nimport sys\nfrom {layout.module}.train import train\ntrain()\n")
            script.chmod(0o755)


def _metadata(site: Path, project: str, record: list[str], *, url: bool = True) -> None:
    info = site / "acme_churn-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme.churn\nVersion: 0.1\n")
    if url:
        (info / "direct_url.json").write_text(f'{{"dir_info": {{"editable": true}}, "url": "file://{project}"}}')
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in [*record, f"{info.name}/METADATA"]))


def _none(site: Path, project: str, root: str, layout: Layout) -> None:
    pass


def _path(site: Path, project: str, root: str, layout: Layout) -> None:
    (site / "__editable__.acme_churn-0.1.pth").write_text(f"{root}\n")
    _metadata(site, project, ["__editable__.acme_churn-0.1.pth"])


def _develop(site: Path, project: str, root: str, layout: Layout) -> None:
    (site / "easy-install.pth").write_text(f"{root}\n")
    (site / "acme.churn.egg-link").write_text(f"{root}\n{os.path.relpath(project, root)}")


FINDER = """\
import sys
from importlib.machinery import PathFinder
from importlib.util import spec_from_file_location, module_from_spec
from pathlib import Path
MAPPING = {mapping!r}
class Finder:
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        for name, at in MAPPING.items():
            if fullname == name or fullname.startswith(name + "."):
                at = Path(at, *fullname[len(name):].split(".")[1:])
                if (at / "__init__.py").exists():
                    return spec_from_file_location(fullname, at / "__init__.py")
                if at.with_suffix(".py").exists():
                    return spec_from_file_location(fullname, at.with_suffix(".py"))
                if at.is_dir():
                    spec = PathFinder.find_spec(fullname, [str(at.parent)])
                    return spec
def install():
    sys.meta_path.{insert}
"""


def _finder(insert: str) -> Callable[[Path, str, str, Layout], None]:
    def install(site: Path, project: str, root: str, layout: Layout) -> None:
        top = layout.module.partition(".")[0]
        content = FINDER.format(mapping={top: f"{root}/{top}"}, insert=insert)
        (site / "__editable___acme_churn_finder.py").write_text(content)
        line = "import __editable___acme_churn_finder; __editable___acme_churn_finder.install()\n"
        (site / "__editable__.acme_churn.pth").write_text(line)
        _metadata(site, project, ["__editable__.acme_churn.pth", "__editable___acme_churn_finder.py"])

    return install


def _plain(site: Path, project: str, root: str, layout: Layout, *, url: bool = True) -> None:
    shutil.copytree(f"{root}/{layout.package}", site / layout.package)
    files = sorted(str(at.relative_to(site)) for at in (site / layout.package).rglob("*.py"))
    _metadata(site, project, files, url=url)


def _from_an_index(site: Path, project: str, root: str, layout: Layout) -> None:
    _plain(site, project, root, layout, url=False)


NSPKG = (
    "import sys, types, os;p = os.path.join({at!r}, *('acme',));importlib = __import__('importlib.util');"
    "__import__('importlib.machinery');m = sys.modules.setdefault('acme', importlib.util.module_from_spec("
    "importlib.machinery.PathFinder.find_spec('acme', [os.path.dirname(p)])));"
    "mp = m.__dict__.setdefault('__path__',[]);(p not in mp) and mp.append(p)\n"
)


def _nspkg(site: Path, project: str, root: str, layout: Layout) -> None:
    if layout.module == "acme.churn":
        (site / "acme_churn-nspkg.pth").write_text(NSPKG.format(at=root))
    _path(site, project, root, layout)


def _nspkg_plain(site: Path, project: str, root: str, layout: Layout) -> None:
    _plain(site, project, root, layout)
    if layout.module == "acme.churn":
        (site / "acme_churn-nspkg.pth").write_text(NSPKG.format(at=str(site)))


INSTALLS: dict[str, Callable[[Path, str, str, Layout], None]] = {
    "none": _none,
    "-e, a path": _path,
    "-e, setup.py develop": _develop,
    "-e, a finder that comes last": _finder("append(Finder)"),
    "-e, a finder that comes first": _finder("insert(0, Finder)"),
    "-e, -nspkg.pth": _nspkg,
    "plain": _plain,
    "plain, from an index": _from_an_index,
    "plain, -nspkg.pth": _nspkg_plain,
}


@dataclass
class Case:
    """A checkout of the user's, a copy of the base's commit, and an environment."""

    top: Path
    copy: Path
    python: Python
    layout: Layout

    def request(self, job: CommandJob | FunctionJob) -> TrainRequest:
        """Ask for a training in the copy."""
        work = self.top / ".ml_ci" / "work" / "job"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        folder = Path(os.path.normpath(self.copy / self.layout.project))
        return TrainRequest(
            "churn",
            job,
            folder,
            work,
            Inputs(),
            find(str(self.python.at / "bin" / "python"), folder),
            dict(os.environ),
            budget=Budget(seconds=100.0),
            checkout=Checkout((self.top,), self.copy),
        )

    def function(self, entry: str = "jobs:train") -> object:
        """Train by a function; give what it returned."""
        artifact = train(self.request(FunctionJob(entry))).artifact
        assert artifact is not None
        return pickle.loads(artifact.read_bytes())

    def command(self, *lines: str) -> list[str]:
        """Run a command; give the lines that it left in {out}/side."""
        artifact = train(self.request(CommandJob(" && ".join(lines), model="{out}/side"))).artifact
        assert artifact is not None
        return artifact.read_text().split()

    def write(self, name: str, content: str, *, where: str = "copy") -> None:
        """Write a file into the copy, the user's checkout (`top`), or both."""
        for at in (self.top, self.copy) if where == "both" else (getattr(self, where),):
            (at / name).parent.mkdir(parents=True, exist_ok=True)
            (at / name).write_text(content)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one environment, which the tests copy."""
    at = tmp_path_factory.mktemp("environment") / "bare"
    Python(at)
    return at


@pytest.fixture
def case(tmp_path: Path, environment: Path) -> Iterator[Callable[..., Case]]:
    """Give what makes a case."""

    def make(layout: str = "src", how: str = "-e, a path", within: str | None = None) -> Case:
        top = tmp_path / "repository"
        copy = top / ".ml_ci" / "work" / "copies" / "copy-1"
        at = top / within if within else tmp_path / "environment"
        python = Python(at)
        made = Case(top, copy, python, LAYOUTS[layout])
        for where, side in ((top, "candidate"), (copy, "base")):
            for name, content in made.layout.files(side).items():
                (where / name).parent.mkdir(parents=True, exist_ok=True)
                (where / name).write_text(content)
        python.install(how, top, made.layout)
        return made

    yield make


def _forms(case: Case, how: str) -> list[str]:
    forms = [
        "python scripts/train.py {out}/side",
        f"python -m {case.layout.module}.train {{out}}/side",
        "python -I scripts/train.py {out}/side",
        f"python -Em {case.layout.module}.train {{out}}/side",
        "PYTHONPATH=nowhere python scripts/train.py {out}/side",
        f"{case.python.at}/bin/python scripts/train.py {{out}}/side",
        "env -i PATH=$PATH python3 -s scripts/train.py {out}/side",
    ]
    return [*forms, *(["churn-train {out}/side"] if how != "none" else [])]


OFTEN = {("src", how) for how in INSTALLS} | {("namespace", how) for how in INSTALLS if "nspkg" in how}
OFTEN |= {(layout, how) for layout in LAYOUTS for how in ("-e, a finder that comes first", "plain")}


@pytest.mark.parametrize(
    ("layout", "how"),
    [
        pytest.param(layout, how, marks=[] if (layout, how) in OFTEN else [pytest.mark.slow])
        for layout in LAYOUTS
        for how in INSTALLS
    ],
)
def test_a_job_runs_its_own_side(case: Callable[..., Case], layout: str, how: str) -> None:
    if layout.startswith("monorepo") and how == "none":
        pytest.skip("nothing puts the other project on the job's path")
    made = case(layout, how)
    forms = _forms(made, how)
    assert made.command(*forms) == ["base"] * len(forms)
    assert made.function() == "base"
    ran = [line.fields[0] for line in read(made.top / ".ml_ci/work/job" / TOLD) if line.kind == "module"]
    assert [at for at in ran if at.endswith("parts.py")] == [
        os.path.normpath(made.copy / made.layout.installed / made.layout.root / made.layout.package / "parts.py")
    ]


def _failure(call: Callable[[], object]) -> Failure:
    with pytest.raises(StageFailed) as raised:
        call()
    return raised.value.failure


FOREIGN = {
    "a path at the end": "sys.path.append(TOP + '/other'); import loose as it",
    "a file by its path": "import runpy; runpy.run_path(PARTS)",
    "a module by its file": "import importlib.util as u; s = u.spec_from_file_location('it', PARTS); "
    "m = u.module_from_spec(s); s.loader.exec_module(m)",
    "a file that is executed": "exec(compile(open(PARTS).read(), PARTS, 'exec'))",
    "another folder": "os.chdir(TOP + '/other'); sys.path.insert(0, ''); import loose as it",
    "another process": "import subprocess; subprocess.run([sys.executable, TOP + '/other/loose.py'])",
    "a worker that leaves": "sys.path += [TOP + '/other']; os.fork() or (__import__('loose'), os._exit(0)); os.wait()",
    "the other side's copy": "sys.path.append(TOP + '/.ml_ci/work/copies/copy-2'); import loose as it",
    "a link": "os.symlink(TOP + '/other', 'linked'); sys.path.append('linked'); import loose as it",
}


@pytest.mark.parametrize("way", FOREIGN)
def test_code_of_another_side_is_an_error_that_names_both_files(case: Callable[..., Case], way: str) -> None:
    made = case()
    made.write("other/loose.py", "", where="top")
    made.write(".ml_ci/work/copies/copy-2/loose.py", "", where="top")
    head = f"import os, sys\nTOP = {str(made.top)!r}\nPARTS = TOP + '/src/churn/parts.py'\n"
    made.write("go.py", f"{head}{FOREIGN[way]}\nopen(sys.argv[1], 'w').write('done')\n")
    found = _failure(lambda: made.command("python go.py {out}/side"))
    assert (found.stage, found.code) == ("training", "foreign-code")
    if "PARTS" in FOREIGN[way]:
        assert f"{made.top}/src/churn/parts.py, not src/churn/parts.py of its own side" in found.message
    else:
        assert "loose.py, which its own side does not have" in found.message


def test_code_that_a_stored_model_holds_is_its_own(case: Callable[..., Case]) -> None:
    """A model of MLflow's is a folder with the script that predicts; another's is none that it was handed."""
    made = case()
    for name in ("own", "other"):
        made.write(f".ml_ci/records/trainings/{name}/model/rule.py", f"side = {name!r}\n", where="top")
    model = made.top / ".ml_ci/records/trainings/own/model"
    jobs = "import runpy\nfrom pathlib import Path\n"
    made.write("jobs.py", f"{jobs}def train(up: Path): return runpy.run_path(str(up / 'rule.py'))['side']\n")
    artifact = train(replace(made.request(FunctionJob("jobs:train")), needs={"up": model})).artifact
    assert artifact is not None
    assert pickle.loads(artifact.read_bytes()) == "own"
    made.write("jobs.py", f"{jobs}def train(up: Path): runpy.run_path(str(up / '../../other/model/rule.py'))\n")
    request = replace(made.request(FunctionJob("jobs:train")), needs={"up": model})
    assert _failure(lambda: train(request)).code == "foreign-code"


def test_an_installed_copy_that_is_run_by_its_path_is_an_error_too(case: Callable[..., Case]) -> None:
    made = case("src", "plain")
    at = made.python.site / "churn" / "parts.py"
    found = _failure(lambda: made.command(f"python {at}", "echo 1 > {out}/side"))
    assert (found.code, f"{at}, not src/churn/parts.py of its own side" in found.message) == ("foreign-code", True)


@pytest.mark.parametrize("how", ["-e, a path", "-e, a finder that comes first", "plain"])
def test_a_module_that_the_side_does_not_have_is_not_found(case: Callable[..., Case], how: str) -> None:
    made = case("namespace", how)
    for name in ("src/acme/churn/new.py", "src/acme/later.py", "src/fresh/__init__.py"):
        made.write(name, "", where="top")
        if how == "plain":
            at = made.python.site / name.removeprefix("src/")
            at.parent.mkdir(exist_ok=True)
            at.write_text("")
            with (made.python.site / "acme_churn-0.1.dist-info" / "RECORD").open("a") as record:
                record.write(f"{name.removeprefix('src/')},,\n")
    names = ("acme.churn.new", "acme.later", "fresh")
    lines = f"import importlib, sys\nfor name in {names!r}:\n    try:\n        importlib.import_module(name)\n"
    lines += "    except ModuleNotFoundError as error:\n        assert error.name == name, error\n"
    lines += "    else:\n        raise SystemExit(name)\nopen(sys.argv[1], 'w').write('none')\n"
    made.write("go.py", lines)
    assert made.command("python go.py {out}/side") == ["none"]


def test_a_namespace_keeps_the_portions_of_other_distributions(case: Callable[..., Case]) -> None:
    made = case("namespace", "plain")
    other = made.python.site / "acme" / "tools"
    other.mkdir()
    (other / "__init__.py").write_text("whose = 'theirs'\n")
    made.write(
        "go.py",
        "import sys, acme.tools, acme.churn\nopen(sys.argv[1], 'w').write(acme.tools.whose + acme.churn.side())",
    )
    assert made.command("python go.py {out}/side") == ["theirsbase"]


LIBRARIES = {
    "a vendored module": ("vendor/six.py", "six"),
    "a page's settings": ("docs/conf.py", "conf"),
    "a vendored project": ("third_party/six/six.py", "six"),
    "a folder of tests": ("tests/__init__.py", "tests"),
    "a sibling that is not installed": ("packages/other/src/utils/__init__.py", "utils"),
    "a script": ("tools/yaml.py", "yaml"),
}


@pytest.mark.parametrize("kind", LIBRARIES)
@pytest.mark.parametrize("within", [None, ".venv", "envs/job"])
def test_a_library_is_one_whatever_the_repository_has(case: Callable[..., Case], kind: str, within: str | None) -> None:
    made = case("src", "plain", within)
    path, name = LIBRARIES[kind]
    made.write(path, "raise SystemExit('the repository\\'s')\n", where="both")
    made.write(f"{Path(path).parent}/pyproject.toml", PYPROJECT.format("elsewhere"), where="both")
    (made.python.site / f"{name}.py").write_text("whose = 'a library'\n")
    made.write("scripts/go.py", f"import sys, {name}\nopen(sys.argv[1], 'w').write({name}.whose)\n")
    assert made.command("python scripts/go.py {out}/side") == ["a", "library"]


@pytest.mark.parametrize("name", ["logging", "platform", "random", "types"])
def test_a_folder_of_the_repository_does_not_hide_the_standard_library(case: Callable[..., Case], name: str) -> None:
    made = case("flat", "-e, a path")
    made.write(f"{name}/__init__.py", "raise SystemExit('hidden')\n", where="both")
    made.write("jobs.py", f"import {name}\nfrom churn import side\ndef train(): return [{name}.__file__, side()]\n")
    where, side = made.function()  # type: ignore[misc]
    assert (side, str(made.top) in where) == ("base", False)
    made.write("scripts/go.py", f"import {name}, sys\nopen(sys.argv[1], 'w').write('fine')\n")
    assert made.command("python scripts/go.py {out}/side") == ["fine"]


SILENT = {
    "an interpreter by its path": "{python} -I scripts/train.py {{out}}/side",
    "a program whose first line isolates": "bin/go {{out}}/side",
    "one without an environment": "env -i {python} scripts/train.py {{out}}/side",
}


@pytest.mark.parametrize(
    "how", ["none", "-e, a path", "-e, a finder that comes first", "plain", "-e, setup.py develop"]
)
@pytest.mark.parametrize("way", SILENT)
def test_a_python_that_tells_nothing_is_an_error_where_the_project_is_installed(
    case: Callable[..., Case], way: str, how: str
) -> None:
    made = case("src", how)
    python = made.python.at / "bin" / "python"
    made.write("scripts/train.py", "import sys\nopen(sys.argv[1], 'w').write('done')\n")
    made.write("bin/go", f"#!{python} -I\nimport sys\nopen(sys.argv[1], 'w').write('done')\n")
    (made.copy / "bin/go").chmod(0o755)
    line = SILENT[way].format(python=python)
    if how == "none":
        assert made.command(line) == ["done"]
        return
    found = _failure(lambda: made.command(line))
    assert (found.code, str(python) in found.message) == ("foreign-code", True)


MISSING = {
    "src without packaging": ("src/parts/__init__.py", "parts", "`parts` is in `src/` of this repository"),
    "a module of a subfolder": ("app/prep/preprocess.py", "preprocess", "`preprocess` is in `app/prep/` of this"),
    "a package far below": ("a/b/c/deep/__init__.py", "deep", "`deep` is in `a/b/c/` of this repository"),
    "a module of a package": (
        "src/parts/__init__.py",
        "parts.new",
        "`parts` is in `src/` of this repository and has no",
    ),
    "a library": ("README.md", "pnadas", "Install `pnadas` for the Python"),
    "a library whose name a page has": ("docs/pnadas.md", "pnadas", "Install `pnadas` for the Python"),
}


@pytest.mark.parametrize("kind", MISSING)
def test_what_to_do_about_a_module_that_the_repository_has(case: Callable[..., Case], kind: str) -> None:
    made = case("src", "none")
    path, name, hint = MISSING[kind]
    (made.copy / "pyproject.toml").unlink()
    made.write(path, "")
    found = _failure(lambda: made.command(f"cd {'src' if '.' in name else '.'}; python -c 'import {name}'"))
    assert (found.code, found.hint[: len(hint)]) == ("job-exit", hint)
