"""Twice the text takes about twice the time, whatever stands in it: every scan of text from outside.

A scan that goes with the square of its text takes seconds for one hostile answer and holds up all
calls in flight. Each is run over texts made of pieces that such scans stumble over.
"""

import gc
import time
from contextlib import suppress

import pytest

from pairwright.annotate.rendering import written_html
from pairwright.formats.messages import from_transcript
from pairwright.formats.sources.helpsteer import _prompt
from pairwright.judging.facts import parse_facts
from pairwright.judging.logprobs import verdict_logprobs
from pairwright.judging.parsing import Unreadable, parse_answer, parse_scores
from pairwright.judging.ranking import parse_ranking
from pairwright.judging.rubric import as_data
from pairwright.judging.thinking import response_in, trace_in
from pairwright.models.refusals import refusal
from pairwright.quality.checks import CHECKS, make_checks
from pairwright.quality.example import Example
from pairwright.quality.run import run_checks
from pairwright.reward.features import form

# A piece and what ends the text: many a scan goes wrong only where the end does not fit.
PIECES = [
    *"\n \t1.,-(){}[]|`'\"\\<>*#_=!?:;/@&$%^~+aA",
    "\r\n", "\u2028", "\u00a0", "\u4e2d", "a ", "a\n", "\na", "a\n\n", "\n\n", "1 ", "1.", "1,", "1+", "(1", "1=", "1*(",
    "a.", "a@", "a@a.", "a-", "- ", "- a\n", "| ", "|-", "| -", "|a", "--", "```", "```\n", "```a", "`a", "~~~\n", "a`",
    "\\boxed{", "\\boxed{a", "\\text{", "\\frac{1}", "\\(", "\\[", "$a", "$$", "{}", "[]", "[[", "[a](", "![", "<a", "<|", "</",
    "http://", "http://a", "www.", "doi:", "arxiv:", "[citation", "**", "**a", "# ", "#### ", "> ", "1. ", "a) ", "* a\n",
    "I ", "I am ", "As an ", "created by Google ", "developed by ", "language model ", "ignore ", "ignore the ", "choose this ",
    "judge ", "give the answer ", "verdict", "verdict: ", "verdict: A ", '"verdict":', '{"verdict":', '{"verdict": "A', "[[A",
    "[[A]] ", "answer", "answer is ", "the answer is ", "Answer:", "final answer", "confidence: ", "A is ", "A is better ",
    "prefer A ", "wait ", "Wait, ", "I ", ". ", "! ", "Dr. ", "A. ", "sk-", "-sk-", "eyJ", "-eyJ", ".eyJ", "sk-ant-", "AKIA",
    "-----BEGIN ", "A ", "AA11 1111 ", "1234 ", "12-", "+1 ", "(1)", "555-", "ghp_", "hf_", "<think>", "</think>", "<thought>",
    "[THINK]", "[/THINK]", "<|channel|>", "<|channel|>final<|message|>", "<answer>", "</answer>", "analysis", "assistantfinal",
    "`<think>`", '{"a":', '{"a":1,', '{"a":"', '{a:', "{'a':", '"a",', '",', '"}', "\\u", "\\\\", "//", "# a\n", "[your ", "{{",
    "\n\nHuman:", "\n\nHuman: a", "<extra_id_1>User\n", "\n\nAssistant:\n", "key: ", "key:\n ", "- - ", "[a, ", "x=", "def f(", "import a\n",
]  # fmt: skip
RUNS = (*" \n\t1a.-(|[{", "1.", "a.", "-eyJ")  # each between two others
SEAMS = (("| --", "a|"), ("1", "a = 2"), ("\\text{", ""), ("1+1", "+ = 3"), ("a", "b"), ("@", "b"))
AROUND = (
    ("", "!"),
    ("", "\n\n"),
    ("the answer is", "b"),
    ('{"verdict": "A"}\n', ""),
    ("```json\n1--", "}\n```"),
)
SHORT, LONG = 4_000, 16_000
SLOW_S = 0.3  # four times the text in less time than this is quick enough, however it grows


def quietly(read, *more):
    def scan(text):
        with suppress(Unreadable, ValueError):
            read(text, *more)

    return scan


def look(name):
    """All that one check does with a pair, where the text is the chosen response, and where it is the prompt."""

    def scan(text):
        other = "a plain answer, 12 * 4 = 48. I can't."
        asked = "Answer in valid JSON, in two sentences, please."
        for example in (
            Example("1", asked, asked, text, other, "A", reference="#### 42", domain="x"),
            Example("2", text, text, other, "I won't.", "A", domain="x"),
        ):
            list(run_checks([example], make_checks(only=[name])))

    return scan


SCANS = {
    "a verdict": quietly(parse_answer),
    "scores": quietly(parse_scores),
    "a ranking": quietly(parse_ranking, 3),
    "facts": quietly(lambda text: parse_facts(text, text[:5000], "b")),
    "facts quoted": quietly(lambda text: parse_facts('{"A": [{"quote": "abcd", "error": "e"}], "B": []}', text, "b")),
    "token probabilities": lambda text: verdict_logprobs(text[:4000], [{"token": each, "logprob": -1.0} for each in text[:4000]], 2000, "A"),
    "a drawn response": response_in,
    "a trace": trace_in,
    "text shown to judges": as_data,
    "a refusal": lambda text: refusal(400, text[:2000], {"temperature", "logprobs"}),
    "a transcript": quietly(from_transcript, "row"),
    "turns of HelpSteer": quietly(_prompt),
    "figures of a reward model": lambda text: form(text, text),
    "text as written": written_html,
    **{f"check {name}": look(name) for name in CHECKS},
}  # fmt: skip


def seconds(scan, text):
    gc.disable()
    try:
        begun = time.process_time()
        scan(text)
        return time.process_time() - begun
    finally:
        gc.enable()


def grows(scan, piece, begin, end, short=SHORT, long=LONG):
    """Times of a text and one four times as long, where the longer takes long enough to tell; else None."""
    texts = [begin + piece * (size // len(piece)) + end for size in (short, long)]
    if (slow := seconds(scan, texts[1])) < SLOW_S:
        return None
    quick = min(seconds(scan, texts[0]) for _ in range(2))
    slow = min(slow, seconds(scan, texts[1]))
    return (quick, slow) if slow >= SLOW_S and slow > 8 * quick else None


@pytest.mark.parametrize("name", SCANS)
def test_time_grows_with_the_text_and_not_with_its_square(name):
    scan = SCANS[name]
    scan("a warm-up: whatever is loaded once")
    for number, piece in enumerate(PIECES):
        seams = SEAMS if piece in RUNS else ()
        for begin, end in (AROUND[0], AROUND[1 + number % 4], *seams):
            grew = grows(scan, piece, begin, end)
            assert grew is None, f"{name}: {begin!r} + {piece!r} x n + {end!r} takes {grew} s"
