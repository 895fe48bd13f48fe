"""What is fuzzed: a function of bytes for each thing that reads what others wrote.

A target may raise what its reader is said to raise, and nothing else; what it asserts holds for every input.
"""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from html.parser import HTMLParser
from pathlib import Path

from pairwright.annotate.rendering import text_html, written_html
from pairwright.errors import PairwrightError
from pairwright.formats.catalog import formats, read_dataset
from pairwright.formats.guess import guess
from pairwright.formats.messages import from_transcript
from pairwright.formats.reading import read_records
from pairwright.judging.control_tokens import harmless
from pairwright.judging.facts import parse_facts
from pairwright.judging.parsing import Unreadable, parse_scores, read_verdict
from pairwright.judging.ranking import parse_ranking
from pairwright.judging.thinking import response_in, thought_in, trace_in
from pairwright.models.batch import anthropic, gemini, openai
from pairwright.models.batch.provider import reply_from
from pairwright.models.chat_judge import read_reply
from pairwright.models.refusals import refusal
from pairwright.models.replies import (
    ChatReply,
    chat_reply,
    error_code,
    message_of,
    parse_json,
    retry_after,
    usage_of,
)
from pairwright.quality.checks import make_checks
from pairwright.quality.example import Example
from pairwright.quality.run import run_checks
from pairwright.turns import as_plain, has_marks

FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
# Formats whose rows stand in one file, not in a folder of their own shape.
SOURCES = sorted(
    name for name, each in formats().items() if each.reads is not None and each.reads.path is None
)
READS_AS = ("json", "jsonl", "csv", "jsonl.gz", "jsonl.zst", "tsv", "txt")
_NEVER = {"script", "style", "iframe", "object", "embed", "form", "img", "svg", "link", "meta", "base"}


class _Tags(HTMLParser):
    """Holds every tag of a page against what must not stand there."""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag not in _NEVER, tag
        for name, value in attributes:
            assert not name.startswith("on"), (tag, name)
            link = re.match(r"\s*([a-z]+):", value or "", re.IGNORECASE) if name in ("href", "src") else None
            assert link is None or link[1].lower() in ("http", "https", "mailto"), value


def reader(ending: str) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        path = FOLDER / f"rows.{ending}"
        path.write_bytes(data)
        with suppress(PairwrightError):
            for _ in read_records(path):
                pass

    return read


def dataset(data: bytes) -> None:
    """A file in any format of a dataset, whose name is its first line."""
    name, _, rows = data.partition(b"\n")
    path = FOLDER / "dataset.jsonl"
    path.write_bytes(rows)
    named = name.decode("ascii", "replace")
    with suppress(PairwrightError):
        for _ in read_dataset(path, named if named in SOURCES else SOURCES[sum(name) % len(SOURCES)]):
            pass


def guessed(data: bytes) -> None:
    path = FOLDER / f"guess.{READS_AS[data[0] % 3]}" if data else FOLDER / "guess.json"
    path.write_bytes(data[1:])
    with suppress(PairwrightError):
        guess(path, {})


def transcript(data: bytes) -> None:
    with suppress(PairwrightError, ValueError):
        from_transcript(_text(data), "row")


def verdict(data: bytes) -> None:
    text = _text(data)
    for read in (
        lambda: parse_scores(text),
        lambda: parse_ranking(text, 3),
        lambda: parse_facts(text, text[:50], "b"),
    ):
        with suppress(Unreadable):
            read()
    for cut, alone in ((False, False), (True, True)):
        with suppress(Unreadable):
            found = read_verdict(text, cut=cut, alone=alone)
            assert found.place is None or 0 <= found.place < len(text)


def thinking(data: bytes) -> None:
    text = _text(data)
    response = response_in(text)
    assert response == response.strip()
    trace_in(text)
    thought_in(text)


def reply(data: bytes) -> None:
    """What an endpoint answers, well or not."""
    assert len(message_of(data)) < 10_000
    error_code(data)
    retry_after({"Retry-After": _text(data)[:200], "retry-after-ms": _text(data)[:200]})
    refusal(400, message_of(data), {"temperature", "logprobs"})
    try:
        answered = parse_json(data)
    except (ValueError, RecursionError):
        return
    usage_of(answered)
    with suppress(ValueError):
        said = chat_reply(answered)
        got = ChatReply(
            said.text,
            said.finish_reason,
            said.refused,
            1,
            1,
            said.logprobs,
            0.0,
            1,
            said.reasoning,
            said.calls,
        )
        for strategy in ("plain", "rating"):
            with suppress(Unreadable):
                read_reply(got, strategy)


def batch_line(data: bytes) -> None:
    """A line of a provider's results, or of a file that one's own machines wrote."""
    for read in (openai.reply_of, anthropic._reply, gemini._reply):
        try:
            found = reply_from(data, read, "batch")
        except PairwrightError:
            continue
        if found.status == 200:
            with suppress(ValueError, RecursionError):
                chat_reply(parse_json(found.body.encode()))


def page(data: bytes) -> None:
    """A text as the pages show it: nothing in it runs, and nothing is loaded."""
    text = _text(data)
    for made in (text_html(text), written_html(text)):
        tags = _Tags()
        tags.feed(made)
        tags.close()


def shown_to_judges(data: bytes) -> None:
    text = as_plain(_text(data))
    assert not has_marks(text)
    assert harmless(harmless(text)) == harmless(text)


CHECKS = make_checks(
    only=["chosen_has_errors", "injection", "secrets", "personal_data", "too_similar", "thinking_trace"]
)


def checks(data: bytes) -> None:
    asked, _, text = _text(data).partition("\0")
    example = Example("1", asked, asked, text, "a plain answer", "A", reference="4")
    for finding in run_checks([example], CHECKS):
        assert finding.reason


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


TARGETS: dict[str, Callable[[bytes], None]] = {
    **{ending: reader(ending) for ending in (*READS_AS, "parquet")},
    "dataset": dataset,
    "guess": guessed,
    "transcript": transcript,
    "verdict": verdict,
    "thinking": thinking,
    "reply": reply,
    "batch_line": batch_line,
    "page": page,
    "shown_to_judges": shown_to_judges,
    "checks": checks,
}
