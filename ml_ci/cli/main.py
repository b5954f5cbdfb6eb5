"""The entry of `ml-ci`: how each way to end becomes an exit code."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable, Sequence

import click

from ml_ci import __version__
from ml_ci.cli.commands import Commands
from ml_ci.errors import UserError, of_the_machine

PASSED, FAILED, MISTAKE, BUG, INCONCLUSIVE, UNJUDGED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ml-ci")
def command() -> None:
    """Model training inside the software development life cycle.

    Finds out what changed, trains what the change needs, compares with the baseline model on the same holdout, and
    judges false positives and false negatives.

    Start with `ml-ci demo`, or in your own repository with `ml-ci init`. `ml-ci COMMAND --help` has the options.

    Exit codes: 0 pass, 1 fail or error, 2 a mistake in configuration, data, git or usage, 3 a bug of ml-ci, 4
    inconclusive, 5 nothing was gated, 130 interrupted.
    """


def main() -> None:
    """Run the command line and end the process with its exit code."""
    from ml_ci.training import adopting

    adopting.declare_own()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup's is kept
            signal.signal(number, _interrupted)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that is not UTF-8, a file name that is not text
            stream.reconfigure(errors="replace")
    sys.exit(exit_code(lambda: _interruptible()))


def _interruptible() -> object:
    """Run the command with Python's own interrupt, which ends jobs and removes copies on its way up."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return command.main(prog_name="ml-ci", standalone_mode=False)


def _interrupted(number: int, frame: object) -> None:
    """Be interrupted as by Ctrl-C: jobs are ended, copies removed."""
    raise KeyboardInterrupt


_ANSWER = "Run the same command again, or give the answer as an option: ml-ci init --help."


def exit_code(call: Callable[[], object]) -> int:
    """Call a command and turn the way it ends into an exit code, with a message on standard error."""
    try:
        answer = call()
        sys.stdout.flush()
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return MISTAKE
    except click.ClickException as error:
        _say("error", error.format_message(), _where(error))
        return MISTAKE
    except UserError as error:
        _say("error", error.message, error.hint)
        return MISTAKE
    except click.Abort as error:  # click makes one of every interrupt: at a question without a cause, at work from it
        if isinstance(error.__cause__, KeyboardInterrupt):
            return _say_stopped()
        click.echo(err=True)
        _say("interrupted", "a question was left unanswered, nothing is at work", _ANSWER)
        return INTERRUPTED
    except KeyboardInterrupt:
        return _say_stopped()
    except BrokenPipeError:
        hush()  # the reader went away; nothing is left to say
        return FAILED
    except OSError as error:
        return _of_the_machine(error) or _bug()
    except Exception:
        return _bug()
    return answer if isinstance(answer, int) else PASSED


def _say_stopped() -> int:
    _say("interrupted", "jobs were ended; finished records are kept", "Run the same command again to go on.")
    return INTERRUPTED


def _where(error: click.ClickException) -> str:
    """Say how the command that was called is used; "" where it is not known which one it was."""
    ctx = getattr(error, "ctx", None)
    return "" if ctx is None else f"{ctx.get_usage()}\nTry `{ctx.command_path} --help`."


def hush() -> None:
    """Send what standard output still holds nowhere: it cannot be written, and Python would complain at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _of_the_machine(error: OSError) -> int | None:
    """Say what cannot be written or read; None when the error is not the machine's."""
    from ml_ci.written import path_of

    known = of_the_machine(error)
    if known is None:
        return None
    if error.filename is None and path_of(error) is None:
        hush()
    _say("error", known.message, known.hint)
    return MISTAKE


def _say(kind: str, *lines: str) -> None:
    from ml_ci.variables.masks import Mask

    text = Mask.of(os.environ).text("\n".join(line for line in lines if line))
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
