"""The models of a project by name, for a shell that completes them."""

from __future__ import annotations

from pathlib import Path

import click


def models(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Give the models of the nearest ml-ci.yaml whose names begin so; [] where there is none that can be read."""
    import yaml

    from ml_ci.errors import UserError
    from ml_ci.spec.find import find

    try:
        content = yaml.safe_load(find(Path.cwd(), ctx.params.get("config")).read_text(encoding="utf-8"))
        names = list(content["models"])
    except (UserError, OSError, ValueError, TypeError, KeyError, yaml.YAMLError):
        return []  # whoever presses the tabulator wants no message
    return [name for name in map(str, names) if name.startswith(incomplete)]
