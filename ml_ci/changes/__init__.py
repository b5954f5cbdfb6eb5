"""What a result depends on, and what of it changed."""
