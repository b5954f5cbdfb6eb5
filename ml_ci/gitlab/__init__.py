"""GitLab: its CI/CD, its merge requests, notes and commit statuses."""
