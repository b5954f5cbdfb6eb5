"""Which of several changes did it."""
