"""The smallest uses, as functions: no store, no async and no key.

What can be a judge or a model is said in `held`: objects with `compare` or `generate`, plain
and async functions, clients of OpenAI and litellm, TRL's judges. What can be a table is said in `rows`.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable
from typing import Any

from pairwright.errors import InputError, VerdictError
from pairwright.judge_objects import Ask, as_judge, as_model
from pairwright.judging.orders import Judge, hear, winner
from pairwright.judging.thinking import response_in
from pairwright.rows import has_text, last_text, prompts_of, short, triples_of
from pairwright.types import Answer

REDRAWS = 3


def create_dpo_dataset(
    judge_model: Any,
    triples: Iterable[Any],
    *,
    both_orders: bool = True,
    model_name: str | None = None,
) -> list[dict[str, Any]]:
    """Rows `{"prompt", "chosen", "rejected"}` from (prompt, response_a, response_b) triples.

    Rows may be mappings, too, with two responses or a list of them (every two are compared), of
    a list, a DataFrame or a Dataset. Input order is kept. Ties are left out, and so are pairs on
    which the judge contradicts itself when the responses change places (it is asked in both
    orders unless `both_orders=False`), and pairs of two equal responses. `model_name` is for a
    client that serves many models. Raises InputError for a row without a prompt and two responses
    with text, before anything is asked; VerdictError naming the triple for any answer but A, B or TIE.
    """
    judge = as_judge(judge_model, model_name)
    rows = []
    for where, prompt, a, b in triples_of(triples):
        if last_text(a).strip() == last_text(b).strip():
            continue
        chosen = winner(_heard(judge, prompt, a, b, both_orders, where).verdict, a, b)
        if chosen is not None:
            rows.append({"prompt": prompt, "chosen": chosen[0], "rejected": chosen[1]})
    return rows


def create_kto_dataset(
    judge_model: Any,
    triples: Iterable[Any],
    *,
    both_orders: bool = True,
    model_name: str | None = None,
) -> list[dict[str, Any]]:
    """Rows `{"prompt", "completion", "label"}` from the same triples: single responses for KTO.

    The winner of a pair is labelled True (good), the loser False (bad). What `create_dpo_dataset`
    leaves out is left out here. A response compared with several others has one row, by the
    majority; as often better as worse, it has none. Raises as `create_dpo_dataset` does.
    """
    rows = create_dpo_dataset(judge_model, triples, both_orders=both_orders, model_name=model_name)
    wins: Counter[str] = Counter()
    said: dict[str, tuple[Any, Any]] = {}
    for row in rows:
        for side, won in (("chosen", 1), ("rejected", -1)):
            key = repr((row["prompt"], row[side]))
            said.setdefault(key, (row["prompt"], row[side]))
            wins[key] += won
    return [
        {"prompt": prompt, "completion": response, "label": wins[key] > 0}
        for key, (prompt, response) in said.items()
        if wins[key]
    ]


def ai_assisted_labeling(
    judge_model: Any,
    prompt: Any,
    response_a: Any,
    response_b: Any,
    *,
    both_orders: bool = True,
    model_name: str | None = None,
) -> dict[str, Any] | None:
    """`{"chosen", "rejected"}` where the judge is sure, None where a person should be asked.

    Sure means: the same winner in both orders, and HIGH confidence each time.
    A judge that states no confidence is sure when it agrees with itself in
    both orders; asked in one order only it never is. LOW, TIE (however
    confident) and a change of mind give None. Raises InputError for a prompt or response
    without text, VerdictError for any answer but A, B or TIE.
    """
    judge = as_judge(judge_model, model_name)
    named = (("the prompt", prompt), ("response_a", response_a), ("response_b", response_b))
    for name, value in named:
        has_text(value, name)
    if last_text(response_a).strip() == last_text(response_b).strip():
        return None
    answer = _heard(judge, prompt, response_a, response_b, both_orders, f"prompt {short(prompt)}")
    sure = answer.confidence == "HIGH" or (answer.confidence is None and both_orders)
    chosen = winner(answer.verdict, response_a, response_b)
    if not sure or chosen is None:
        return None
    return {"chosen": chosen[0], "rejected": chosen[1]}


def generate_response_pairs(
    model: Any,
    prompts: Any,
    responses_per_prompt: int = 4,
    *,
    temperature: float | None = 1.0,
    max_tokens: int | None = 1024,
    model_name: str | None = None,
) -> list[dict[str, Any]]:
    """`{"prompt", "responses"}` for each prompt, with that many different responses.

    `prompts` is a list, a table with a column of them, or one prompt. A model that has no
    such option is not told `temperature` or `max_tokens`; None leaves it to the model. Thinking
    that a response begins with (`<think>`) is left out. A response that is blank, cut off or repeats
    another is drawn again up to three times, then left out: a prompt may come back with fewer, and a
    warning counts the blank and cut off. Raises InputError for a model that cannot be asked or answers
    with something other than text.
    """
    if not isinstance(responses_per_prompt, int) or responses_per_prompt < 1:
        raise InputError(f"responses_per_prompt is {responses_per_prompt!r}; it is a whole number from 1")
    ask = as_model(model, model_name, options={"temperature": temperature, "max_tokens": max_tokens})
    why: Counter[str] = Counter()
    rows = [
        {"prompt": prompt, "responses": _draw(ask, prompt, responses_per_prompt, why)}
        for prompt in prompts_of(prompts)
    ]
    if why:
        reasons = ", ".join(f"{n} {reason}" for reason, n in why.most_common())
        warnings.warn(
            f"{sum(why.values())} responses were left out after {1 + REDRAWS} tries each: {reasons}",
            stacklevel=2,
        )
    return rows


def _heard(judge: Judge, prompt: Any, a: Any, b: Any, both_orders: bool, where: str) -> Answer:
    try:
        return hear(judge, prompt, a, b, both_orders=both_orders, where=where)
    except VerdictError as error:
        raise error if str(error).startswith(where) else VerdictError(f"{where}: {error}") from None


def _draw(ask: Ask, prompt: Any, wanted: int, why: Counter[str]) -> list[str]:
    """Different whole responses; `why` counts the last reasons for which one could not be had."""
    responses: list[str] = []
    for _ in range(wanted):
        for _ in range(1 + REDRAWS):
            text, whole, raw = ask(prompt)
            if text is None:
                raise InputError(f"prompt {short(prompt)}: the model answered {type(raw).__name__}, not text")
            said, text = text, response_in(text)
            if not text.strip():
                problem = "nothing but thinking (raise max_tokens)" if said.strip() else "blank"
            elif not whole:
                problem = "cut off before the end (raise max_tokens)"
            elif text.strip() in (each.strip() for each in responses):
                problem = ""
            else:
                responses.append(text)
                break
        else:
            why.update([problem] if problem else [])
    return responses
