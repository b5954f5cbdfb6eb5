"""`ml-ci records`: what a person sees and does with the store."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from ml_ci.records.manifests import Entry, pack_entries
from ml_ci.reports.records import RecordRow, shown, table


def listed(tiny: Any, *arguments: str) -> list[dict[str, Any]]:
    code, out, err = tiny.run("records", "list", "--json", *arguments)
    assert code == 0, err
    return json.loads(out)["records"]


def test_list(ran: Any) -> None:
    head = ran.git("rev-parse", "HEAD")
    rows = listed(ran)
    assert sorted(row["kind"] for row in rows) == sorted(
        ["trainings", "trainings", "predictions", "predictions", "comparisons", "verdicts"]
    )
    training = next(row for row in rows if row["commit"] == head)
    assert (training["model"], training["dirty"]) == ("tiny", False)
    assert {"code", "data.train", "environment", "seed"} <= training["parts"].keys()
    assert training["bytes"] > 100
    assert set(training["origin"]) == {"event", "ref", "run"}
    assert 0 <= training["age_seconds"] < 600
    assert len(listed(ran, "--kind", "trainings")) == 2
    assert [row["key"] for row in listed(ran, "--model", "tiny")] == [row["key"] for row in rows]
    assert ran.run("records", "list", "--model", "other")[0] == 2
    code, out, _ = ran.run("records", "list")
    assert code == 0
    assert out.splitlines()[0].split() == ["KIND", "MODEL", "KEY", "COMMIT", "SIZE", "AGE", "UNUSED", "PARTS"]
    assert any(training["key"][:12] in line and head[:7] in line for line in out.splitlines())
    assert re.fullmatch(r"6 records, [\d.]+ k?B", out.splitlines()[-1])


def test_a_list_has_an_end(ran: Any) -> None:
    """Of many records those that were used last are shown, and the sum of all."""
    sums = ran.run("records", "list")[1].splitlines()[-1]
    whole = [row["key"] for row in listed(ran)]
    for limit, keys in (("2", whole[-2:]), ("99", whole)):
        assert [row["key"] for row in listed(ran, "--limit", limit)] == keys
    _, out, _ = ran.run("records", "list", "--limit", "2")
    head, *rows, told, rest = out.splitlines()
    assert [row.split()[2] for row in rows] == [key[:12] for key in whole[-2:]]
    assert head.startswith("KIND") and told == sums
    assert rest == "the 2 that were used last; all of them: ml-ci records list --all"
    assert len(ran.run("records", "list", "--all")[1].splitlines()) == len(whole) + 2
    code, _, said = ran.run("records", "list", "--all", "--limit", "2")
    assert code == 2 and "exclude each other" in said


@pytest.mark.parametrize(("rows", "lines"), [(0, 1), (1, 3), (30, 32), (31, 33), (900, 33)])
def test_how_long_a_list_is(rows: int, lines: int) -> None:
    made = [RecordRow("trainings", f"{number:064x}", 5, 1.0, 1.0) for number in range(rows)]
    said = list(table(made, 30))
    assert len(said) == lines and any(line.startswith(f"{rows} record") for line in said)
    assert (f"{rows - 1:064x}"[:12] in "\n".join(said)) is (rows > 0)


def test_what_a_job_read_outside_of_the_repository_is_shown() -> None:
    entry = Entry("m", "k", {"files": {"a.json": "1"}}, ("/data/b.csv", "/data/a"))
    row = RecordRow("trainings", "f" * 64, 5, 1.0, 1.0, {"reads": pack_entries([entry])})
    told = list(shown(row, {}))
    assert told[-6:-1] == [
        "reads:",
        "  a.json",
        "read outside of the repository, in no fingerprint:",
        "  /data/a",
        "  /data/b.csv",
    ]


def test_list_of_an_empty_store(tiny: Any) -> None:
    assert tiny.run("records", "list")[1] == "0 records, 0 B\n"
    assert listed(tiny, "--model", "tiny") == [], "it is declared, and nothing was run yet"


def test_a_damaged_record_is_listed_as_such(ran: Any) -> None:
    key = listed(ran, "--kind", "verdicts")[0]["key"]
    (ran.store / "records" / "verdicts" / key[:2] / key / "record.json").write_text("{}")
    (row,) = listed(ran, "--kind", "verdicts")
    assert row["damage"] == "record.json does not match its own digest"
    code, out, _ = ran.run("records", "show", key[:10])
    assert code == 0
    assert "damaged: record.json does not match its own digest" in out


def test_show(ran: Any) -> None:
    training = listed(ran, "--kind", "trainings")[0]
    log = ran.store / "records" / "trainings" / training["key"][:2] / training["key"] / "job.log"
    assert log.is_file()
    code, out, _ = ran.run("records", "show", training["key"][:10], "--log")
    assert code == 0
    assert out.startswith(f"trainings/{training['key']}\n")
    for said in (
        "model: tiny",
        f"commit: {training['commit']}",
        "  data.train: ",
        "  predictions.csv",
        "log, its last lines:\n  trained with seed 0",
    ):
        assert said in out
    shown = json.loads(ran.run("records", "show", f"trainings/{training['key']}", "--json")[1])
    assert shown["files"].keys() == {"predictions.csv", "job.log"}


@pytest.mark.parametrize(
    ("key", "said"),
    [("ffff" * 16, "no record's key begins with ffff"), ("trainings/", "2 records begin with trainings/")],
)
def test_show_asks_for_one_record(ran: Any, key: str, said: str) -> None:
    code, _, err = ran.run("records", "show", key)
    assert code == 2
    assert said in err


def test_prune_keeps_what_head_needs(ran: Any) -> None:
    ran.seed(7)
    assert ran.run("run")[0] == 0
    ran.seed(0)
    before = {row["key"] for row in listed(ran)}
    code, out, _ = ran.run("records", "prune", "--max-size", "1B", "--dry-run")
    assert code == 0
    assert "4 records, " in out
    assert "would be removed" in out
    assert "stay, more than 1 B: the comparisons here need them" in out
    assert {row["key"] for row in listed(ran)} == before
    assert "4 records, " in ran.run("records", "prune", "--max-size", "1B")[1]
    assert len(listed(ran)) == 6
    trainings = ran.trainings
    code, out, _ = ran.run("run", "--json")
    assert json.loads(out)["models"]["tiny"]["action"] == "reuse"
    assert ran.trainings == trainings
    assert "0 records, 0 B removed" in ran.run("records", "prune")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--max-size", "much"), "much is no size such as"), (("--older-than", "5 years"), "5 years is no age such as")],
)
def test_prune_refuses_what_it_does_not_understand(tiny: Any, arguments: tuple[str, str], said: str) -> None:
    code, _, err = tiny.run("records", "prune", *arguments)
    assert code == 2
    assert said in err


def test_push_and_pull(ran: Any, tmp_path: Path) -> None:
    share = str(tmp_path / "share")
    assert ran.run("records", "push", "--store", share)[1] == f"6 records sent to {share}\n"
    assert ran.run("records", "push", "--store", share)[1] == f"0 records sent to {share}\n"
    shutil.rmtree(ran.store)
    assert ran.run("records", "pull", "--store", share)[1] == f"6 records brought from {share}\n"
    assert len(listed(ran)) == 6
    shutil.rmtree(ran.store)
    assert ran.run("records", "pull", "--all", "--store", share)[1] == f"6 records brought from {share}\n"
    assert json.loads(ran.run("run", "--json")[1])["models"]["tiny"]["action"] == "reuse"
    assert ran.trainings == 2


def test_pull_from_a_damaged_store_names_the_record(ran: Any, tmp_path: Path) -> None:
    share = tmp_path / "share"
    ran.run("records", "push", "--store", str(share))
    shutil.rmtree(ran.store)
    damaged = next((share / "trainings").iterdir())
    damaged.write_bytes(damaged.read_bytes()[:700])
    code, _, err = ran.run("records", "pull", "--all", "--store", str(share))
    assert code == 2
    assert f"the record trainings/{damaged.stem[:12]} in the store {share} is damaged" in err
    assert len(listed(ran)) == 5


@pytest.mark.parametrize("command", ["push", "pull"])
def test_without_a_store(ran: Any, command: str) -> None:
    code, _, err = ran.run("records", command)
    assert code == 2
    assert "there is no shared store" in err
    assert "ML_CI_STORE" in err


def test_pull_from_nowhere(ran: Any, tmp_path: Path) -> None:
    code, _, err = ran.run("records", "pull", "--store", str(tmp_path / "nowhere"))
    assert code == 2
    assert "there is no folder" in err
