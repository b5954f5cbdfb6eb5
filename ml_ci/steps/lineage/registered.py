"""Find a registered version, and what it was made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.registry.history import check_not_lost, list_tries, moves
from ml_ci.registry.mlflow_registry import MlflowRegistry
from ml_ci.registry.values import CHAMPION, PREVIOUS, Lineage, Version
from ml_ci.steps.opening.project import check_models, check_name, locate, open_project
from ml_ci.steps.planning.champion import find_location
from ml_ci.steps.promotion.offer_files import FORMAT, LINEAGE
from ml_ci.steps.values import Options, Project


@dataclass(frozen=True)
class Registered:
    """A project with its registry open."""

    project: Project
    registry: MlflowRegistry

    @classmethod
    def open(cls, options: Options) -> Registered:
        """Open the project's registry; UserError when there is no project, or MLflow is missing."""
        project = open_project(locate(options), options)
        return cls(project, MlflowRegistry(find_location(project)))

    def version(self, name: str) -> Version:
        """Find `MODEL`, `MODEL@3`, `MODEL@v3` or `MODEL@previous`; UserError names what there is."""
        model, _, wanted = name.partition("@")
        check_name(self.project.spec, model)
        wanted = wanted or CHAMPION
        aliased = self.registry.aliased(model, wanted) if not wanted.removeprefix("v").isdigit() else None
        if aliased is not None:
            return aliased
        known = self.registry.versions(model)
        for one in known:
            if one.version == wanted.removeprefix("v"):
                return one
        if not known:
            check_models(self.project.spec, (model,))
            raise UserError(f"the registry has no model `{model}`", hint=f"Promote one: ml-ci promote {model}")
        if wanted == CHAMPION:
            check_not_lost(model, self.registry.tags(model))
        there = ", ".join(f"v{one.version}" for one in known[-20:])
        raise UserError(f"`{model}` has no version or alias `{wanted}`", hint=f"Its versions are: {there}.")

    def lineage(self, version: Version) -> Lineage:
        """Read what a version was made of; UserError when the registry's file is damaged."""
        aliases = tuple(one for one in dict.fromkeys((CHAMPION, PREVIOUS, version.stage)) if self._names(version, one))
        tags = self.registry.tags(version.model)
        done = tuple(event for event in moves(tags) if event.version == version.version)
        tries = tuple(one for one in list_tries(version.model, tags) if one.version == version.version)
        if not version.ours:
            return Lineage(version, {}, aliases, done, tries)
        with self.project.store.workplace() as work:
            path = self.registry.download(version, LINEAGE, work)
            return Lineage(version, _read(path, version), aliases, done, tries)

    def _names(self, version: Version, alias: str) -> bool:
        found = self.registry.aliased(version.model, alias)
        return found is not None and found.version == version.version


def _read(path: Path, version: Version) -> Mapping[str, Any]:
    try:
        said = json.loads(path.read_bytes())
    except ValueError:
        said = None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise UserError(f"the lineage of {version.model} v{version.version} is damaged, or of another version of ml-ci")
    return said
