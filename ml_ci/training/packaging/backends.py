"""What each build backend takes for a project's packages: what its settings say, and its conventions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any

from ml_ci.frozen import dataclass
from ml_ci.training.packaging.files import Settings, literal, name_call, text
from ml_ci.training.packaging.folders import holds_code, packages

# Where packages lie that no setting places: the project folder last, since much beside code lies there.
_CONVENTIONS = ("src", "python", "lib", ".")
# What setuptools' own discovery leaves out at a project's top.
_NO_PACKAGES = frozenset(
    [
        "ci",
        "bin",
        "debian",
        "doc",
        "docs",
        "documentation",
        "manpages",
        "news",
        "newsfragments",
        "changelog",
        "test",
        "tests",
        "unit_test",
        "unit_tests",
        "example",
        "examples",
        "scripts",
        "tools",
        "util",
        "utils",
        "python",
        "build",
        "benchmark",
        "benchmarks",
        "exercise",
        "exercises",
        "htmlcov",
        "conftest",
        "setup",
        "tasks",
        "noxfile",
        "dist",
    ]
)


@dataclass(frozen=True)
class Found:
    """The `roots` (folders in a project) with the names in each, None for all that can be imported from it.

    `packages` places packages whose folder is called otherwise than they are.
    """

    roots: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)


def read_declared(settings: Settings) -> Found | None:
    """Give what a backend's settings say; None where they say nothing of packages."""
    for ask in (_setuptools, _hatch, _poetry, _flit, _pdm, _uv, _scikit_build, _maturin, _meson):
        found = ask(settings)
        if found is not None and (found.roots or found.packages):
            return found
    return None


def default(settings: Settings) -> Found:
    """Give what a backend takes where its settings say nothing: `src/`, a package of the project's name, all others."""
    folder = settings.folder
    if settings.backend == "setuptools" and holds_code(folder / "src"):
        return Found({"src": None})
    names = {_module(settings.name), settings.name} - {""}
    for root in _CONVENTIONS:
        there = [name for name in sorted(names) if _is_module(settings, root, name)]
        if there:
            return Found({root: tuple(there)} if root == "." else {root: None})
    if holds_code(folder / "src"):
        return Found({"src": None})
    return Found({".": tuple(name for name in packages(folder) if name not in _NO_PACKAGES)})


def _module(name: str) -> str:
    return re.sub(r"[-.]+", "_", name)


def _is_module(settings: Settings, root: str, name: str) -> bool:
    at = settings.folder / root / name
    return holds_code(at) or at.with_name(name + ".py").is_file()


def _place(paths: Iterable[Any]) -> Found:
    """Place packages that are named by their folders, such as `src/churn`."""
    roots: dict[str, tuple[str, ...] | None] = {}
    for path in paths:
        if isinstance(path, str) and path.strip("/"):
            root, _, name = path.strip("/").removesuffix("/**").removesuffix("/**/*").rpartition("/")
            name = name.removesuffix(".py")
            if name.isidentifier():
                roots[root or "."] = (*(roots.get(root or ".") or ()), name)
    return Found(roots)


def _setuptools(settings: Settings) -> Found | None:
    own = settings.table("tool", "setuptools")
    places = _package_dirs(settings)
    root = places.get("", ".")
    roots: dict[str, tuple[str, ...] | None] = {}
    listed = [*_strings(own.get("packages")), *_strings(own.get("py-modules"))]
    options = settings.cfg.get("options", {})
    listed += [word for key in ("packages", "py_modules") for word in _words(options.get(key, ""))]
    listed += [word for key in ("packages", "py_modules") for word in _strings(literal(settings.setup.get(key)))]
    searched = _search(settings, root)
    named = tuple(dict.fromkeys(name.partition(".")[0] for name in listed if not name.startswith("find")))
    if named:
        roots[root] = named
    for where in searched:
        roots[where] = None if where != "." else (*named, *packages(settings.folder))
    if not roots and root != ".":
        roots[root] = None
    renamed = {name: at for name, at in places.items() if name}
    return Found(roots, renamed) if roots or renamed else None


def _search(settings: Settings, root: str) -> list[str]:
    """Give the folders that `find:` and `find_packages()` look in."""
    found: list[str] = []
    find = settings.table("tool", "setuptools", "packages", "find")
    if "find" in settings.table("tool", "setuptools", "packages"):
        found += _strings(find.get("where")) or [root]
    if settings.cfg.get("options", {}).get("packages", "").strip().startswith("find"):
        where = settings.cfg.get("options.packages.find", {}).get("where", "")
        found += _words(where) or [root]
    packages_given = settings.setup.get("packages")
    for call in ast.walk(packages_given) if packages_given is not None else ():
        if isinstance(call, ast.Call) and name_call(call).startswith("find_"):
            given = {one.arg: one.value for one in call.keywords}
            told = literal(call.args[0] if call.args else given.get("where"))
            found.append(told if isinstance(told, str) else root)
    return [_plain(one) for one in found]


def _package_dirs(settings: Settings) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in settings.cfg.get("options", {}).get("package_dir", "").splitlines():
        name, equals, at = line.partition("=")
        if equals:
            found[name.strip()] = at.strip()
    for given in (settings.table("tool", "setuptools").get("package-dir"), literal(settings.setup.get("package_dir"))):
        if isinstance(given, Mapping):
            found |= {str(name): str(at) for name, at in given.items()}
    return {name: _plain(at) for name, at in found.items()}


def _hatch(settings: Settings) -> Found | None:
    wheel = settings.table("tool", "hatch", "build", "targets", "wheel")
    shared = settings.table("tool", "hatch", "build")
    paths = [
        *_strings(wheel.get("packages")),
        *_strings(wheel.get("only-include", shared.get("only-include"))),
        *_strings(wheel.get("include", shared.get("include"))),
    ]
    found = _place(paths)
    renamed: dict[str, str] = {}
    for given in (wheel.get("sources"), shared.get("sources"), wheel.get("force-include")):
        if isinstance(given, Mapping):
            renamed |= {str(to).strip("/").replace("/", "."): str(at) for at, to in given.items() if str(to).strip("/")}
    bare = {_plain(at): None for at in _strings(wheel.get("sources", shared.get("sources")))}
    return Found({**bare, **found.roots}, {name: _plain(at) for name, at in renamed.items() if name.isidentifier()})


def _poetry(settings: Settings) -> Found | None:
    roots: dict[str, tuple[str, ...] | None] = {}
    for one in settings.table("tool", "poetry").get("packages") or ():
        if isinstance(one, Mapping) and isinstance(one.get("include"), str):
            root = _plain(str(one.get("from", ".")))
            name = str(one["include"]).partition("/")[0].removesuffix(".py")
            roots[root] = (*(roots.get(root) or ()), name)
    return Found(roots)


def _flit(settings: Settings) -> Found | None:
    name = settings.table("tool", "flit", "module").get("name") or settings.table("tool", "flit", "metadata").get(
        "module"
    )
    if not isinstance(name, str):
        return None
    top = name.partition(".")[0]
    return Found({"src" if holds_code(settings.folder / "src" / top) else ".": (top,)})


def _pdm(settings: Settings) -> Found | None:
    build = settings.table("tool", "pdm", "build")
    found = _place(_strings(build.get("includes")))
    at = build.get("package-dir")
    return Found({**found.roots, **({_plain(at): None} if isinstance(at, str) and at else {})})


def _uv(settings: Settings) -> Found | None:
    own = settings.table("tool", "uv", "build-backend")
    if settings.backend != "uv_build" and not own:
        return None
    names = _strings(own.get("module-name")) or [_module(settings.name).lower()]
    return Found({_plain(str(own.get("module-root", "src"))): tuple(name.partition(".")[0] for name in names if name)})


def _scikit_build(settings: Settings) -> Found | None:
    given = settings.table("tool", "scikit-build", "wheel").get("packages")
    if isinstance(given, Mapping):
        renamed = {str(name).replace("/", "."): _plain(str(at)) for name, at in given.items()}
        return Found({}, renamed)
    return _place(_strings(given))


def _maturin(settings: Settings) -> Found | None:
    own = settings.table("tool", "maturin")
    at = own.get("python-source")
    return Found({_plain(at): None}) if isinstance(at, str) and at else None


def _meson(settings: Settings) -> Found | None:
    if settings.backend != "mesonpy":
        return None
    written = "".join(text(at) for at in sorted(settings.folder.rglob("meson.build")))
    names = {found.partition("/")[0] for found in re.findall(r"subdir\s*:\s*'([\w/]+)'", written)}
    roots: dict[str, tuple[str, ...] | None] = {}
    for name in sorted(names):
        for root in _CONVENTIONS:
            if _is_module(settings, root, name):
                roots[root] = (*(roots.get(root) or ()), name)
                break
    return Found(roots)


def _strings(given: object) -> list[str]:
    """Give the texts of a list, or the one that is given."""
    if isinstance(given, str):
        return [given]
    return [one for one in given if isinstance(one, str)] if isinstance(given, list | tuple) else []


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", text) if word and not word.endswith(":")]


def _plain(path: str) -> str:
    return path.strip().removeprefix("./").strip("/") or "."
