"""Run a job in a child process, in a clean copy of the tree, within its budget."""
