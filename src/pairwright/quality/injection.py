"""injection: a response that speaks to the judge instead of the user, to be chosen whatever it says.

Such answers win against judges that read them as instructions (Zheng et al.
2024, arXiv:2410.07137: one constant text wins 86 % of AlpacaEval 2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pairwright.quality.example import Example, Finding

# What tells the judge what to do, each with words one of which it holds: most texts hold none.
_SIGNS = tuple(
    (marks, re.compile(pattern, re.MULTILINE))
    for marks, pattern in (
        (("ignore ",), r"\bignore (?:all )?(?:of )?the above\b"),
        (("model_identifier",), r"\"model_identifier\"\s*:"),
        (
            ("## model outputs", "## your task", "## evaluation"),
            r"^## (?:model outputs|your task|evaluation)\b",
        ),
        (
            ("ignore", "disregard", "forget"),
            r"\b(?:ignore|disregard|forget)\s+(?:all\s+|any\s+)?(?:of\s+)?(?:the\s+|your\s+|these\s+)?"
            r"(?:previous|prior|above|earlier)\s+(?:instructions?|prompts?|guidelines?|rules|criteria)",
        ),
        (
            ("response", "answer", "output"),
            r"\b(?:choose|select|pick|prefer|vote for|rank)\s+(?:this|my|the (?:first|second|current))\s+"
            r"(?:response|answer|output)\b(?!\s+(?:if|when|that))",
        ),
        (
            ("this response", "this answer", "this output", "my response", "my answer", "my output"),
            r"\b(?:this|my) (?:response|answer|output) (?:is|must be|should be) (?:the )?"
            r"(?:better|best|chosen|preferred|rated|ranked)",
        ),
        (
            ("judge", "evaluator", "grader", "rater"),
            r"\b(?:dear |attention,? |note to (?:the )?|as (?:the|an?) )(?:judge|evaluator|grader|rater)s?\b"
            r"[^.\n]{0,60}(?:must|should|please|choose|give|rate|output|score)",
        ),
        (
            ("10/10", "10 out of 10", "full marks", "highest score", "highest rating", "maximum score"),
            r"\b(?:give|assign|award|rate)\b[^.\n]{0,30}\b(?:response|answer|output|me|it)\b[^.\n]{0,30}"
            r"\b(?:10/10|10 out of 10|full marks|highest (?:score|rating)|maximum score)",
        ),
        (
            ("[[", "verdict"),
            r"\[\[[abc]\]\]|\"verdict\"\s*:\s*\"[ab]\"|\bverdict\s*:\s*(?:response |output )?\(?[ab]\)?\s*$",
        ),
        (
            ("<|", "inst]", "<sys>>"),
            r"<\|(?:im_start|im_end|start_header_id|endoftext)\|>|\[/?inst\]|<</?sys>>",
        ),
        (("output",), r"\boutput\s*\(?[ab]\)?\s+is\s+(?:always\s+)?(?:better|best|preferred)\b"),
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
    """The words by which a text tries to steer a judge; None where the prompt is about such words."""
    low = text.lower()
    signs = [sign for marks, sign in _SIGNS if any(mark in low for mark in marks)]
    if not signs or _ASKED.search(asked):
        return None
    for sign in signs:
        if (match := sign.search(low)) is not None:
            return " ".join(text[max(0, match.start() - 20) : match.end() + 30].split())[:100]
    return None
