"""The least work that gives a valid verdict."""
