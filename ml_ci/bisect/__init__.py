"""The first commit at which a gate no longer holds."""
