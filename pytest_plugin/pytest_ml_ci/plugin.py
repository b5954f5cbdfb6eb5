"""The entry of the plugin: options, markers and fixtures. It imports pytest only; all else comes with `--ml-ci`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_ml_ci.asking import Asked
    from pytest_ml_ci.holdout import Holdout
    from pytest_ml_ci.measured import Measured

OFF = "needs --ml-ci"
_MARKERS = (
    "ml_model(name): test a model of ml-ci.yaml with the fixtures candidate, baseline and holdout; needs --ml-ci.",
    "ml_gate(condition, ...): gates that have to hold before the test runs, such as 'fnr <= 0.1'; needs --ml-ci.",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, every one with the plugin's prefix."""
    group = parser.getgroup("ml-ci", "gates on machine learning models")
    group.addoption("--ml-ci", action="store_true", help="Judge every gate of ml-ci.yaml as a test of its own.")
    group.addoption("--ml-ci-config", metavar="FILE", help="Another configuration file than the nearest ml-ci.yaml.")
    group.addoption(
        "--ml-ci-baseline", metavar="REF", help="Compare with this commit instead of the models' own baselines."
    )
    group.addoption(
        "--ml-ci-model", action="append", metavar="NAME", default=[], help="Only this model; may be given again."
    )
    group.addoption(
        "--ml-ci-explore", action="store_true", help="Try 1,000 other rows each time where tests draw them, in CI too."
    )
    parser.addini("ml_ci_config", "The configuration file of ml-ci, relative to this file.", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers; with `--ml-ci`, load the rest."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    if config.option.ml_ci:
        from pytest_ml_ci.hooks import start

        start(config)
    elif given := [
        name for name in ("config", "baseline", "model", "explore") if getattr(config.option, f"ml_ci_{name}")
    ]:
        raise pytest.UsageError(f"--ml-ci-{given[0]} does nothing without --ml-ci. Add --ml-ci.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip marked tests, with the reason, when the plugin was not asked for."""
    if config.option.ml_ci:
        return
    skip = pytest.mark.skip(reason=OFF)
    for item in items:
        if item.get_closest_marker("ml_model") or item.get_closest_marker("ml_gate"):
            item.add_marker(skip)


@pytest.fixture
def candidate(request: pytest.FixtureRequest) -> Measured:
    """The model as the working tree gives it, measured on the holdout: counts, rates and `.where(column, value)`."""
    _skip_when_off(request)
    from pytest_ml_ci.fixtures import candidate_of

    return candidate_of(request)


@pytest.fixture
def baseline(request: pytest.FixtureRequest) -> Measured:
    """The model that the candidate is compared with, measured on the same holdout; skips while the model is new."""
    _skip_when_off(request)
    from pytest_ml_ci.fixtures import baseline_of

    return baseline_of(request)


@pytest.fixture
def holdout(request: pytest.FixtureRequest) -> Holdout:
    """The labelled rows on which candidate and baseline are measured."""
    _skip_when_off(request)
    from pytest_ml_ci.fixtures import holdout_of

    return holdout_of(request)


@pytest.fixture(scope="session")
def ask(request: pytest.FixtureRequest) -> Iterator[Asked]:
    """Ask the candidate about rows: `ask(row, age=41).score` and `.decision`; one row or many; `ask.baseline` too."""
    _skip_when_off(request)
    from pytest_ml_ci.asking import open_ask

    with open_ask(request.config) as asked:
        yield asked


def _skip_when_off(request: pytest.FixtureRequest) -> None:
    if not request.config.option.ml_ci:
        pytest.skip(OFF)
