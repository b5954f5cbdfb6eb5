"""The report as one page to look at: a file that loads nothing, runs its own script only, and prints."""
