"""Where the registry is: a server or database that is named, or a file below `.ml_ci/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from urllib.parse import urlsplit

from ml_ci.frozen import dataclass

_SETTINGS = ("MLFLOW_REGISTRY_URI", "MLFLOW_TRACKING_URI")


@dataclass(frozen=True)
class Location:
    """`uri` as MLflow takes it; `state` is the project's `.ml_ci`; `embedded` says that the database lies in there.

    `environment` holds the credentials that MLflow reads.
    """

    uri: str
    state: Path
    embedded: bool
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def shown(self) -> str:
        """Name it in a message: without credentials."""
        if self.embedded:
            return f"{self.state.name}/{self.database.name}"
        parts = urlsplit(self.uri)
        host = parts.hostname or ""
        return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}{parts.path}" if host else self.uri

    @property
    def database(self) -> Path:
        """The file of an sqlite database."""
        return Path(self.uri.removeprefix("sqlite:///"))

    @property
    def is_file(self) -> bool:
        return self.uri.startswith("sqlite:///")

    @property
    def is_server(self) -> bool:
        return self.uri.startswith(("http://", "https://"))


def locate(state: Path, url: str | None, environment: Mapping[str, str]) -> Location:
    """Take `registry:` of ml-ci.yaml, or else what MLflow's environment names, or else `.ml_ci/mlflow.db`."""
    named = url or next((environment[name] for name in _SETTINGS if environment.get(name)), None)
    if named is not None:
        return Location(named.rstrip("/") if "://" in named else named, state, False, environment)
    return Location(f"sqlite:///{state.resolve() / 'mlflow.db'}", state.resolve(), True, environment)
