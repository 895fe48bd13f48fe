"""secrets and personal_data: what must not be in a dataset that leaves the house.

By rules with a check where there is one: card numbers by Luhn's sum, IBANs by
theirs (ISO 13616). Secrets by the prefixes their makers gave them, as in
gitleaks' rules (github.com/gitleaks/gitleaks). What is found is never repeated
in full.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pairwright.quality.example import Example, Finding

_SECRETS = {
    "AWS access key": r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b",
    "GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{60,})\b",
    "GitLab token": r"\bglpat-[\w-]{20,}",
    "OpenAI key": r"(?<![\w-])sk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,}|"
    "\bsk-[A-Za-z0-9]{48}\b",
    "Anthropic key": r"\bsk-ant-[a-z0-9]+-[\w-]{80,}",
    "Slack token": r"\bxox[abprs]-\d{8,}-[\w-]{10,}",
    "Google key": r"\bAIza[\w-]{35}\b",
    "Stripe key": r"\b[rs]k_live_[A-Za-z0-9]{20,}\b",
    "Hugging Face token": r"\bhf_[A-Za-z]{34}\b",
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*[A-Za-z0-9+/=\s]{64,}",
    "JSON web token": r"(?<![\w-])eyJ[\w-]{17,}\.eyJ[\w-]{17,}\.[\w-]{20,}",
}
_SECRET = re.compile("|".join(f"(?P<s{i}>{pattern})" for i, pattern in enumerate(_SECRETS.values())))
_ANY_SECRET = re.compile(
    r"AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|sk-|xox[abprs]-|AIza|k_live_|hf_|PRIVATE KEY|eyJ"
)
_LONG_NUMBER = re.compile(r"\d[\d ().-]{5,}\d|[A-Z]{2}\d{2} ?[A-Z0-9]{4}")
_EXAMPLE = re.compile(r"example|sample|dummy|fake|test|your|xxxx|1234567|abcdef|(.)\1{5}", re.IGNORECASE)

_EMAIL = re.compile(r"\b[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,12}\b")
_NOBODY = re.compile(
    r"@(?:[\w.-]*\.)?(?:example|test|domain|yourdomain|company|yourcompany|email|mail|website|site|invalid|localhost|xyz|abc)\."
    r"|^(?:your|name|user|username|email|someone|john\.?doe|jane\.?doe|info|support|contact|admin|sales|hello|help|press|"
    r"first|last|example|test|noreply|no-reply|customer|service|office|team|feedback|hr|jobs|careers)[\w.-]*@|@(?:gmail|email)\.com\.",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?<![\w.+-])(?:\+\d{1,3}[ .-]?)?(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4}(?![\w-])|"
    r"(?<!\w)\+\d{1,3}(?:[ .-]?\d{2,4}){3,4}(?!\w)"
)
_FREE_NUMBER = re.compile(
    r"555|^\+?1?[ .-]?\(?8(?:00|33|44|55|66|77|88)|123\D{0,3}456|(\d)\1{4}|000.?0000|1234$"
)
_CARD = re.compile(r"(?<![\d.])(?:\d{4}[ -]?){3}\d{1,7}(?![\d.])")
_SSN = re.compile(r"(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_FAMOUS_SSN = ("123-45-6789", "078-05-1120")
_TEST_CARDS = re.compile(r"^(?:4242|4111 ?1111|5555 ?5555|3782 ?8224|6011 ?1111|1234)")


class Secrets:
    """An error: a key in a text can be used by whoever reads it."""

    name = "secrets"

    def look(self, example: Example) -> Iterator[Finding]:
        for where, text in _texts(example):
            if not _ANY_SECRET.search(text):
                continue
            for match in _SECRET.finditer(text):
                if _EXAMPLE.search(match[0].replace("-----BEGIN", "")):
                    continue
                kind = list(_SECRETS)[int(str(match.lastgroup)[1:])]
                reason = f"its {where} holds what looks like a {kind}: {hidden(match[0])}"
                remedy = "revoke the key and drop the pair"
                yield Finding(self.name, "error", reason, remedy, example.id, kind, hidden(match[0]))
                return


class PersonalData:
    """A warning: an address, a telephone, card or account number that may be somebody's."""

    name = "personal_data"

    def look(self, example: Example) -> Iterator[Finding]:
        for where, text in _texts(example):
            for kind, found in personal_data(text):
                reason = f"its {where} holds what looks like {_KINDS[kind]}: {hidden(found)}"
                remedy = "drop the pair, or replace it and add the pair anew"
                yield Finding(self.name, "warning", reason, remedy, example.id, kind, hidden(found))
                return


def personal_data(text: str) -> Iterator[tuple[str, str]]:
    """(kind, text) of all that may be somebody's."""
    if "@" in text:
        for match in _EMAIL.finditer(text):
            if not _NOBODY.search(match[0]):
                yield "email", match[0]
    if _LONG_NUMBER.search(text) is None:
        return
    for kind, pattern, holds in _NUMBERS:
        for match in pattern.finditer(text):
            if holds(match[0]):
                yield kind, match[0]


def hidden(text: str) -> str:
    """The first characters and how long it is."""
    return f"{text[:5]}... ({len(text)} characters)"


def _texts(example: Example) -> Iterator[tuple[str, str]]:
    sides = ("chosen", "rejected") if example.verdict == "A" else ("rejected", "chosen")
    if not example.decided:
        sides = ("response a", "response b")
    yield from zip(sides, (example.a, example.b), strict=True)
    yield "prompt", example.prompt


def _phone(text: str) -> bool:
    return not _FREE_NUMBER.search(text)


def _luhn(text: str) -> bool:
    digits = [int(each) for each in text if each.isdigit()]
    if (
        not 13 <= len(digits) <= 19
        or _TEST_CARDS.match(text)
        or len(set(digits)) < 5
        or digits[0] not in (3, 4, 5, 6)
    ):
        return False
    doubled = [d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def _iban(text: str) -> bool:
    plain = text.replace(" ", "")
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


_NUMBERS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("card", _CARD, _luhn),
    ("ssn", _SSN, lambda text: text not in _FAMOUS_SSN),
    ("iban", _IBAN, _iban),
    ("phone", _PHONE, _phone),
)
_KINDS = {
    "email": "an e-mail address",
    "card": "a card number",
    "ssn": "a US social security number",
    "iban": "an IBAN",
    "phone": "a telephone number",
}
