"""What a text says after thinking: the marks by which models and servers set their thinking apart.

<think>, <thinking>, <thought>, <reasoning> and their kind, also with a vendor's prefix
(<seed:think>); [THINK] (Magistral); \u25c1think\u25b7 (Kimi); <|START_THINKING|> (Command);
<|begin_of_thought|> (Sky-T1); <unused94> (MedGemma); <|channel>thought (Gemma); "Here is my
thought process:" (Granite); harmony's channels (gpt-oss), also where a server has
dropped their marks and "analysis...assistantfinal..." is left. Every scan is linear.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = r"(?:think(?:ing)?(?:_process)?|thoughts?(?:_process)?|reasoning|reflection|scratch_?pad)"
_MARK = re.compile(
    rf"(?P<close><[|\uff5c]?/(?:\w{{1,12}}[:_])?{_NAME}[|\uff5c]?>|\[/{_NAME}\]|\u25c1/{_NAME}\u25b7"
    rf"|<[|\uff5c]end(?:[_\u2581]of)?[_\u2581]{_NAME}[|\uff5c]>|<unused95>|<channel\|>)"
    rf"|<[|\uff5c]?(?:\w{{1,12}}[:_])?{_NAME}(?:\s[^<>\n]{{0,60}})?[|\uff5c]?>|\[{_NAME}\]|\u25c1{_NAME}\u25b7"
    rf"|<[|\uff5c](?:start|begin(?:[_\u2581]of)?)[_\u2581]{_NAME}[|\uff5c]>|<unused94>|<\|channel>thought\b",
    re.IGNORECASE,
)
_CHANNEL = re.compile(
    r"<\|channel\|>\s?(?P<name>\w{1,20})(?:\s?<\|constrain\|>\s?\w{1,20}|[^<>\n]{0,80})?<\|message\|>"
)
_CHANNEL_END = re.compile(r"<\|(?:return|end|call)\|>")
_GRANITE = re.compile(r"\s*Here(?: is|'s) my thought process:")
_GRANITE_ANSWER = re.compile(r"^\W{0,4}Here(?: is|'s) my response:", re.MULTILINE)
# What some models put around the answer itself.
_WRAP = re.compile(
    r"</?(?:final_)?answer>|</?final>|</?output>|<\|(?:start|end)_response\|>"
    r"|<\|(?:begin|end)_of_(?:solution|box|answer)\|>|<\|(?:im_end|eot_id|end_of_text|endoftext|return)\|>",
    re.IGNORECASE,
)
# What ends a model's turn, where a server has left it.
_ENDS = re.compile(
    r"(?:</s>|<end_of_turn>|<eos>|<\|(?:end|eom_id|END_OF_TURN_TOKEN|END_RESPONSE)\|>"
    r"|<[|\uff5c]end[_\u2581]of[_\u2581]sentence[|\uff5c]>)\s*\Z"
)
LONGEST_END, MOST_ENDS = 30, 3
# What harmony leaves around its channels, and where its marks were dropped.
_HARMONY = re.compile(r"<\|start\|>\s?assistant|\A\s*analysis(?=\S)|assistantfinal\s*\Z")
_QUOTING = "`\"'\u201c\u201d\u2018\u2019"


@dataclass(frozen=True, slots=True)
class Thinking:
    """Where a text thinks, marks included, and whether it ends before it has stopped.

    `ends` is where the mark begins that ends what nothing in the text began, None where there is none.
    """

    spans: tuple[tuple[int, int], ...]
    unfinished: bool = False
    ends: int | None = None


def thinking_in(text: str) -> Thinking:
    """All thinking in a text. A mark that only ends it ends what the chat template began."""
    if channels := list(_CHANNEL.finditer(text)):
        return _between_channels(text, channels)
    if text.lstrip().startswith("analysis") and (at := text.rfind("assistantfinal")) >= 0:
        return Thinking(((0, at + len("assistantfinal")),))
    if _GRANITE.match(text):
        answers = list(_GRANITE_ANSWER.finditer(text))
        return Thinking(((0, answers[-1].end() if answers else len(text)),), not answers)
    spans: list[tuple[int, int]] = []
    begun: int | None = None
    ends: int | None = None
    for mark in _MARK.finditer(text):
        if not mark["close"]:
            begun = mark.start() if begun is None else begun
        elif begun is None:
            spans, ends = [(0, mark.end())], mark.start()
        else:
            spans.append((begun, mark.end()))
            begun = None
    if begun is not None:
        spans.append((begun, len(text)))
    return Thinking(tuple(spans), begun is not None, ends)


def _between_channels(text: str, channels: list[re.Match[str]]) -> Thinking:
    final = channels[-1] if channels[-1]["name"] == "final" else None
    if final is None:
        return Thinking(((0, len(text)),), unfinished=True)
    end = _CHANNEL_END.search(text, final.end())
    # Channels fill all that a model says; where something stands beside them, they may be a quotation.
    begin = channels[0].start() if _HARMONY.sub("", text[: channels[0].start()]).strip() else 0
    if end is None:
        return Thinking(((begin, final.end()),))
    stop = len(text) if not text[end.end() :].strip() else end.end()
    return Thinking(((begin, final.end()), (end.start(), stop)))


def blanked(text: str, spans: tuple[tuple[int, int], ...], sign: str = " ") -> str:
    """The text with spaces for what stands in the spans: every character keeps its place."""
    parts, at = [], 0
    for start, end in spans:
        parts += [text[at:start], sign * (end - start)]
        at = end
    return "".join([*parts, text[at:]])


def unwrapped(text: str) -> str:
    """The text with spaces for the tags that some models put around their answer, and tokens that end it."""
    text = _WRAP.sub(lambda tag: " " * len(tag[0]), text)
    for _ in range(MOST_ENDS):
        end = _ENDS.search(text, max(0, len(text.rstrip()) - LONGEST_END))
        if end is None:
            break
        text = text[: end.start()] + " " * (len(text) - end.start())
    return text


def response_in(text: str) -> str:
    """A drawn response without the thinking it begins with; "" where it never stops thinking.

    Only what stands before the response is taken off: marks in its middle may be
    what it is about, and `check` names them.
    """
    at = _answer_from(text)
    if at == 0:
        return text.strip()
    rest = text[at:]
    if _CHANNEL.search(text) and (end := _CHANNEL_END.search(rest)):
        rest = rest[: end.start()]
    rest = rest.strip()
    wraps = list(_WRAP.finditer(rest))
    if wraps and wraps[0].start() == 0:  # the whole answer stands in it
        closed = wraps[-1].end() == len(rest) and len(wraps) > 1
        rest = rest[wraps[0].end() : wraps[-1].start() if closed else len(rest)]
    return rest.strip()


def thought_in(text: str) -> str | None:
    """The thinking that `response_in` takes off, without its marks; None where there is none."""
    before = text[: _answer_from(text)]
    for mark in (_MARK, _CHANNEL, _CHANNEL_END, _GRANITE, _GRANITE_ANSWER, _HARMONY):
        before = mark.sub("\n", before)
    return "\n".join(line.rstrip() for line in before.strip().splitlines() if line.strip()) or None


def _answer_from(text: str) -> int:
    """Where the response begins: 0 where it does not begin with thinking."""
    found, at = thinking_in(text), 0
    if _begins(text):
        for start, end in found.spans:
            if text[at:start].strip():
                break
            at = end
        return at
    plain = _without_code(text)
    found = thinking_in(plain)
    # Only the end of what the chat template began: on a line of its own, and not quoted.
    if found.ends is None:
        return 0
    end = found.spans[0][1]
    before, after = plain[: found.ends], plain[end:]
    quoted = before[-1:] in _QUOTING or after[:1] in _QUOTING
    own_line = not before.rpartition("\n")[2].strip() or not after.partition("\n")[0].strip()
    return end if own_line and not quoted else 0


def _begins(text: str) -> bool:
    """Whether a text begins with a mark that begins thinking."""
    start = len(text) - len(text.lstrip())
    mark = _MARK.match(text, start)
    if mark is not None and not mark["close"]:
        return True
    harmony = text.startswith(("<|channel|>", "<|start|>assistant<|channel|>"), start)
    bare = text.startswith("analysis", start) and "assistantfinal" in text
    return harmony or bare or _GRANITE.match(text) is not None


def trace_in(text: str) -> str | None:
    """The mark of a thinking trace that a response holds, outside of code; None where it holds none."""
    low = text.lower()
    if not any(sign in low for sign in _SIGNS):
        return None
    plain = _without_code(text)
    found = thinking_in(plain)
    for start, end in found.spans:
        mark = _MARK.match(plain, start) or _CHANNEL.search(plain, start, end)
        if mark is None and found.ends is not None:  # the end of what was begun elsewhere
            mark = _MARK.match(plain, found.ends)
        if mark is None:
            return " ".join(text[start : start + 30].split())
        if plain[mark.start() - 1 : mark.start()] not in tuple(_QUOTING):
            return mark[0]
    return None


_SIGNS = ("think", "thought", "reasoning", "scratch", "reflection", "<|channel", "<unused9", "assistantfinal")


def _without_code(text: str) -> str:
    """The text with spaces for its code: between fences, and between backticks in a line."""
    if "`" not in text:
        return text
    lines, fenced = [], False
    for line in text.split("\n"):
        fence = line.lstrip().startswith("```")
        if fence or fenced:
            fenced ^= fence
            lines.append(" " * len(line))
        else:
            lines.append(re.sub(r"`[^`]*`", lambda code: " " * len(code[0]), line))
    return "\n".join(lines)
