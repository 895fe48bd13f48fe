"""harmful_compliance and over_refusal: chosen and rejected the wrong way round where one of them refuses.

Which prompts ask for harm is told by words, of what most people would call harm
and in the form of a request; precision before recall. What is refused rightly
elsewhere is for people to say, so both are warnings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pairwright.quality.example import Example, Finding
from pairwright.quality.refusals import looks_like_refusal

_REQUEST = re.compile(
    r"\b(?:how (?:can|do|could|should|would|to)|(?:best|easiest|good) "
    r"(?:way|method|place)s? to|help me|teach me|tell me|show me|"
    r"give me|i (?:want|need|would like|plan|am going) to|can you|could "
    r"you|what(?:'s| is| are)|where can i|write|make|list|explain)\b",
    re.IGNORECASE,
)
_HARM = re.compile(
    r"\b(?:(?:make|build|making|building|assemble)\s+(?:a\s+|an\s+|my "
    r"own\s+)?(?:pipe\s+|nail\s+|dirty\s+)?(?:bomb|explosive|molotov|"
    r"meth|silencer|ricin|nerve gas)s?"
    r"|(?:kill|murder|poison|stab|strangle|kidnap|rape|torture|stalk|blackmail|dox)(?:ing)?\s+(?:a|an|my|him|her|them|someone|somebody|people|the|his)\b(?!\s+(?:process|time|mood|boredom|weeds?|plants?|bugs?|bacteria|mold|virus))"
    r"|(?:hack|break|breaking|hacking)\s+into\s+(?:a|an|my|his|her|their|someone|somebody|the)\b(?!\s+(?:own|run|song|industry|market|field))"
    r"|(?:steal|stealing|shoplift\w*|rob|robbing)\s+(?:a|an|from|my|his|her|their|someone|the|money|cars?|credit|identit)\b"
    r"|(?:launder\w*|counterfeit\w*)\s+(?:money|bills|cash)|credit card "
    r"(?:fraud|numbers)|forge\s+(?:a|an)\s+(?:check|signature|passport|"
    r"id)"
    r"|(?:child|kiddie) porn\w*|without (?:getting|being) caught|get "
    r"away with (?:murder|a crime|it)|hide (?:a|the) (?:dead )?body"
    r"|(?:cook|synthesi[sz]e|make|making) (?:crystal )?(?:meth|crack|"
    r"heroin|lsd|fentanyl)|date rape drug|cheat on (?:a|my) drug test"
    r"|(?:home|residential|private) (?:address|phone number)"
    r"|(?:his|her|their|['’]s) (?:home |private |personal )?"
    r"(?:address|phone number|e-?mail address|social security number)|past security|know it['’]?s illegal)",
    re.IGNORECASE,
)
_FICTION = re.compile(
    r"\b(?:story|novel|game|movie|film|character|fiction\w*|minecraft|prevent\w*|protect\w*|avoid\w*|stop\w*|detect\w*|history|law|report)\b",
    re.IGNORECASE,
)
_REFUSES = re.compile(
    r"^(?:[^.!?\n]{0,80}[.!?]\s+)?\W*(?:(?:i['’]?m|i am) (?:very |so "
    r")?sorry|sorry|i apologi[sz]e)?[^.!?\n]{0,120}"
    r"\b(?:i (?:can['’]?t|cannot|won['’]?t|will not|don['’]t (?:feel|"
    r"think i (?:can|should))|['’]?m not (?:able|going|comfortable)|am "
    r"not (?:able|going|comfortable)|refuse|have to decline)"
    r"|i['’]m not allowed to|i don['’]t think (?:that['’]s|it['’]s|this is) a good idea"
    r"|(?:that|this)(?:['’]s| is| would be)? (?:illegal|against the law|"
    r"a crime|wrong and illegal)|it(?:['’]s| is) (?:illegal|against the "
    r"law|never okay)|you should(?:n['’]t| not| never))\b",
    re.IGNORECASE,
)
_NO = re.compile(r"\W*no\W*", re.IGNORECASE)
_LONG_PROMPT = 1500  # characters: in a longer one some word of the list will stand


def asks_for_harm(prompt: str) -> bool:
    """Whether a conversation asks, in plain words, for something most people would call harmful.

    What was asked three turns ago is still what "yes, how?" is about.
    """
    return (
        len(prompt) < _LONG_PROMPT
        and _HARM.search(prompt) is not None
        and _REQUEST.search(prompt) is not None
        and _FICTION.search(prompt) is None
    )


def refuses(text: str) -> bool:
    """Whether a response declines or says that one should not, in its first two sentences."""
    return (
        looks_like_refusal(text)
        or _NO.fullmatch(text) is not None
        or _REFUSES.match(text[:300].lstrip()) is not None
    )


class HarmfulCompliance:
    """The prompt asks for harm, the chosen response helps, the rejected one refuses."""

    name = "harmful_compliance"

    def look(self, example: Example) -> Iterator[Finding]:
        if not example.decided or not asks_for_harm(example.prompt):
            return
        if refuses(example.rejected) and not refuses(example.chosen) and example.chosen.strip():
            match = _HARM.search(example.prompt)
            words = match[0] if match else ""
            reason = (
                f'the prompt asks for harm ("{words}"), the rejected response refuses, the chosen does not'
            )
            remedy = "send the pair to people; flip it if the chosen one helps"
            yield Finding(self.name, "warning", reason, remedy, example.id, value=words)


class OverRefusal:
    """The chosen response refuses what the rejected answers, and nothing in the prompt sounds like harm."""

    name = "over_refusal"

    def look(self, example: Example) -> Iterator[Finding]:
        if not example.decided or not looks_like_refusal(example.chosen) or not example.rejected.strip():
            return
        if refuses(example.rejected) or _SENSITIVE.search(example.prompt) or _HARM.search(example.prompt):
            return
        start = " ".join(example.chosen.split())[:80]
        reason = f'the chosen response refuses a prompt that sounds harmless, the rejected answers: "{start}"'
        remedy = "send the pair to people; flip it if the prompt is harmless"
        yield Finding(self.name, "warning", reason, remedy, example.id, value=start)


# Anything that may make a refusal right: then it is not said to be wrong.
_SENSITIVE = re.compile(
    r"\b(?:kill\w*|murder\w*|bombs?|weapons?|guns?|drugs?|sex\w*|porn\w*|rap(?:e|ed|ist|ing)|naked|nude|hack\w*|steal\w*|theft|illegal\w*|crim\w+|poison\w*|suicid\w*|die|death|dead"
    r"|hate\w*|racis\w*|rac(?:e|es|ial)|nazi\w*|jew\w*|muslim\w*|black|gay|slurs?|insult\w*|abus\w*|attack\w*|explo\w+|terror\w*|fraud\w*|scam\w*|cheat\w*|lie|lying"
    r"|bank|account|pirat\w*|seduc\w*|offens\w*|ruin\w*|beat(?:ing)?|hurt\w*|butt\w*|lick\w*|escorts?|prostitut\w*|hook.?up"
    r"|password\w*|address|phone|credit|social security|private|personal|"
    r"medical|doctor|diagnos\w*|lawyer|legal|stocks?|invest\w*|real.?time|"
    r"current|today|latest|now|weather"
    r"|image|picture|photo|video|audio|file|link|attach\w*|browse|internet|"
    r"website|you(?:r)? (?:opinion|feel\w*|favorite)|fuck\w*|shit\w*|"
    r"bitch\w*|ass(?:hole)?s?|damn|stupid|idiot\w*)\b",
    re.IGNORECASE,
)
