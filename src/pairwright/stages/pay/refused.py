"""When to stop asking an endpoint that refuses."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, field

from pairwright.errors import EndpointError
from pairwright.models.chat import CallFailed


@dataclass
class Refused:
    """Calls of one run that were refused before any was answered: soon enough, nothing more is sent.

    One text may be refused for what it says, or for its length, which tells of texts as long.
    """

    answered: bool = False
    _sizes: dict[str, dict[Hashable, int]] = field(default_factory=dict)

    ALIKE = 1.5  # from the largest to the smallest text
    FEW, MANY = 2, 10  # pairs or prompts

    def also(self, failed: CallFailed, about: Hashable, size: int) -> EndpointError | None:
        """Count one more; the error to stop with where enough have been refused."""
        refusal = failed.refusal
        if self.answered or about is None or refusal is None or refusal.about == "text":
            return None
        said = refusal.about if refusal.about != "unknown" else re.sub(r"\d+", "", str(failed))[:160]
        sizes = self._sizes.setdefault(said, {})
        sizes[about] = size
        known = refusal.about != "unknown"
        alike = refusal.about != "length" or max(sizes.values()) <= self.ALIKE * min(sizes.values())
        if len(sizes) < (self.FEW if known and alike else self.MANY):
            return None
        remedy = (
            "Take a model or server with a longer context, a smaller max_tokens, or leave long texts out. "
            if refusal.about == "length"
            else "Change what it refuses in pairwright.toml. "
        )
        return EndpointError(
            f"every request so far was refused, so nothing more is sent: {failed}. {remedy}"
            "If only these texts are refused, run again: it goes on with the others"
        )
