"""Live rows and labels in a PostgreSQL of the tests' own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ml_ci.errors import UserError
from ml_ci.evaluation.confusion import Confusion
from ml_ci.spec.values import Positive
from tests.registry.stores import registry_postgres

from .conftest import Service, at, make_model

pytestmark = pytest.mark.slow  # starting a server takes seconds

PREDICTIONS = "{sql: 'select id as request, at, score, age from answers where model = ''churn''', dsn: LIVE_DSN}"
LABELS = "{sql: 'select request_id as request, churned, decided from outcomes', dsn: LIVE_DSN, time: decided}"


@pytest.fixture(scope="module")
def dsn() -> Iterator[str]:
    psycopg = pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    with registry_postgres.running() as server:
        address = f"postgresql://{server.address.replace('mlflow@', 'mlflow:s3cr3t-word@')}"
        with psycopg.connect(address) as database:
            database.execute("CREATE TABLE answers (id bigint, at timestamptz, score real, age int, model text)")
            database.execute(
                "INSERT INTO answers SELECT i, '2026-01-06 00:00+02'::timestamptz + i * interval '1 minute', "
                "case when i % 10 = 0 then 0.9 else 0.1 end, i, 'churn' FROM generate_series(0, 999) i"
            )
            database.execute("INSERT INTO answers VALUES (7, now(), 0.5, 1, 'other')")
            database.execute(
                "CREATE TABLE outcomes (request_id bigint, churned boolean, decided timestamptz, note text)"
            )
            database.execute(
                "INSERT INTO outcomes SELECT i, i % 5 = 0, '2026-01-08 00:00Z'::timestamptz, '' "
                "FROM generate_series(0, 899) i"
            )
        yield address


@pytest.fixture
def served(service: Service, dsn: str) -> Service:
    service.environment = {"LIVE_DSN": dsn}
    service.model = replace(make_model(predictions=PREDICTIONS, labels=LABELS), positive=Positive((True,)))
    return service


def test_predictions_and_labels_are_read(served: Service) -> None:
    window = served.look(10).windows[0]
    assert (window.rows, window.positive) == (1000, 100)
    assert window.counts == Confusion(tp=90, fp=0, tn=720, fn=90)
    assert window.begin == at(0)[:-6] + "Z"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select * from nothing", 'PostgreSQL refuses the query: relation "nothing" does not exist'),
        ("with a as (delete from answers returning id) select * from a", "PostgreSQL refuses the query: "),
        ("select setval(''s'', 1)", "PostgreSQL refuses the query: "),
        ("select id, id from answers", 'the query of $LIVE_DSN gives two columns "id"'),
        ("select id, at as request, score from answers", "the query of $LIVE_DSN has no column 'at'"),
        (
            "select id as request, at::timestamp, score from answers",
            "the query of $LIVE_DSN: the column 'at' is of type",
        ),
    ],
)
def test_what_the_database_refuses_is_told_and_nothing_is_written(served: Service, query: str, said: str) -> None:
    served.model = make_model(predictions=f"{{sql: '{query}', dsn: LIVE_DSN}}")
    with pytest.raises(UserError) as wrong:
        served.look(10)
    assert wrong.value.message.startswith(said)
    assert "s3cr3t-word" not in str(wrong.value)


@pytest.mark.parametrize(
    ("connection", "said"),
    [
        ("", "the variable LIVE_DSN of dsn: is not set"),
        ("postgresql://u:s3cr3t-word@127.0.0.1:1/x", "PostgreSQL cannot be reached by $LIVE_DSN"),
        ("host=127.0.0.1 s3cr3t-word", "PostgreSQL cannot be reached by $LIVE_DSN"),
    ],
)
def test_a_connection_is_never_told(served: Service, connection: str, said: str) -> None:
    served.environment = {"LIVE_DSN": connection}
    with pytest.raises(UserError) as wrong:
        served.look(10)
    assert wrong.value.message.startswith(said)
    assert "s3cr3t-word" not in str(wrong.value)


def test_without_its_package(served: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UserError, match="psycopg, which is not installed") as wrong:
        served.look(10)
    assert wrong.value.hint == "Run: pip install 'ml-ci[postgres]'"
