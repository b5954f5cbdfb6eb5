"""Cut GitHub's description of its REST API down to what ml-ci uses.

    npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz
    python tests/github/cut_openapi.py package/generated/api.github.com.json

writes `openapi.json` beside this file. Examples and prose are left out; every schema that is left is whole.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

USED = {
    "/user": ("get",),
    "/repos/{owner}/{repo}/actions/runs/{run_id}/approvals": ("get",),
    "/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches": ("post",),
    "/repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs": ("get",),
    "/repos/{owner}/{repo}/issues": ("get", "post"),
    "/repos/{owner}/{repo}/issues/{issue_number}": ("patch",),
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": ("get", "post"),
    "/repos/{owner}/{repo}/issues/comments/{comment_id}": ("get", "patch", "delete"),
    "/repos/{owner}/{repo}/statuses/{sha}": ("post",),
    "/repos/{owner}/{repo}/commits/{ref}/status": ("get",),
    "/repos/{owner}/{repo}/commits/{ref}/statuses": ("get",),
    "/repos/{owner}/{repo}/git/commits/{commit_sha}": ("get",),
    "/repos/{owner}/{repo}/commits/{commit_sha}/pulls": ("get",),
    "/repos/{owner}/{repo}/pulls": ("get", "post"),
    "/repos/{owner}/{repo}/pulls/{pull_number}": ("get",),
    "/repos/{owner}/{repo}/pulls/{pull_number}/files": ("get",),
    "/repos/{owner}/{repo}/pulls/{pull_number}/merge": ("put",),
}
_PROSE = frozenset({"description", "summary", "externalDocs", "tags", "x-github", "examples", "title"})
_RESPONSE = frozenset({"description", "content", "headers", "links"})


def cut(whole: dict[str, Any]) -> dict[str, Any]:
    """Keep the used operations and every component that they refer to."""
    paths = {path: _item(whole["paths"][path], methods) for path, methods in USED.items()}
    kept: dict[str, dict[str, Any]] = {}
    todo = list(_references(paths))
    while todo:
        kind, name = todo.pop().removeprefix("#/components/").split("/")
        if name not in kept.setdefault(kind, {}):
            kept[kind][name] = _bare(whole["components"][kind][name])
            todo += _references(kept[kind][name])
    components = {kind: dict(sorted(kept[kind].items())) for kind in sorted(kept)}
    info = {"title": whole["info"]["title"], "version": whole["info"]["version"], "license": whole["info"]["license"]}
    return {
        "openapi": whole["openapi"],
        "info": info,
        "servers": [{"url": "https://api.github.com"}],
        "paths": paths,
        "components": components,
    }


def _item(item: dict[str, Any], methods: tuple[str, ...]) -> dict[str, Any]:
    return {name: _bare(part) for name, part in item.items() if name in methods or name == "parameters"}


def _bare(value: Any, named: bool = False) -> Any:
    """Leave prose and examples out; below `properties` every key is a name of GitHub's, and stays."""
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _bare(item, named=key in ("properties", "responses", "headers"))
        for key, item in value.items()
        if named or key not in _PROSE | {"example"} or (key == "description" and set(value) <= _RESPONSE)
    }


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def main() -> None:
    """Read the whole description, write the cut one."""
    whole = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    target = Path(__file__).with_name("openapi.json")
    target.write_text(json.dumps(cut(whole), separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
