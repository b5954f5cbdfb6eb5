"""Read who is champion without MLflow, whose import alone takes more than a plan may: by SQL, or by two requests.

Measured with MLflow 3.17.2 on two cores: asked by its client, a registry in a file answers after 2,200 ms of CPU, and
here after 80, Python's start included; a plan may take 300. A server is asked by MLflow's REST interface. A file has
none, so its tables are read, and never written (the client makes the file where there is none); .ci/run holds what they
are called, from the oldest version on that is taken to the newest.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from ml_ci.errors import UserError
from ml_ci.registry.answering import CREDENTIALS, DAMAGED, HINT, SECONDS, NotLetInError, say_silent
from ml_ci.registry.history import check_not_lost
from ml_ci.registry.location import Location
from ml_ci.registry.values import CHAMPION, NoAnswerError, Version

_LARGEST = 4 * 1024 * 1024


def champion(location: Location, model: str, alias: str = CHAMPION) -> Version | None:
    """Give the version that an alias names; None when there is no such model or alias.

    NoAnswerError when the registry cannot be reached or does not answer as MLflow does; LostChampionError where the
    alias of a model that had a champion was taken away.
    """
    if location.is_file:
        return _from_file(location, model, alias)
    if not location.is_server:
        return _from_mlflow(location, model, alias)
    try:
        return _from_server(location, model, alias)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NoAnswerError(f"{location.shown} does not answer as an MLflow server does", HINT) from None
    except NotLetInError as refused:
        try:  # MLflow knows more ways in: a file of credentials, certificates, plug-ins
            return _from_mlflow(location, model, alias)
        except (NoAnswerError, UserError):
            raise refused from None


def _from_mlflow(location: Location, model: str, alias: str) -> Version | None:
    from ml_ci.registry.mlflow_registry import MlflowRegistry

    registry = MlflowRegistry(location)
    found = registry.aliased(model, alias)
    if found is None and alias == CHAMPION:
        check_not_lost(model, registry.tags(model))
    return found


def _from_file(location: Location, model: str, alias: str) -> Version | None:
    import sqlite3

    if not location.database.exists():
        return None
    try:
        try:
            return _read(location, "ro", model, alias)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_READONLY_ROLLBACK":
                raise
            # Who wrote last was killed: what was half written is taken back by the next who may write.
            return _read(location, "rw", model, alias)
    except sqlite3.Error as error:
        hint = "Another program holds it: wait for it." if "locked" in str(error) else DAMAGED
        raise NoAnswerError(f"{location.shown} cannot be read: {error}", hint) from None


def _read(location: Location, mode: str, model: str, alias: str) -> Version | None:
    import sqlite3

    with closing(sqlite3.connect(f"file:{location.database}?mode={mode}", uri=True, timeout=SECONDS)) as database:
        return _row(database, model, alias)


def _row(database: Any, model: str, alias: str) -> Version | None:
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "registered_model_aliases" not in tables:
        return None  # a database that was just made
    found = database.execute(
        "SELECT v.version, v.creation_time, v.source, v.run_id FROM registered_model_aliases AS a"
        " JOIN model_versions AS v ON v.name = a.name AND v.version = a.version WHERE a.name = ? AND a.alias = ?"
        " AND COALESCE(v.current_stage, '') != 'Deleted_Internal'",  # MLflow 3.1 keeps the alias of a deleted version
        (model, alias),
    ).fetchone()
    if found is None:
        if alias == CHAMPION:
            query = "SELECT key, value FROM registered_model_tags WHERE name = ?"
            check_not_lost(model, dict(database.execute(query, (model,))))
        query = "SELECT version FROM registered_model_aliases WHERE name = ? AND alias = ?"
        for (number,) in database.execute(query, (model, alias)):
            raise _say_gone(model, alias, number)
        return None
    version, created, source, run = found
    query = "SELECT key, value FROM model_version_tags WHERE name = ? AND version = ?"
    tags = {str(key): str(value) for key, value in database.execute(query, (model, version))}
    return Version(model, str(version), (created or 0) / 1000, source or "", run, tags)


def _from_server(location: Location, model: str, alias: str) -> Version | None:
    said = _get(location, "registered-models/get", {"name": model})
    if said is None:
        return None
    known = said["registered_model"]
    if known["name"] != model:
        raise ValueError(model)
    number = next((str(one["version"]) for one in known.get("aliases", ()) if one.get("alias") == alias), None)
    found = None if number is None else _get(location, "model-versions/get", {"name": model, "version": number})
    if found is None:
        if alias == CHAMPION:  # some servers keep the alias of a version that somebody deleted
            check_not_lost(model, _tags(known))
        if number is None:
            return None
        raise _say_gone(model, alias, number)
    return _version(model, found["model_version"])


def _say_gone(model: str, alias: str, number: object) -> NoAnswerError:
    hint = "Somebody deleted that version: set the alias to one that is there, in MLflow."
    return NoAnswerError(f"the alias `{alias}` of {model} names v{number}, which is not there", hint)


def _version(model: str, said: Mapping[str, Any]) -> Version:
    created = int(said.get("creation_timestamp") or 0) / 1000
    return Version(
        model, str(said["version"]), created, str(said.get("source", "")), said.get("run_id") or None, _tags(said)
    )


def _tags(said: Mapping[str, Any]) -> dict[str, str]:
    return {str(tag["key"]): str(tag.get("value", "")) for tag in said.get("tags", ())}


def _get(location: Location, path: str, query: Mapping[str, str]) -> dict[str, Any] | None:
    """Ask MLflow's REST interface; None when it says that what was asked for does not exist."""
    request = Request(f"{location.uri}/api/2.0/mlflow/{path}?{urlencode(query)}", headers=_headers(location))  # noqa: S310
    try:
        with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            said = json.loads(answer.read(_LARGEST))
    except HTTPError as error:
        if error.code == 404 and _code(error) == "RESOURCE_DOES_NOT_EXIST":
            return None
        message = f"the registry {location.shown} answered {error.code} {error.reason}"
        if error.code in (401, 403):
            raise NotLetInError(message, CREDENTIALS) from None
        raise NoAnswerError(message, HINT) from None
    except (URLError, OSError, ValueError) as error:
        raise say_silent(location, getattr(error, "reason", error)) from None
    if not isinstance(said, dict):
        raise NoAnswerError(f"{location.shown} does not answer as an MLflow server does", HINT)
    return said


def _code(error: HTTPError) -> str:
    try:
        return str(json.loads(error.read(_LARGEST)).get("error_code", ""))
    except (ValueError, AttributeError, OSError):
        return ""


def _headers(location: Location) -> dict[str, str]:
    known = location.environment
    if token := known.get("MLFLOW_TRACKING_TOKEN"):
        return {"Authorization": f"Bearer {token}"}
    if user := known.get("MLFLOW_TRACKING_USERNAME"):
        pair = f"{user}:{known.get('MLFLOW_TRACKING_PASSWORD', '')}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    return {}
