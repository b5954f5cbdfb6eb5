"""`ml-ci schema`: the JSON Schema of `ml-ci.yaml`."""

from __future__ import annotations

import json

import click


@click.command()
def command() -> None:
    """Print the JSON Schema of ml-ci.yaml.

    Editors complete and check the file with it: save it, and put
    `# yaml-language-server: $schema=PATH` on the first line of ml-ci.yaml.
    """
    from ml_ci.spec.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
