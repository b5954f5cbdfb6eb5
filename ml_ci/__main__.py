"""Run `python -m ml_ci`."""

from ml_ci.cli.main import main

main()
