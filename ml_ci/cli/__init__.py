"""The `ml-ci` command: calls the pipeline and prints; decides nothing."""
