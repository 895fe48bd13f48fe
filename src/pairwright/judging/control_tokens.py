"""What must not reach a judge as it stands: control tokens, look-alikes of our fences, hidden letters.

A server that finds a control token of its model's chat template in a text may read it as the end of a
turn. Fences and marks are ours alone to write. What nobody sees is left out, so that judges read
what people read. Each is one linear scan; a text without any is returned as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_NAMED = (
    r"s|bos|eos|pad|unk|mask|sep|cls|sop|eop|eoh|eoa|eod|think|thinking|image|tool_calls?|tool_response|tools"
    r"|(?:start|end)_of_(?:turn|image)|(?:BOS|EOS|PAD|UNK|CLS|SEP|MASK)_TOKEN"
)
_TOKEN = re.compile(
    r"<[|｜][^<>|｜\[\]◁▷\n]{1,40}[|｜]>"  # ChatML, Llama, Phi, Command, Granite, harmony, DeepSeek
    r'|<\|["\w]{1,30}>|<["\w]{1,30}\|>'  # Gemma 4
    r"|\[\|/?\w{1,30}\|\]"  # EXAONE
    rf"|</?(?:\w{{1,12}}:)?(?:{_NAMED})>|<</?SYS>>|\[/?INST\]"  # Llama 2, Gemma, Qwen, Seed, MiniMax, T5
    r"|<(?:SPECIAL|extra_id|TOKENS_UNUSED|reserved|unused)_?\d{1,4}>"  # Nemotron, InternLM, Baichuan
    r"|◁/?\w{1,30}▷|\]~!?b[\[\]]|\[e~\["  # Kimi, MiniMax
    r"|(?-i:\[/?(?:SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|ARGS|CALL_ID|THINK|IMG"
    r"|IMG_BREAK|IMG_END|MIDDLE|PREFIX|SUFFIX|g?MASK|sMASK|CLS|SEP|PAD|UNK|BOS|EOS|EOT|EOD)\])"
    # Mistral and GLM above; our own fences, with or without a mark, below.
    r"|</?response [A-Z]\b[^<>\n]{0,20}>|</?(?:prompt|request|reference)(?: [0-9a-f]{12})?>"
    r"|</?[a-z][a-z ]{1,30} [0-9a-f]{12}>",
    re.IGNORECASE,
)
_BEGIN_IN_ASCII = "<[]"  # a token, a fence or a mark has one of these, or a sign that is not ASCII
_UNSEEN_SIGN = r"\u200b-\u200f\u2060-\u2064\ufeff\u00ad"
_KINDS = "call|result|tool|image|reasoning|cut"
# ⟦RESULT, ⟦ result: not a mark of ours, but it looks like one.
_LIKE_A_MARK = re.compile(
    rf"[⟦〚⟬](?=[\s{_UNSEEN_SIGN}]{{0,8}}/?[\s{_UNSEEN_SIGN}]{{0,8}}(?i:{_KINDS})\b)(?!(?<=⟦)/?(?:{_KINDS})\b)"
)
# Letters of the tag block, but not in a flag, which is made of a few of them; runs of variation selectors.
_FLAG = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"
_UNSEEN = re.compile(
    rf"(?P<flag>{_FLAG})|[\U000e0000-\U000e007f]+|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{{2,}}"
)


def harmless(text: str) -> str:
    """The text without what nobody sees, its control tokens and whatever looks like our fences broken up."""
    if text.isascii() and not any(sign in text for sign in _BEGIN_IN_ASCII):
        return text  # most texts, told without a scan by patterns
    seen = _UNSEEN.sub(lambda each: each["flag"] or "", text)
    text = _LIKE_A_MARK.sub("[", seen)
    # The end of one token may begin another, which is whole still after the first pass.
    while _TOKEN.search(text):
        text = _TOKEN.sub(lambda token: token[0][0] + "\u200b" + token[0][1:], text)
    return text


def holds_token(text: str) -> bool:
    """Whether a text holds a control token or a fence, broken up or not, but at its beginning or end.

    There a server may have left those of its own template.
    """
    whole = text.replace("\u200b", "").strip()
    return any(
        whole[: each.start()].strip() and whole[each.end() :].strip() for each in _TOKEN.finditer(whole)
    )


def harmless_messages(dicts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Chat messages whose texts are harmless; images stay as they are."""
    return [{**each, "content": _content(each.get("content"))} for each in dicts]


def _content(content: Any) -> Any:
    if isinstance(content, str):
        return harmless(content)
    return [{**part, "text": harmless(part["text"])} if part.get("text") else part for part in content or ()]
