"""What pyproject.toml cannot say: `templates/` at the top of the repository is the package `ml_ci.templates`."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["ml_ci*"], exclude=["ml_ci.demo.files*"]), "pytest_ml_ci", "ml_ci.templates"],
    package_dir={"ml_ci.templates": "templates", "pytest_ml_ci": "pytest_plugin/pytest_ml_ci"},
)
