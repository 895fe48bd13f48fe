"""The judges and models people hold in their hands, as what our functions ask of them.

A judge is asked by the first of these it has: `compare(prompt, a, b)`, TRL's
`judge(prompts, completions)`, `score(prompt, response)`, or, as a model that writes
text: `generate(prompt)`, an OpenAI client's `chat.completions.create`, litellm's
`completion`, or a plain function. Each may be async.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pairwright.errors import InputError, VerdictError
from pairwright.judging.adapters import FromScores, FromTRL
from pairwright.judging.orders import Judge
from pairwright.judging.parsing import Unreadable, parse_answer
from pairwright.judging.rubric import DEFAULT_GUIDELINES, judge_messages
from pairwright.literals import checked
from pairwright.rows import last_text, short
from pairwright.run_async import awaited
from pairwright.turns import as_plain
from pairwright.types import VERDICTS, Answer, Message, Prompt


class Reply(NamedTuple):
    """What a model said: its text, None where there is none; whether it is whole; and as it came."""

    text: str | None
    whole: bool
    raw: Any


Ask = Callable[[Any], Reply]  # of a prompt: text or chat messages

# What a judge is told only where it can't be asked without.
_JUDGING: Mapping[str, Any] = {"temperature": 0.0, "max_tokens": 1024}


class Calls:
    """A judge that is asked through one function of prompt, a and b."""

    def __init__(self, function: Callable[..., Any], *, text_prompt: bool = False) -> None:
        self._function, self._text_prompt = function, text_prompt

    def compare(self, prompt: Any, a: Any, b: Any, /) -> Any:
        asked = as_text(prompt) if self._text_prompt else prompt
        said = awaited(self._function(asked, last_text(a), last_text(b)))
        return read_verdict(said) if isinstance(said, str) and said not in VERDICTS else said


class Reads:
    """A judge that is a model writing text, from which the verdict is read."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def compare(self, prompt: Any, a: Any, b: Any, /) -> Answer:
        first, second = as_plain(last_text(a)), as_plain(last_text(b))
        reply = self._ask(judge_messages(_prompt(prompt), first, second, DEFAULT_GUIDELINES))
        if reply.text is None:
            raise VerdictError(f"the judge answered {short(reply.raw)}, which holds no text")
        return read_verdict(reply.text, cut=not reply.whole)


def as_judge(judge: Any, model_name: str | None = None) -> Judge:
    """Anything that can be a judge, as one. Raises InputError naming what is none."""
    _no_class(judge, "judge")
    if callable(getattr(judge, "compare", None)):
        return Calls(judge.compare)
    if callable(getattr(judge, "judge", None)):
        if _takes(judge.judge) == "pair":
            return Calls(judge.judge)
        return Calls(FromTRL(judge).compare, text_prompt=True)
    if callable(getattr(judge, "score", None)):
        return Calls(FromScores(judge.score).compare)
    if callable(judge) and not _writes(judge):
        takes = _takes(judge)
        if takes is None:
            raise InputError(
                f"the judge {_name(judge)} takes neither (prompt, a, b) nor one prompt: "
                'give a function of prompt, a and b that says "A", "B" or "TIE", or one of a text'
            )
        if takes == "pair":
            return Calls(judge)
    return Reads(as_model(judge, model_name, what="judge"))


@checked
def as_model(
    model: Any,
    model_name: str | None = None,
    *,
    what: Literal["model", "judge"] = "model",
    options: Mapping[str, Any] | None = None,
) -> Ask:
    """Anything that writes text to a prompt, as a function of the prompt, with those options that it takes.

    A judge's instructions reach a function of a text as one text. Raises InputError naming what is none.
    """
    _no_class(model, what)
    given = {name: value for name, value in (options or {}).items() if value is not None}
    if type(model).__module__.startswith("transformers.models"):
        raise InputError(
            f"the {what} is {_name(model)}, which takes numbers, not text: "
            "pass pipeline('text-generation', ...)"
        )
    own = as_text if what == "judge" else lambda prompt: prompt
    if callable(getattr(model, "generate", None)):
        taken = _taken(model.generate, given) if what == "model" else _needed(model.generate)
        return _asking(lambda sent: model.generate(sent, **taken), own)
    chat = _writes(model) or (model if callable(model) and "messages" in _parameters(model) else None)
    if chat is not None:
        fixed = {**_model_of(chat, _name(model), model_name, what), **_taken(chat, given)}
        return _asking(lambda sent: chat(messages=sent, **fixed), _messages)
    if callable(model) and _takes(model) == "text":
        return _asking(model, own)
    raise InputError(
        f"the {what} is {_name(model)}, which has no generate(prompt, temperature, max_tokens) and cannot be "
        "called with a prompt. Give an object with generate, a function of the prompt, or a client of "
        'OpenAI or litellm with model_name="..."'
    )


def _asking(call: Callable[[Any], Any], shape: Callable[[Any], Any]) -> Ask:
    def ask(prompt: Any) -> Reply:
        sent = shape(prompt)
        raw = awaited(call(sent))
        text, whole = read_reply(raw)
        if text and isinstance(sent, str) and isinstance(raw, list):  # a pipeline begins with what was asked
            text = text.removeprefix(sent)
        return Reply(text, whole, raw)

    return ask


def _writes(model: Any) -> Callable[..., Any] | None:
    """What a client of OpenAI or litellm is asked by, or `generate`."""
    create = getattr(getattr(getattr(model, "chat", None), "completions", None), "create", None)
    found = create or getattr(model, "completion", None) or getattr(model, "generate", None)
    return found if callable(found) else None


def _model_of(chat: Callable[..., Any], name: str, model_name: str | None, what: str) -> dict[str, Any]:
    """The field with the model's name, where there is to be one."""
    of = _parameters(chat)
    known = of.get("model")
    open_ended = not of or any(each.kind == each.VAR_KEYWORD for each in of.values())
    if model_name is not None and (known is not None or open_ended):
        return {"model": model_name}
    if (known is not None and known.default is known.empty) or (known is None and open_ended):
        raise InputError(f'the {what} is {name}, which serves many models: pass model_name="..." as well')
    return {}


def read_reply(reply: Any) -> tuple[str | None, bool]:
    """The text of a model's reply in any usual shape, None where there is none; and whether it is whole."""
    choices = _get(reply, "choices")
    if isinstance(choices, Sequence) and not isinstance(choices, str) and choices:  # OpenAI, litellm
        message = _get(choices[0], "message")
        text = _get(choices[0], "text") if message is None else _get(message, "content")
        return _text(text), str(_get(choices[0], "finish_reason") or "stop") in ("stop", "eos", "eos_token")
    if (message := _get(reply, "message")) is not None:  # Ollama
        return _text(_get(message, "content")), str(_get(reply, "done_reason") or "stop") == "stop"
    if isinstance(reply, Sequence) and not isinstance(reply, str | tuple) and len(reply) == 1:
        return read_reply(reply[0])  # a pipeline's or vLLM's list of one
    outputs = _get(reply, "outputs")
    if isinstance(outputs, Sequence) and len(outputs) == 1:  # vLLM
        text, _ = read_reply(outputs[0])
        return text, str(_get(outputs[0], "finish_reason") or "stop") == "stop"
    for name in ("generated_text", "output_text", "content", "text"):
        if isinstance(reply, str) or (text := _get(reply, name)) is None:
            continue
        if name == "generated_text" and isinstance(text, list) and text:  # a chat pipeline gives all turns
            text = _get(text[-1], "content")
        return _text(text), True
    several = isinstance(reply, list) and any(isinstance(each, str) for each in reply)
    return (None if several else _text(reply)), True


def read_verdict(text: str, *, cut: bool = False) -> Answer:
    """A judge's text as an answer. Raises VerdictError where no verdict can be read without guessing."""
    try:
        return parse_answer(text, cut=cut)
    except Unreadable as unread:
        problem = "it was cut off before it ended, so let the judge write more" if cut else unread
        raise VerdictError(
            f"the judge answered {short(text)}, from which no verdict can be read: {problem}. "
            "A verdict is 'A', 'B' or 'TIE', with 'HIGH' or 'LOW' confidence."
        ) from None


# --- what a thing takes ---------------------------------------------------------------------


def _parameters(function: Any) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):  # some built-in functions have none
        return {}


def _takes(function: Any) -> str | None:
    """Whether a function takes prompt, a and b ("pair"), or one text ("text"); None where neither is sure."""
    of = _parameters(function)
    if "messages" in of:
        return "text"
    needed = [each for each in of.values() if each.kind <= 1 and each.default is each.empty]
    room = [each for each in of.values() if each.kind <= 1]
    if any(each.kind == each.KEYWORD_ONLY and each.default is each.empty for each in of.values()):
        return None
    if len(needed) == 3:
        return "pair"
    return "text" if len(needed) == 1 or (not needed and len(room) == 1) else None


def _taken(function: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options a function has names for; all of them where it takes any."""
    of = _parameters(function)
    if any(each.kind == each.VAR_KEYWORD for each in of.values()):
        return dict(options)
    return {name: value for name, value in options.items() if name in of}


def _needed(function: Any) -> dict[str, Any]:
    """What a judge has to be told because it has no default for it."""
    of = _parameters(function)
    return {
        name: value for name, value in _JUDGING.items() if name in of and of[name].default is of[name].empty
    }


def _no_class(thing: Any, what: str) -> None:
    if isinstance(thing, type):
        raise InputError(f"the {what} is the class {thing.__name__}: make one, as in {thing.__name__}()")
    if thing is None or isinstance(thing, str | bytes | Mapping | list):
        raise InputError(
            f"the {what} is {short(thing)} ({type(thing).__name__}); it is an object or a function that "
            'answers. For a model by name pass a client and model_name="..."'
        )


def _name(thing: Any) -> str:
    return str(getattr(thing, "__name__", None) or type(thing).__name__)


def _get(thing: Any, name: str) -> Any:
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


def _text(value: Any) -> str | None:
    """A string, or the text parts of a message put together; thinking is no part of what is said."""
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        said = [part for part in value if not re.search("think|reason", str(_get(part, "type") or ""))]
        parts = [part if isinstance(part, str) else _get(part, "text") for part in said]
        value = "".join(part for part in parts if isinstance(part, str)) or None
    return value if isinstance(value, str) else None


# --- prompts --------------------------------------------------------------------------------


def _prompt(prompt: Any) -> Prompt:
    if isinstance(prompt, str):
        return Prompt.of(prompt)
    return Prompt(tuple(Message(each["role"], str(each["content"])) for each in prompt))


def _messages(prompt: Any) -> list[dict[str, Any]]:
    if isinstance(prompt, str):
        return [{"role": "user", "content": prompt}]
    return [dict(each) for each in prompt]


def as_text(prompt: Any) -> str:
    return prompt if isinstance(prompt, str) else "\n\n".join(str(each["content"]) for each in prompt)
