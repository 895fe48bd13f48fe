"""The smallest uses, as functions: no store, no async, no key.

Judges are anything with `compare(prompt, a, b)` giving "A", "B" or "TIE" (or
a (verdict, confidence) pair, see `judging.orders`); models anything with
`generate(prompt, temperature=..., max_tokens=...)` or a plain callable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pairwright.errors import InputError
from pairwright.judging.orders import Judge, hear, winner

REDRAWS = 3


def create_dpo_dataset(
    judge_model: Judge, triples: Iterable[tuple[Any, str, str]], *, both_orders: bool = True
) -> list[dict[str, Any]]:
    """Rows `{"prompt", "chosen", "rejected"}` from (prompt, response_a, response_b) triples.

    Input order is kept. Ties are left out, and so are pairs on which the judge
    contradicts itself when the responses change places (it is asked in both
    orders unless `both_orders=False`), and pairs of two equal responses.
    Raises VerdictError naming the triple for any answer but A, B or TIE;
    InputError for a triple that is none.
    """
    rows = []
    for number, triple in enumerate(triples):
        try:
            prompt, a, b = triple
        except (TypeError, ValueError):
            raise InputError(
                f"triple {number} is {triple!r}; it is (prompt, response_a, response_b)"
            ) from None
        where = f"triple {number} (prompt {_short(prompt)})"
        if a == b:
            continue
        answer = hear(judge_model, prompt, a, b, both_orders=both_orders, where=where)
        chosen = winner(answer.verdict, a, b)
        if chosen is not None:
            rows.append({"prompt": prompt, "chosen": chosen[0], "rejected": chosen[1]})
    return rows


def ai_assisted_labeling(
    judge_model: Judge, prompt: Any, response_a: str, response_b: str, *, both_orders: bool = True
) -> dict[str, Any] | None:
    """`{"chosen", "rejected"}` where the judge is sure, None where a person should be asked.

    Sure means: the same winner in both orders, and HIGH confidence each time.
    A judge that states no confidence is sure when it agrees with itself in
    both orders; asked in one order only it never is. LOW, TIE (however
    confident) and a change of mind give None. Raises VerdictError.
    """
    if response_a == response_b:
        return None
    where = f"prompt {_short(prompt)}"
    answer = hear(judge_model, prompt, response_a, response_b, both_orders=both_orders, where=where)
    sure = answer.confidence == "HIGH" or (answer.confidence is None and both_orders)
    chosen = winner(answer.verdict, response_a, response_b)
    if not sure or chosen is None:
        return None
    return {"chosen": chosen[0], "rejected": chosen[1]}


def generate_response_pairs(
    model: Any,
    prompts: Iterable[Any],
    responses_per_prompt: int = 4,
    *,
    temperature: float = 1.0,
    max_tokens: int = 1024,
) -> list[dict[str, Any]]:
    """`{"prompt", "responses"}` for each prompt, with that many different responses.

    A response that repeats another is drawn again up to three times, then left
    out: a prompt may come back with fewer. Raises InputError for a model that
    cannot be called or answers with something other than text.
    """
    if responses_per_prompt < 1:
        raise InputError(f"responses_per_prompt is {responses_per_prompt}; it is at least 1")
    draw = _drawer(model, temperature, max_tokens)
    return [{"prompt": prompt, "responses": _draw(draw, prompt, responses_per_prompt)} for prompt in prompts]


def _drawer(model: Any, temperature: float, max_tokens: int) -> Callable[[Any], str]:
    if hasattr(model, "generate"):
        return lambda prompt: model.generate(prompt, temperature=temperature, max_tokens=max_tokens)
    if callable(model):
        return model  # type: ignore[no-any-return]
    raise InputError(
        f"the model is {type(model).__name__}, which has no generate(prompt, temperature, max_tokens) "
        "and cannot be called. Give an object with generate, or a function of the prompt."
    )


def _draw(draw: Callable[[Any], str], prompt: Any, wanted: int) -> list[str]:
    responses: list[str] = []
    for _ in range(wanted):
        for _ in range(1 + REDRAWS):
            text = draw(prompt)
            if not isinstance(text, str):
                raise InputError(
                    f"prompt {_short(prompt)}: the model answered {type(text).__name__}, not text"
                )
            if text.strip() and text not in responses:
                responses.append(text)
                break
    return responses


def _short(prompt: Any) -> str:
    text = repr(prompt)
    return text if len(text) <= 80 else text[:77] + "..."
