"""What a project is like before anything is judged."""
