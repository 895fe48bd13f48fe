"""Small real judges: to try things without a model, to test with, and to measure against.

They all have `compare(prompt, a, b)`. `Replay` speaks from recorded verdicts,
so that a set someone has judged can be used, or a method measured, for free.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pairwright.errors import InputError
from pairwright.judging.parsing import Unreadable
from pairwright.keys import seeded_fraction
from pairwright.literals import checked
from pairwright.types import ORDERS, VERDICTS, Answer, Order, Verdict, as_original, swap


class PrefersShorter:
    """Chooses the shorter response, with HIGH confidence; equal lengths are a tie."""

    def compare(self, prompt: Any, a: str, b: str, /) -> Answer:
        if len(a) == len(b):
            return Answer("TIE", "HIGH", "equally long")
        return Answer("A" if len(a) < len(b) else "B", "HIGH", "shorter")


class AlwaysFirst:
    """Chooses whatever is shown first: pure position bias."""

    def compare(self, prompt: Any, a: str, b: str, /) -> Answer:
        return Answer("A", "HIGH", "shown first")


class Noisy:
    """Knows which response is better and says so with probability `accuracy`, independently each time.

    `better` maps a prompt to its better response. Seeded by content: the same
    question always gets the same answer.
    """

    def __init__(self, better: Mapping[str, str], accuracy: float, seed: int = 0) -> None:
        if not 0 <= accuracy <= 1:
            raise InputError(f"accuracy is {accuracy}; it is a probability between 0 and 1")
        self.better, self.accuracy, self.seed = better, accuracy, seed

    def compare(self, prompt: str, a: str, b: str, /) -> Answer:
        truth: Verdict = "A" if self.better[prompt] == a else "B"
        right = seeded_fraction("noisy", self.seed, prompt, a, b) < self.accuracy
        return Answer(truth if right else swap(truth), "HIGH")


class NotRecorded(LookupError):
    """The recording holds nothing on this pair and order."""


class Replay:
    """Recorded verdicts: `{"id", "order": "AB"|"BA", "verdict": "A"|"B"|"TIE"|null}`.

    Optional: `raw`, `reason`, `confidence` ("HIGH" or "LOW"), `prob_a` (the
    probability that a is better), `scores` ([of a, of b]). Verdict, `prob_a` and
    `scores` are in terms of the pair's own a and b whatever the order shown; a
    null verdict is a failure and stays one.
    """

    def __init__(self, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """`rows` are (place, row); the place stands in error messages.

        The last row on a pair and order counts; `changed` is whether one said otherwise before.
        """
        self._answers: dict[tuple[str, Order], Answer | None] = {}
        self.changed = False
        for place, row in rows:
            name, order, verdict = row.get("id"), row.get("order", "AB"), row.get("verdict")
            if name is None or order not in ORDERS or verdict not in (*VERDICTS, None):
                raise InputError(
                    f'{place}: a recorded verdict needs "id", "order" ("AB" or "BA") and "verdict" '
                    f'("A", "B", "TIE" or null); got {name!r}, {order!r}, {verdict!r}'
                )
            confidence = row.get("confidence")
            if confidence not in ("HIGH", "LOW", None):
                raise InputError(f'{place}: "confidence" is {confidence!r}; it is "HIGH", "LOW" or absent')
            answer = None if verdict is None else _recorded(place, row, order)
            self.changed |= self._answers.setdefault((str(name), order), answer) != answer
            self._answers[str(name), order] = answer

    @checked
    def recorded(self, external_id: str | None, order: Order) -> Answer:
        """The recorded answer, about what was shown. Raises NotRecorded, Unreadable if it was null."""
        try:
            answer = self._answers[str(external_id), order]
        except KeyError:
            raise NotRecorded(f"no recorded verdict for pair {external_id!r}, order {order}") from None
        if answer is None:
            raise Unreadable("the recorded verdict is null")
        return answer


def _recorded(place: str, row: Mapping[str, Any], order: Order) -> Answer:
    """A recorded row as the answer about what was shown."""
    prob, scores = row.get("prob_a"), row.get("scores")
    try:
        prob = None if prob is None else float(prob)
        margin = None if scores is None else float(scores[0]) - float(scores[1])
    except (TypeError, ValueError, IndexError):
        raise InputError(
            f'{place}: "prob_a" is a number and "scores" are two; got {prob!r} and {scores!r}'
        ) from None
    if prob is not None and not 0 <= prob <= 1:
        raise InputError(f'{place}: "prob_a" is {prob}; it is a probability between 0 and 1')
    shown_swapped = order == "BA"
    return Answer(
        as_original(row["verdict"], order),
        row.get("confidence"),
        row.get("reason"),
        1 - prob if prob is not None and shown_swapped else prob,
        raw=row.get("raw"),
        margin=-margin if margin is not None and shown_swapped else margin,
    )
