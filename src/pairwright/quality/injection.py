"""injection: a response that speaks to the judge instead of the user, to be chosen whatever it says.

Such answers win against judges that read them as instructions (Zheng et al.
2024, arXiv:2410.07137: one constant text wins 86 % of AlpacaEval 2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pairwright.quality.example import Example, Finding
from pairwright.quality.hidden import readings, unseen

_ASKS = r"choose|select|pick|prefer|vote for|rank|favou?r"
_JUDGES = r"judges?|evaluators?|graders?|raters?"
# What tells the judge what to do, each with words one of which it holds: most texts hold none.
_SIGNS = tuple(
    (marks, re.compile(pattern, re.MULTILINE))
    for marks, pattern in (
        (("ignore ",), r"\bignore (?:all )?(?:of )?(?:the )?above\b"),
        (("model_identifier",), r"\"model_identifier\"\s*:"),
        (
            ("## model outputs", "## your task", "## evaluation"),
            r"^## (?:model outputs|your task|evaluation)\b",
        ),
        (
            ("ignore", "disregard", "forget"),
            r"\b(?:ignore|disregard|forget)\s+(?:all\s+|any\s+)?(?:of\s+)?(?:the\s+|your\s+|these\s+)?"
            r"(?:(?:previous|prior|above|earlier)\s+(?:instructions?|prompts?|guidelines?|rules|criteria|text)"
            r"|(?:instructions?|criteria|guidelines?|rubric|material)(?:\s+above)?\b)",
        ),
        (
            ("response", "answer", "output"),
            rf"\b(?:{_ASKS})\s+(?:this|my|the (?:first|second|current))\s+"
            r"(?:response|answer|output)\b(?!\s+(?:if|when|that))",
        ),
        (("response", "output"), rf"\b(?:{_ASKS})\s+(?:response|output|model) [ab]\b"),
        (
            ("response a", "response b", "output a", "output b"),
            r"\b(?:response|output) [ab] (?:is|was|must be|should be)\s+(?:clearly\s+|the\s+)?"
            r"(?:better|best|correct|superior|winner|verified|written|preferred|false|wrong)",
        ),
        (
            ("this response", "this answer", "this output", "my response", "my answer", "my output"),
            r"\b(?:this|my) (?:response|answer|output) (?:is|must be|should be) (?:the )?"
            r"(?:better|best|chosen|preferred|rated|ranked)",
        ),
        (
            ("judge", "evaluator", "grader", "rater"),
            rf"\b(?:dear |attention,? |note to (?:the )?|as (?:the|an?)(?: expert)? )(?:{_JUDGES})\b"
            r"[^.\n]{0,60}(?:must|should|please|choose|give|rate|output|score)"
            rf"|\b(?:{_JUDGES})\s?(?:[:,]|must|should)\s?[^.\n]{{0,40}}\b(?:{_ASKS}|mark|ignore|response|verdict)\b",
        ),
        (
            (
                "10/10",
                "10 out of 10",
                "full marks",
                "highest score",
                "highest rating",
                "maximum score",
                "perfect score",
            ),
            r"\b(?:give|assign|award|rate|deserves?)\b[^.\n]{0,30}\b(?:response|answer|output|me|it|a)\b[^.\n]{0,30}"
            r"\b(?:10/10|10 out of 10|full marks|highest (?:score|rating)|(?:maximum|perfect) score)",
        ),
        (("grade me",), r"\bgrade me\b"),
        (
            ("[[", "verdict"),
            r"\[\[[abc]\]\]|[\"']verdict\W{1,8}[ab]\b|\bverdict[*_]{0,2}\s*[:=][*_]{0,2}\s*"
            r"(?:response |output )?\(?[ab]\)?\s*(?:$|;)|<verdict>|\bverdict [ab]\b",
        ),
        (("score_a", "ranking"), r"[\"']score_a\W{1,8}\d|[\"']ranking\W{1,8}\[\W{0,8}[ab]\b"),
        # The beginning or end of what we show a judge, and others do.
        (
            ("response a", "response b", "the mark is", "prompt ", "⟦", "assistant a", "assistant_a"),
            r"</?response [ab]\b[^>\n]{0,20}>|\bthe mark is [0-9a-f]{12}\b"
            r"|</?(?:prompt|request) [0-9a-f]{12}>|⟦[\s\u200b-\u200f\u2060\ufeff]{1,8}/?\W{0,8}"
            r"(?:call|result|tool|image|reasoning|cut)\b"
            r"|\bthe (?:start|end) of assistant [ab]'s answer|</?assistant_[ab]_answer>",
        ),
        (
            (
                "<|",
                "inst]",
                "<<",
                "<｜",
                "_of_turn",
                "[|",
                "turn|>",
                "<special_",
                "<seed:",
                "<reserved_",
                "[e~[",
            ),
            r"<\|(?:im_|start_header|header_|start_of_role|start_of_turn|end_of_turn|end_of_text|endoftext|eot|end\b"
            r"|start\b|message|system|user|assistant|return|turn)[^<>\n]{0,30}|\[/?inst\]|<</?sys>>|<｜[^<>\n]{1,30}｜>"
            r"|</?(?:start|end)_of_turn>|\[\|(?:system|user|assistant|endofturn)\|\]|<turn\|>|<special_\d\d>"
            r"|<seed:(?:bos|eos)>|<reserved_10[67]>|\[e~\[",
        ),
        (("output",), r"\boutput\s*\(?[ab]\)?\s+is\s+(?:always\s+)?(?:better|best|preferred)\b"),
        # The same in other languages.
        (
            ("ignor", "忽略", "無視", "игнорируй", "تجاهل", "무시"),
            r"\bignor(?:iere?|ez|a|e)\s+(?:alle|toutes|todas|tutte)\b[^.\n]{0,40}(?:an|in)[sw]\w{3,}"
            r"|忽略[^。\n]{0,10}(?:指令|指示|说明)|指示を[^。\n]{0,6}無視|игнорируй\w*\s[^.\n]{0,20}инструкци"
            r"|تجاهل\s[^.\n]{0,10}التعليمات|지시를\s[^.\n]{0,6}무시",
        ),
    )
)
# Prompts that are about judging or about such tricks: an answer to them may say all this.
_ASKED = re.compile(
    r"\b(?:judg\w*|grad(?:e|ing|er)|evaluat\w*|rank\w*|rate|inject\w*|jailbreak\w*|template|prompts?)\b",
    re.IGNORECASE,
)


class Injection:
    """An error where the chosen response does it, a warning elsewhere."""

    name = "injection"

    def look(self, example: Example) -> Iterator[Finding]:
        for side, text in (("A", example.a), ("B", example.b)):
            found = sign_of_injection(example.asked, text)
            if found is None:
                continue
            chosen = example.decided and side == example.verdict
            where = (
                "chosen response"
                if chosen
                else "rejected response"
                if example.decided
                else f"response {side.lower()}"
            )
            reason = f'the {where} speaks to the judge: "{found}"'
            remedy = "send the pair to people, and see who wrote this response"
            yield Finding(
                self.name, "error" if chosen else "warning", reason, remedy, example.id, value=found
            )
            return


def sign_of_injection(asked: str, text: str) -> str | None:
    """The words by which a text tries to steer a judge; None where the prompt is about such words.

    Words that nobody can see are a sign whatever they say.
    """
    if (said := unseen(text)) is not None:
        return f"{said[:80]} (in characters that are not shown)"
    return next((found for each in (text, *readings(text)) if (found := _sign(asked, each))), None)


def _sign(asked: str, text: str) -> str | None:
    low = text.lower()
    signs = [sign for marks, sign in _SIGNS if any(mark in low for mark in marks)]
    if not signs or _ASKED.search(asked):
        return None
    for sign in signs:
        if (match := sign.search(low)) is not None:
            return " ".join(text[max(0, match.start() - 20) : match.end() + 30].split())[:100]
    return None
