"""Find the sides of each model, what they depend on, and the least work that gives a verdict."""
