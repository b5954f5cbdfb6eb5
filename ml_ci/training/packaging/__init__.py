"""What the packaging of a repository installs: the names that its code is imported by, and where they lie."""

from __future__ import annotations

from ml_ci.training.packaging.projects import Project, projects

__all__ = ["Project", "projects"]
