"""Run `python -m ml_ci`."""

from ml_ci.cli.entry import main

main()
