"""The git repository around a project: commits, trees, the merge base."""
