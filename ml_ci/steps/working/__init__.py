"""Train, score and compare the sides that have no record."""
