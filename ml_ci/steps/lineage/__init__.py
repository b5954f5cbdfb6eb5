"""What is asked of a version later: what it was made of, whether it can be made again, its card."""
