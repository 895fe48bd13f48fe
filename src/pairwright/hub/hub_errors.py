"""What the Hub's refusals mean for whoever pushes: one sentence on what happened, one on what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pairwright.errors import HubError

TOKENS = "https://huggingface.co/settings/tokens"
LONGEST = 300  # characters of the Hub's own words that are shown
_RESUMES = (
    "Run the same command again: what was uploaded is not sent twice, and nothing half-sent is to be seen."
)


class Passing(HubError):
    """Trouble that may be over in a moment. `wait` is how many seconds the Hub asks for, if it does."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class Overtaken(Passing):
    """Somebody else changed the repository while this was being sent."""


def in_our_words(error: BaseException, repo: str, token: str) -> HubError | None:
    """The same as an error of ours; None where it is not the Hub's or the network's."""
    response = _response_of(error)
    told = _told(error, response).replace(token, "***") if token else _told(error, response)
    if isinstance(error, ValueError) and "Invalid metadata" in str(error):  # by what the Hub says of the card
        return HubError(
            f"the Hub does not take the card's metadata: {told}. Is --license or --language one it knows?"
        )
    if response is None:
        return Passing(f"the Hub could not be reached ({told}). {_RESUMES}") if of_network(error) else None
    status = int(response.status_code)
    say = _SAID.get(status) or (_server if status >= 500 else _other)
    return say(repo, told, status, response)


def _response_of(error: BaseException | None) -> Any | None:
    while error is not None:
        if getattr(error, "response", None) is not None:
            return error.response  # type: ignore[attr-defined]
        error = error.__cause__
    return None


def of_network(error: BaseException | None) -> bool:
    """Whether the Hub could not be reached at all."""
    while error is not None:
        if type(error).__module__.partition(".")[0] in (
            "httpx",
            "httpx2",
            "httpcore",
            "httpcore2",
            "requests",
        ):
            return True
        if isinstance(error, ConnectionError | TimeoutError):
            return True
        error = error.__cause__
    return False


def _told(error: BaseException, response: Any | None) -> str:
    server = getattr(error, "server_message", None) or (
        response.headers.get("x-error-message") if response is not None else None
    )
    text = " ".join(str(server or error).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _unauthorised(repo: str, told: str, status: int, _: Any) -> HubError:
    return HubError(
        f"the Hub does not know the token (401, {told}). Make one that may write at {TOKENS} and set it: "
        "export HF_TOKEN=..."
    )


def _paid(repo: str, told: str, status: int, _: Any) -> HubError:
    return HubError(
        f"the Hub wants payment for {repo} (402, {told}). Free some storage there, or ask its owner."
    )


def _forbidden(repo: str, told: str, status: int, _: Any) -> HubError:
    return HubError(
        f"the token may not write to {repo} (403, {told}). Use one with write access to "
        f"{repo.partition('/')[0]} ({TOKENS}), or push under a name of your own."
    )


def _missing(repo: str, told: str, status: int, _: Any) -> HubError:
    return HubError(
        f"{repo} or what was asked of it is not on the Hub, or the token may not see it (404, {told}). "
        "Look at the name, and whose token HF_TOKEN is."
    )


def _conflict(repo: str, told: str, status: int, _: Any) -> HubError:
    return Overtaken(
        f"somebody else is changing {repo} ({status}, {told}). Wait until they are done and run it again."
    )


def _busy(repo: str, told: str, status: int, response: Any) -> HubError:
    wait = _seconds(response.headers.get("retry-after"))
    when = f"in {wait:.0f} s" if wait is not None else "in a few minutes"
    return Passing(
        f"the Hub takes no more requests for now (429, {told}). Try again {when}. {_RESUMES}", wait
    )


def _server(repo: str, told: str, status: int, _: Any) -> HubError:
    return Passing(f"the Hub has trouble of its own ({status}, {told}). {_RESUMES}")


def _other(repo: str, told: str, status: int, _: Any) -> HubError:
    return HubError(
        f"the Hub refused what was sent for {repo} ({status}, {told}). See what it says and run again."
    )


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else max(0.0, float(text))
    except ValueError:
        return None  # a date: then the Hub says when, and nobody waits that long here


_SAID: dict[int, Callable[[str, str, int, Any], HubError]] = {
    401: _unauthorised,
    402: _paid,
    403: _forbidden,
    404: _missing,
    409: _conflict,
    412: _conflict,
    429: _busy,
}
