"""Gitea and Forgejo: GitHub's workflows and, but for what stands here, GitHub's API."""
