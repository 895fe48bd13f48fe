"""How many tokens a request and its answer may have: for estimates, and at worst."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pairwright.errors import ConfigError

# For estimates, until an endpoint has counted for us: English runs at about 4 bytes a token, code and
# other scripts at about 3.
BYTES_PER_TOKEN = 3.0


def tokens_of(size: int) -> int:
    """Tokens to expect for that many bytes of UTF-8."""
    return int(size / BYTES_PER_TOKEN) + 8


class TokenBound:
    """The most tokens a call to one model is charged for, as far as can be known before.

    A byte is a token at worst, in any script, and an answer ends at the limit it was asked with. An
    endpoint that counts more (a system prompt of its own, thinking beyond the limit) is believed:
    from then on that much, and a quarter more, is added to every call.
    """

    TEMPLATE = 64  # tokens of the chat template

    def __init__(self) -> None:
        self.counted = 0
        self._over_in = self._over_out = 0.0

    def learn(self, size: int, most: int, tokens_in: int | None, tokens_out: int | None) -> bool:
        """Take in what one call came to; whether calls in flight may cost more than was thought."""
        self.counted += 1
        over_in = 1.25 * ((tokens_in or 0) - size - self.TEMPLATE)
        over_out = 1.25 * ((tokens_out or 0) - most)
        if over_in <= self._over_in and over_out <= self._over_out:
            return False
        self._over_in, self._over_out = max(self._over_in, over_in), max(self._over_out, over_out)
        return True

    def of(self, size: int, most: int) -> tuple[int, int]:
        """For a request of `size` bytes and an answer of `most` tokens."""
        return size + self.TEMPLATE + round(self._over_in), most + round(self._over_out)


def most_tokens_out(body: Mapping[str, Any], budget: float | None, model: str) -> int:
    """The most tokens this request can be answered with. Raises ConfigError where a budget can't hold it."""
    fields = ("max_completion_tokens", "max_tokens", "max_new_tokens", "max_output_tokens")
    limits = [body[name] for name in fields if isinstance(body.get(name), int)]
    answers = max((body[name] for name in ("n", "best_of") if isinstance(body.get(name), int)), default=1)
    if not limits and budget is not None:
        raise ConfigError(
            f"a budget needs a limit on the length of an answer, and requests to {model} have none: "
            f"take max_tokens out of omit under [models.{model}], or name its field in max_tokens_field."
        )
    return max(limits, default=0) * answers
