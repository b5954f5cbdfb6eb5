"""Which part of a change, and which commit, did it."""
