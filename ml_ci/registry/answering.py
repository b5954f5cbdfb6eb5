"""Whether a registry answers, and what is said where it does not."""

from __future__ import annotations

from ssl import SSLError
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from ml_ci.registry.location import Location
from ml_ci.registry.values import NoAnswerError

SECONDS = 20
HINT = "Is it running, and is `registry:` in ml-ci.yaml (or MLFLOW_TRACKING_URI) its URL?"
DAMAGED = "Move the file away to begin a new history, or restore it from a copy."
CREDENTIALS = "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN."


class NotLetInError(NoAnswerError):
    """Say that a server is there, and that it does not let in who asks by what is known here."""


def check(location: Location) -> None:
    """Ask whether a server is there; NoAnswerError when nothing listens, which MLflow would try again and again.

    What a server answers is not looked at: it may let MLflow in by credentials that are not known here.
    """
    if not location.is_server:
        return
    try:
        with urlopen(Request(f"{location.uri}/health"), timeout=SECONDS):  # noqa: S310
            return
    except HTTPError:
        return
    except (URLError, OSError) as error:
        silent = say_silent(location, getattr(error, "reason", error))
        if not isinstance(silent, NotLetInError):
            raise silent from None


def say_silent(location: Location, why: object) -> NoAnswerError:
    """Say that nothing answers; where only the certificate is in the way, MLflow may have been told of it."""
    kind = NotLetInError if isinstance(why, SSLError) else NoAnswerError
    return kind(f"the registry {location.shown} does not answer: {why}", HINT)
