"""The registry in MLflow: a server, or a database; the only module that imports MLflow."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from ml_ci.errors import UserError
from ml_ci.registry import answering
from ml_ci.registry.location import Location
from ml_ci.registry.values import PROMOTION, Dataset, NoAnswerError, Offer, Version

_DIGEST = 36  # MLflow refuses a longer digest of a dataset; the whole one stands in its profile
_PARAM = 6000
_GONE = ("RESOURCE_DOES_NOT_EXIST",)
_REFUSED = re.compile(r"error code 40[13]\b|PERMISSION_DENIED|UNAUTHENTICATED|Unauthorized|Forbidden")
_DAMAGED = re.compile(r"not a database|malformed|no such table|Can't locate revision")


class MlflowRegistry:
    """Talk to MLflow through one client with explicit addresses; nothing global is set."""

    def __init__(self, location: Location) -> None:
        answering.check(location)
        client = _client_class()
        self.location = location
        with self._answers(), _opening(location):
            self._client = client(tracking_uri=location.uri, registry_uri=location.uri)
            if location.is_file:
                self._client.search_registered_models(max_results=1)  # makes the tables, under the lock

    def aliased(self, model: str, alias: str) -> Version | None:
        with self._answers():
            found = self._model(model)
            number = None if found is None else found.aliases.get(alias)
            return None if number is None else self._one(model, str(number))

    def _one(self, model: str, number: str) -> Version | None:
        """Give a version; None when it is gone: a server of MLflow 3.1 keeps the alias of one that somebody deleted."""
        from mlflow.exceptions import MlflowException

        try:
            return _version(self._client.get_model_version(model, number))
        except MlflowException as error:
            if error.error_code in _GONE:
                return None
            raise

    def versions(self, model: str) -> tuple[Version, ...]:
        found: list[Version] = []
        with self._answers():
            token = None
            while True:
                page = self._client.search_model_versions(f"name = {_quote(model)}", page_token=token)
                # A search may leave tags out on some stores; a single version never does.
                found += [_version(self._client.get_model_version(model, str(one.version))) for one in page]
                token = page.token
                if not token:
                    return tuple(sorted(found, key=lambda one: int(one.version)))

    def log(self, offer: Offer) -> str:
        with self._answers():
            run = self._run(offer)
            self._log_values(run, offer)
            self._log_files(run, offer.folder)
            self._client.set_terminated(run, "FINISHED")
            return run

    def register(self, offer: Offer, run: str) -> Version:
        with self._answers():
            if self._model(offer.model) is None:
                self._create_model(offer.model)
            artifacts = self._client.get_run(run).info.artifact_uri
            tags = dict(offer.tags)
            source, said = f"{artifacts}/model", offer.summary
            made = self._client.create_model_version(offer.model, source, run_id=run, tags=tags, description=said)
            return _version(self._client.get_model_version(offer.model, str(made.version)))

    def point(self, model: str, alias: str, version: str) -> None:
        with self._answers():
            self._client.set_registered_model_alias(model, alias, version)

    def unpoint(self, model: str, alias: str) -> None:
        with self._answers():
            found = self._model(model)
            if found is not None and alias in found.aliases:
                self._client.delete_registered_model_alias(model, alias)

    def tag(self, model: str, version: str, key: str, value: str) -> None:
        with self._answers():
            self._client.set_model_version_tag(model, version, key, value)

    def tags(self, model: str) -> Mapping[str, str]:
        with self._answers():
            found = self._model(model)
            return {} if found is None else dict(found.tags)

    def tag_model(self, model: str, key: str, value: str) -> None:
        with self._answers():
            if self._model(model) is None:
                self._create_model(model)
            self._client.set_registered_model_tag(model, key, value)

    def untag_model(self, model: str, key: str) -> None:
        with self._answers():
            found = self._model(model)
            if found is not None and key in found.tags:
                self._client.delete_registered_model_tag(model, key)

    def download(self, version: Version, part: str | None, to: Path) -> Path:
        import mlflow.artifacts

        with self._answers():
            if part is not None and version.run is not None:
                return Path(self._client.download_artifacts(version.run, part, str(to)))
            source = self._client.get_model_version_download_uri(version.model, version.version)
            return Path(mlflow.artifacts.download_artifacts(source, dst_path=str(to), tracking_uri=self.location.uri))

    def _model(self, name: str) -> Any:
        from mlflow.exceptions import MlflowException

        try:
            found = self._client.get_registered_model(name)
        except MlflowException as error:
            if error.error_code in _GONE:
                return None
            raise
        if found.name != name:
            raise ValueError("it does not answer as an MLflow server does")
        return found

    def _create_model(self, name: str) -> None:
        from mlflow.exceptions import MlflowException

        try:
            self._client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _run(self, offer: Offer) -> str:
        experiment = self._experiment(f"ml-ci/{offer.model}")
        asked = f"tags.`{PROMOTION}` = {_quote(offer.id)}"
        for run in self._client.search_runs([experiment], asked, max_results=1):
            return str(run.info.run_id)
        tags = {
            PROMOTION: offer.id,
            "mlflow.source.git.commit": offer.event.commit or "",
            "mlflow.source.name": "ml-ci promote",
            "mlflow.user": offer.event.by,
            "mlflow.note.content": offer.description,  # Markdown, which MLflow shows first
        }
        name = f"{offer.model} {(offer.event.commit or '')[:7]}".strip()
        return str(self._client.create_run(experiment, tags=tags, run_name=name).info.run_id)

    def _experiment(self, name: str) -> str:
        from mlflow.exceptions import MlflowException

        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return _active(found)
        beside = self.location.database.resolve().with_name("mlflow-artifacts")
        place = beside.as_uri() if self.location.is_file else None
        try:
            return str(self._client.create_experiment(name, artifact_location=place))
        except MlflowException as error:
            found = self._client.get_experiment_by_name(name)
            if error.error_code != "RESOURCE_ALREADY_EXISTS" or found is None:
                raise
            return _active(found)

    def _log_values(self, run: str, offer: Offer) -> None:
        from mlflow.entities import Metric, Param

        known = self._client.get_run(run).data
        time = int(datetime.fromisoformat(offer.event.time).timestamp() * 1000)
        metrics = [Metric(key, value, time, 0) for key, value in offer.metrics.items() if key not in known.metrics]
        params = [Param(key, text[:_PARAM]) for key, text in offer.params.items() if key not in known.params]
        for batch in range(0, max(len(metrics), len(params)), 100):
            self._client.log_batch(run, metrics=metrics[batch : batch + 100], params=params[batch : batch + 100])
        self._client.log_inputs(run, datasets=[_input(one) for one in offer.datasets])

    def _log_files(self, run: str, folder: Path) -> None:
        """Store a run's files. The client's own verb asks MLflow's global settings which server it talks to, in 3.1."""
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        place = self._client.get_run(run).info.artifact_uri
        get_artifact_repository(place, tracking_uri=self.location.uri).log_artifacts(str(folder))

    @contextmanager
    def _answers(self) -> Iterator[None]:
        """Turn what MLflow and the libraries below it raise into one kind of error.

        They raise errors of many kinds: of SQLAlchemy, of requests, and of their own reading of what a server said.
        """
        try:
            yield
        except (UserError, NoAnswerError):
            raise
        except Exception as error:
            why = _why(error)
            message = f"the registry {self.location.shown} did not do what was asked: {why}"
            raise NoAnswerError(message, _hint(self.location, why)) from error


def _why(error: BaseException) -> str:
    """Give what an error says; where the system or a database is behind it, its words, and not every layer above it."""
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, (ConnectionError, TimeoutError)) and below.strerror:
            return below.strerror
        if isinstance(below, sqlite3.Error):
            return str(below)
        below = below.__cause__ or below.__context__
    said = " ".join(str(error).split())[:500] or type(error).__name__
    answered = re.search(r"too many (\d+) error responses", said)
    return f"it answers {answered[1]}, again and again" if answered else said


def _hint(location: Location, why: str) -> str:
    if _REFUSED.search(why):
        return answering.CREDENTIALS
    if "download artifacts" in why:
        return "Are the files still where the registry keeps them, and is there space on this disk?"
    if not location.is_file:
        return "Is it running, does it let you write, and is `registry:` in ml-ci.yaml its URL?"
    if "locked" in why:
        return "Another program is writing into it: wait for it, then run the same command again."
    if _DAMAGED.search(why):
        return answering.DAMAGED
    return "Is its disk full, and may you write there? Then run the same command again."


def _client_class() -> Any:
    """Import MLflow; UserError when it is not installed."""
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        from mlflow.tracking import MlflowClient
    except ImportError as error:
        own = (error.name or "").partition(".")[0] == "mlflow"
        why = "is not installed" if own else f"cannot be imported without {error.name or error}"
        hint = "Install it: pip install 'ml-ci[mlflow]'"
        raise UserError(f"the registry needs MLflow, which {why}", hint=hint) from None
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return MlflowClient


@contextmanager
def _opening(location: Location) -> Iterator[None]:
    """Let one process at a time open a database that is a file: several that make its tables at once corrupt it."""
    if not location.is_file:
        yield
        return
    from filelock import FileLock

    with FileLock(location.database.with_name(f"{location.database.name}.lock")):
        yield


def _active(experiment: Any) -> str:
    """Give an experiment's id; NoAnswerError when somebody deleted it: MLflow logs nothing there, nor makes another."""
    if experiment.lifecycle_stage != "active":
        hint = f"Bring it back: mlflow experiments restore --experiment-id {experiment.experiment_id}"
        raise NoAnswerError(f"somebody deleted the experiment {experiment.name} in the registry", hint)
    return str(experiment.experiment_id)


def _version(found: Any) -> Version:
    tags = {str(key): str(value) for key, value in (found.tags or {}).items()}
    created = (found.creation_timestamp or 0) / 1000
    return Version(found.name, str(found.version), created, found.source or "", found.run_id or None, tags)


def _input(one: Dataset) -> Any:
    from mlflow.entities import Dataset as MlflowDataset
    from mlflow.entities import DatasetInput, InputTag

    profile = json.dumps({"digest": one.digest})
    said = MlflowDataset(one.name, one.digest[:_DIGEST], "local", json.dumps({"uri": one.source}), None, profile)
    return DatasetInput(said, [InputTag("mlflow.data.context", one.context)])


def _quote(text: str) -> str:
    if "'" in text:
        raise UserError(f"the registry cannot be asked for {text}", hint="Rename it without quotes.")
    return f"'{text}'"
