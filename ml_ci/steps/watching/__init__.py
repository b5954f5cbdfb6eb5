"""Look at the rows of models in use: the champion's, and those of a candidate beside it."""
