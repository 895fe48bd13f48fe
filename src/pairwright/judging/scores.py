"""Reward models and classifiers behind an endpoint: a score for a response, read from what servers give.

Four faces are spoken: `pooling` (vLLM; the chat template is the server's),
`classify` (vLLM, SGLang), `predict` (text-embeddings-inference) and
`text-classification` (pipelines as Hugging Face endpoints serve them).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from pairwright.judging.control_tokens import harmless_messages
from pairwright.judging.rubric import as_data, show_prompt
from pairwright.literals import checked
from pairwright.turns import without_reasoning
from pairwright.types import Answer, Prompt

Api = Literal["pooling", "classify", "predict", "text-classification"]
PATHS: Mapping[Api, str] = {
    "pooling": "/pooling",
    "classify": "/classify",
    "predict": "/predict",
    "text-classification": "",
}
SURE = 1e-6  # a probability nearer to 0 or 1 says no more


@checked
def score_request(api: Api, model: str, prompt: Prompt, response: str) -> dict[str, Any]:
    """The body that asks for one response's score, in which no text holds a control token."""
    asked, response = as_data(show_prompt(prompt.messages, prompt.tools)), as_data(response)
    if api == "pooling":
        answer = {"role": "assistant", "content": response}
        return {
            "model": model,
            "messages": [*harmless_messages(without_reasoning(prompt.as_dicts())), answer],
        }
    if api == "classify":
        return {"model": model, "input": f"{asked}\n\n{response}"}
    if api == "predict":
        return {"inputs": [[asked, response]], "raw_scores": True, "truncate": True}
    return {"inputs": {"text": asked, "text_pair": response}}


def read_score(reply: Any, label: str | None) -> float:
    """The score in an endpoint's answer.

    Where there are several classes, `label` names the one that means good, or its
    number; if their values are probabilities, the score is its log-odds. Raises
    ValueError saying what is missing.
    """
    classes = _classes(reply)
    if len(classes) == 1 and label is None:
        return _finite(next(iter(classes.values())))
    if label is None:
        known = ", ".join(classes)
        raise ValueError(f"with several classes ({known}): name the one that means good in label = ...")
    if label not in classes:
        raise ValueError(f'without a class "{label}" (there are {", ".join(classes)})')
    value = _finite(classes[label])
    if len(classes) > 1 and abs(sum(map(_finite, classes.values())) - 1) < 1e-3 and 0 <= value <= 1:
        value = min(max(value, SURE), 1 - SURE)
        return math.log(value / (1 - value))
    return value


def compared(first: float, second: float, tie: float = 0.0) -> Answer:
    """Two scores as an answer: who has more is better, by that margin; within `tie` they are a tie."""
    margin = first - second
    return Answer("TIE" if abs(margin) <= tie else "A" if margin > 0 else "B", margin=margin)


def _classes(reply: Any) -> dict[str, Any]:
    """class -> value. Classes without a name go by their number."""
    if isinstance(reply, Mapping) and "data" in reply:  # vLLM, SGLang
        reply = reply["data"]
        if isinstance(reply, list) and len(reply) == 1 and isinstance(reply[0], Mapping):
            reply = next((reply[0][name] for name in ("probs", "data", "score") if name in reply[0]), None)
    while isinstance(reply, list) and len(reply) == 1 and isinstance(reply[0], list):
        reply = reply[0]
    if isinstance(reply, Mapping):
        reply = [reply]
    if isinstance(reply, int | float):
        reply = [reply]
    if not isinstance(reply, list) or not reply:
        raise ValueError("without a score")
    if all(isinstance(each, Mapping) and "score" in each for each in reply):
        return {str(each.get("label", i)): each["score"] for i, each in enumerate(reply)}
    return {str(i): value for i, value in enumerate(reply)}


def _finite(value: Any) -> float:
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if not math.isfinite(number):
        raise ValueError(f"with a score that is no number ({str(value)[:40]})")
    return number
