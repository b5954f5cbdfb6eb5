"""`ml-ci records`: what is stored, and what is shared."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ml_ci.cli import parameters
from ml_ci.errors import UserError

if TYPE_CHECKING:
    from ml_ci.records.shared import Shared
    from ml_ci.reports.records import RecordRow
    from ml_ci.steps.keeping.stock import Stock
    from ml_ci.steps.values import Options

KINDS = ("trainings", "predictions", "comparisons", "behaviours", "verdicts", "determinism")
_MOST_LISTED = 30
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def _size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([kmgt]?)(i?)b?", (value or "").lower())
    if value is not None and not found:
        raise click.BadParameter(f"{value} is no size such as 500MB or 2GiB", ctx, param)
    return None if not found else round(float(found[1]) * (1024 if found[3] else 1000) ** _POWERS[found[2]])


def _age(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([mhdw])", (value or "").lower())
    if value is not None and not found:
        raise click.BadParameter(f"{value} is no age such as 12h, 30d or 8w", ctx, param)
    return None if not found else float(found[1]) * _SECONDS[found[2]]


@click.group()
def command() -> None:
    """List, show, prune and share the records: what trainings and evaluations left in .ml_ci/.

    A record is found again by its key, the digest of everything that it depends on. Runs share records through a store:
    `store: URL` in ml-ci.yaml, a folder, s3://, gs:// or whatever fsspec knows (pip install 'ml-ci[remote]').
    """


@command.command("list", short_help="List the records, the longest unused first.")
@parameters.as_json
@click.option("--kind", type=click.Choice(KINDS), help="Only this kind.")
@click.option("--model", "-m", metavar="NAME", help="Only records of this model.")
@click.option(
    "--limit", type=click.IntRange(1), metavar="N", help="The N that were used last. [default: 30, with --json all]"
)
@click.option("--all", "everything", is_flag=True, help="Every record.")
@parameters.config
def list_(
    as_json: bool, kind: str | None, model: str | None, limit: int | None, everything: bool, config: str | None
) -> None:
    """List the records that were used last, the longest unused first.

    A commit with + was trained from a tree with changes. PARTS shows the first digits of each part's digest: where two
    trainings differ, these parts had changed.
    """
    from ml_ci.reports.records import table

    if everything and limit is not None:
        raise click.UsageError("--all and --limit exclude each other")
    rows = [row for row in _stock(config).rows(model) if kind in (None, row.kind)]
    most = limit or (len(rows) if as_json or everything else _MOST_LISTED)
    if as_json:
        rows = rows[-most:]
        click.echo(json.dumps({"format": 1, "records": [_row(row) for row in rows]}, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(table(rows, most)))


@command.command(short_help="Show one record: parts, content, files, log.")
@click.argument("key")
@click.option("--log", is_flag=True, help="Print the last lines of the job's log too.")
@parameters.as_json
@parameters.config
def show(key: str, log: bool, as_json: bool, config: str | None) -> None:
    """Show one record: what it depends on, what it holds, its files. KEY is a unique beginning of its key."""
    from ml_ci.reports.records import said_log, shown

    stock = _stock(config)
    row = stock.row(key)
    files = stock.files(row)
    if as_json:
        click.echo(json.dumps({"format": 1, **_row(row), "content": row.content, "files": files}, indent=2))
        return
    click.echo("\n".join(shown(row, files)))
    if log:
        click.echo("\n".join(said_log(stock.log(row))))


@command.command(short_help="Remove records, the longest unused first.")
@click.option("--max-size", callback=_size, metavar="SIZE", help="Remove the longest unused beyond this, such as 2GB.")
@click.option("--older-than", callback=_age, metavar="AGE", help="Remove what was unused this long, such as 30d.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@parameters.config
def prune(max_size: int | None, older_than: float | None, dry_run: bool, config: str | None) -> None:
    """Remove records, the longest unused first.

    Without an option, until 5 GB are left: what every run does by itself. Never removed: what a comparison of the
    working tree or HEAD with its baseline needs, and what a run that is at work has used.
    """
    from ml_ci.records.prune import LIMIT
    from ml_ci.reports.records import said_size
    from ml_ci.reports.text import plural

    limit = LIMIT if max_size is None and older_than is None else max_size
    stock = _stock(config)
    removed = stock.prune(limit, older_than, dry_run=dry_run)
    for record in removed:
        click.echo(f"{record.kind}/{record.key[:12]}  {said_size(record.size)}")
    verb = "would be removed" if dry_run else "removed"
    click.echo(f"{plural(len(removed), 'record')}, {said_size(sum(one.size for one in removed))} {verb}")
    over = stock.size() - (sum(one.size for one in removed) if dry_run else 0)
    if limit is not None and over > limit:
        click.echo(f"{said_size(over)} stay, more than {said_size(limit)}: the comparisons here need them")


@command.command(short_help="Send records to the shared store.")
@click.argument("keys", nargs=-1)
@parameters.store
@parameters.config
def push(keys: tuple[str, ...], store: str | None, config: str | None) -> None:
    """Send records to the shared store: all of them, or those that KEYS begin.

    Whoever may write a store decides what every reader of it takes for a verdict: push from the default branch only.
    """
    from ml_ci.reports.text import plural

    stock = _stock(config, store)
    sent = stock.push(keys)
    _complain(stock.shared)
    click.echo(f"{plural(sent, 'record')} sent to {stock.shared.url}")


@command.command(short_help="Bring records from the shared store.")
@click.argument("keys", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Bring every record that the store has.")
@parameters.store
@parameters.config
def pull(keys: tuple[str, ...], everything: bool, store: str | None, config: str | None) -> None:
    """Bring records from the shared store: what a run here would ask for, --all, or those that KEYS begin.

    Every record is verified as it arrives; a damaged one is named and left there.
    """
    from ml_ci.reports.text import plural

    stock = _stock(config, store)
    brought = stock.pull(keys, everything=everything)
    _complain(stock.shared)
    click.echo(f"{plural(brought, 'record')} brought from {stock.shared.url}")


@command.command(short_help="Write the records of what passed into a folder.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@parameters.store
@parameters.python
@parameters.config
def pack(folder: Path, store: str | None, python: str | None, config: str | None) -> None:
    """Write the records of what passed in the last run into FOLDER, for another job of this run to unpack.

    They are archives, KIND/KEY.tar: what `ml-ci promote` needs, and it trains nothing.
    """
    from dataclasses import replace

    from ml_ci.reports.text import plural
    from ml_ci.steps.promotion.handover import hand_over

    packed = hand_over(replace(_options(config, store), python=python), folder)
    click.echo(f"{plural(packed, 'record')} packed into {folder}")


@command.command(short_help="Take records from such a folder.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@parameters.as_json
@parameters.config
def unpack(folder: Path, as_json: bool, config: str | None) -> int:
    """Take the records that another job of this run packed into FOLDER, or into folders below it.

    Taken are those of models that passed, by .ml_ci/report.json, and each is verified. Exit code 2 when an archive was
    refused or is missing: it is named, and the others are taken.
    """
    from ml_ci.cli.main import MISTAKE
    from ml_ci.reports.text import plural
    from ml_ci.steps.promotion.handover import take_over

    taken = take_over(_options(config, None), folder)
    if as_json:
        said = {"records": taken.records, "refused": taken.refused, "missing": dict(taken.missing)}
        click.echo(json.dumps({"format": 1, **said}, indent=2))
    else:
        click.echo(f"{plural(taken.records, 'record')} taken from {folder}")
        for sentence in (*taken.refused, *taken.missing.values()):
            click.echo(f"{click.style('refused', fg='red', bold=True)}: {sentence}", err=True)
    return MISTAKE if taken.refused or taken.missing else 0


def _complain(shared: Shared) -> None:
    """End with the first thing that went wrong: here the store is what was asked for."""
    if shared.notes:
        raise UserError("\n".join(shared.notes))


def _stock(config: str | None, store: str | None = None) -> Stock:
    from ml_ci.steps.keeping.stock import Stock

    return Stock.open(_options(config, store))


def _options(config: str | None, store: str | None) -> Options:
    from ml_ci.steps.values import Options

    return Options(start=Path.cwd(), config=config, store=store, environment=dict(os.environ))


def _row(row: RecordRow) -> dict[str, object]:
    from ml_ci.records.origin import pack_origin

    return {
        "kind": row.kind,
        "key": row.key,
        "model": row.content.get("model"),
        "commit": row.content.get("commit"),
        "dirty": row.content.get("dirty"),
        "origin": None if row.origin is None else pack_origin(row.origin),
        "bytes": row.size,
        "age_seconds": round(row.age, 1),
        "unused_seconds": round(row.unused, 1),
        "parts": dict(row.parts),
        "damage": row.damage or None,
    }
