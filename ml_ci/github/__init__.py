"""A report on GitHub: comment, commit statuses, job summary, annotations. Everything in a report is untrusted here."""
