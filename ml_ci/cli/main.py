"""The entry of `ml-ci`: which commands there are, and how each way to end becomes an exit code."""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
from collections.abc import Callable, Sequence

import click

from ml_ci import __version__
from ml_ci.errors import UserError

PASSED, FAILED, MISTAKE, BUG, INCONCLUSIVE, NOTHING_GATED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

# Loaded only when called for: what one command imports costs the others nothing.
_COMMANDS = {
    "run": "ml_ci.cli.run",
    "plan": "ml_ci.cli.plan",
    "init": "ml_ci.cli.init",
    "doctor": "ml_ci.cli.doctor",
    "demo": "ml_ci.cli.demo",
    "explain": "ml_ci.cli.explain",
    "bisect": "ml_ci.cli.bisect",
    "power": "ml_ci.cli.power",
    "ledger": "ml_ci.cli.ledger",
    "schema": "ml_ci.cli.schema",
    "report": "ml_ci.cli.report",
    "github": "ml_ci.cli.github",
    "records": "ml_ci.cli.records",
    "promote": "ml_ci.cli.promote",
    "rollback": "ml_ci.cli.rollback",
    "approve": "ml_ci.cli.approve",
    "history": "ml_ci.cli.history",
    "lineage": "ml_ci.cli.lineage",
    "reproduce": "ml_ci.cli.reproduce",
    "card": "ml_ci.cli.card",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command only when it is asked for; None for a name that is none."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[cmd_name]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; UsageError that names a near one for a name that is none."""
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(_unknown(args[0]), ctx)
        return super().resolve_command(ctx, args)


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, _COMMANDS, n=1)
    return f"there is no command `{name}`" + (f", did you mean `{near[0]}`?" if near else "")


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ml-ci")
def command() -> None:
    """Model training inside the software development life cycle.

    Finds out what changed, trains what the change needs, compares with the baseline model on the same holdout, and
    judges false positives and false negatives.

    \b
    Exit codes: 0 pass, 1 fail or error, 2 a mistake in configuration, data, git or usage, 3 a bug of ml-ci,
    4 inconclusive, 5 nothing was gated, 130 interrupted.
    """


def main() -> None:
    """Run the command line and end the process with its exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup's is kept
            signal.signal(number, _interrupted)
    sys.exit(exit_code(lambda: command.main(prog_name="ml-ci", standalone_mode=False)))


def _interrupted(number: int, frame: object) -> None:
    """Be interrupted as by Ctrl-C: jobs are ended, copies removed."""
    raise KeyboardInterrupt


def exit_code(call: Callable[[], object]) -> int:
    """Call a command and turn the way it ends into an exit code, with a message on standard error."""
    try:
        answer = call()
        sys.stdout.flush()
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return MISTAKE
    except UserError as error:
        _say("error", error.message, error.hint)
        return MISTAKE
    except (KeyboardInterrupt, click.Abort):
        _say("interrupted", "jobs were ended; finished records are kept", "Run the same command again to go on.")
        return INTERRUPTED
    except BrokenPipeError:
        hush()  # the reader went away; nothing is left to say
        return FAILED
    except OSError as error:
        return _of_the_machine(error) or _bug()
    except Exception:
        return _bug()
    return answer if isinstance(answer, int) else PASSED


def hush() -> None:
    """Send what standard output still holds nowhere: it cannot be written, and Python would complain at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# What the machine refuses is no bug of ours; a wrong kind of file is the user's only in our own folder.
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE}
_IN_THE_WAY = {errno.ENOTDIR, errno.EISDIR, errno.EEXIST}


def _of_the_machine(error: OSError) -> int | None:
    """Say what cannot be written or read; None when the error is not the machine's."""
    path = str(error.filename2 or error.filename or "standard output")
    if error.errno not in _REFUSED and not (error.errno in _IN_THE_WAY and ".ml_ci" in path):
        return None
    if error.filename is None:
        hush()
    if error.errno in _IN_THE_WAY:
        hint = (
            "Something else is in the way of ml-ci's own folder: remove it, .ml_ci only holds what can be made again."
        )
    else:
        hint = "Is the disk full, or is the place not yours to write to?"
    _say("error", f"{path}: {error.strerror}", hint)
    return MISTAKE


def _say(kind: str, *lines: str) -> None:
    text = "\n".join(line for line in lines if line)
    click.echo(f"{click.style(kind, fg='red', bold=True)}: {text}", err=True)


def _bug() -> int:
    import traceback

    traceback.print_exc()
    _say(
        "bug",
        f"ml-ci {__version__} failed in a way that is not your doing.",
        "Please report it with the lines above, your ml-ci.yaml and the command, in the project's issue tracker.",
    )
    return BUG


def call(arguments: Sequence[str]) -> int:
    """Run the command line with `arguments` inside this process and give its exit code."""
    return exit_code(lambda: command.main(args=list(arguments), prog_name="ml-ci", standalone_mode=False))
