"""The commands of `ml-ci`, by what they are for, and how they are listed and found."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

from ml_ci.forges.registry import FORGES, named

# Commands of whichever forge runs here, and the forges as people call them.
ANYWHERE = {
    "comment": "Write the one comment of a pull or merge request, or edit it.",
    "status": "Set the commit statuses.",
    "summary": "Append the report to the job's summary.",
    "alert": "Tell of the alarms of a watch: issue, status, webhook, dispatch.",
}
_TITLES = {"github": "GitHub", "gitlab": "GitLab", "gitea": "Gitea and Forgejo"}

# In a terminal of 80 columns each line is whole. A command is imported only when it is called for: what one costs the
# others do not pay, and neither does the list.
SECTIONS: Mapping[str, Mapping[str, str]] = {
    "Judge a change": {
        "run": "Train what changed, compare with the baseline, judge, report.",
        "plan": "Say what a run would do and why, and train nothing.",
        "report": "Show the last report as Markdown, JUnit, SARIF or JSON.",
    },
    "Tell the reviewers (GitHub, GitLab, Gitea, Forgejo)": {
        **ANYWHERE,
        **{name: f"The same, of {title} whatever runs here." for name, title in _TITLES.items()},
    },
    "Find out why": {
        "explain": "Say which part of a change did how much to each rate.",
        "bisect": "Find the first commit at which a gate no longer holds.",
        "ask": "Ask both models about a row, and what changes it.",
        "skew": "Compare logged features with the same ones computed again.",
        "power": "Say what a holdout can prove, and how many labels it takes.",
        "ledger": "List every look at each holdout.",
    },
    "Set up": {
        "init": "Write ml-ci.yaml, a workflow and a first test.",
        "doctor": "Check the set-up, and say what to do where it is wrong.",
        "demo": "Make a small repository with three pull requests, judged.",
        "schema": "Print the JSON Schema of ml-ci.yaml, for editors.",
        "records": "List, show, prune and share what runs left.",
    },
    "Bring into use (needs MLflow)": {
        "promote": "Make the model that passed on this commit champion.",
        "approve": "Approve a model, by name and with a reason.",
        "deploy": "Do the jobs after the promotion that are due.",
        "rollback": "Make the champion before this one champion again.",
        "history": "Tell every champion: who, when, which commit, how long.",
        "lineage": "Say what a version was made of.",
        "reproduce": "Make a version again, and say whether it is the same.",
        "card": "Write the model card of a version.",
    },
    "Look after it (needs MLflow)": {
        "watch": "Say whether the champion is as good on live rows.",
        "canary": "Say by live rows whether a candidate may take over.",
    },
}
COMMANDS = tuple(name for section in SECTIONS.values() for name in section)


class Commands(click.Group):
    """Find a command by its name, and list them all by what they are for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command only when it is asked for; None for a name that is none."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name in FORGES:
            from ml_ci.cli.forge import commands_of

            return commands_of(named(cmd_name))
        if cmd_name in ANYWHERE:
            from ml_ci.cli.forge import Anywhere

            return Anywhere(cmd_name, help=ANYWHERE[cmd_name])
        command: click.Command = importlib.import_module(f"ml_ci.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; UsageError that names a near one for a name that is none."""
        if args and args[0] == "help":  # as in git, cargo and uv
            args = [*args[1:2], "--help"]
            if len(args) == 1:
                click.echo(ctx.get_help())
                ctx.exit()
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(_unknown(args[0]), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by section; nothing is imported for it."""
        width = max(map(len, COMMANDS))
        for title, section in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), summary) for name, summary in section.items()])


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, n=1)
    return f"there is no command `{name}`" + (f", did you mean `{near[0]}`?" if near else "")
