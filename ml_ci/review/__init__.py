"""A report in a pull request, on any forge: comment, commit statuses, job summary. Everything in it is untrusted."""
