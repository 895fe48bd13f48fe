"""OpenAI's evals: the output items of a run (Evals API), and the log of the open-source evals package.

An item passes or fails, which makes its answer good or bad. In the log an answer ("sampling") and what was
found of it ("match", or "metrics" with a model's score) are events of one sample. Read from openai-ruby's and
openai-python's OutputItemListResponse, an example response of the API reference, and from memory of
openai/evals' record.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated
from pairwright.formats.format import Format, Left, Row, Source
from pairwright.formats.messages import messages_of, number_of, reply_of
from pairwright.formats.reading import BadRow, Record, Records
from pairwright.formats.sources.traces import answer_of

_VERDICTS = ("match", "metrics")
_STATUS = {"pass": True, "passed": True, "fail": False, "failed": False}


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    sample = row["sample"]
    if not isinstance(sample, dict) or _failed(sample.get("error")) or not sample.get("output"):
        yield Left(place, "call_failed")
        return
    good = _STATUS.get(str(row.get("status")).lower())
    if good is None:
        yield Left(place, "judge_failed")
        return
    answer = Rated.of(answer_of(sample["output"], "sample.output"))
    one = replace(answer, model=sample.get("model"), good=good)
    own = row.get("id")
    yield Canonical(
        messages_of(sample["input"], "sample.input"), (one,), str(own) if own else None, place=place
    )


def _failed(error: Any) -> bool:
    """Whether a call failed: an error without a code or a message is none."""
    return any(error.values()) if isinstance(error, dict) else bool(error)


def read_log(row: Row, place: str) -> Iterator[Canonical | Left]:
    sampling, match, metrics = (row.get(name) for name in ("sampling", "match", "metrics"))
    score = None if metrics is None else number_of(metrics.get("score"))
    if sampling is None or (match is None and score is None):
        yield Left(place, "not_labelled")
        return
    said = _sampled(sampling)
    if said is None:
        yield Left(place, "several_answers")
        return
    answer = replace(reply_of(said, '"sampled"'), rating=score)
    if match is not None:
        good = match.get("correct")
        if not isinstance(good, bool):
            raise InputError(f'"correct" is {good!r}, not true or false')
        answer = replace(answer, good=good)
    yield Canonical(
        messages_of(sampling["prompt"], '"prompt"'), (answer,), str(row["sample_id"]), place=place
    )


def _sampled(sampling: Mapping[str, Any]) -> Any:
    """The answer of an event; None where it holds several, of which one verdict is about all."""
    said = sampling["sampled"]
    if not isinstance(said, list):
        return said
    return said[0] if len(said) == 1 else None


def _graded(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> bool:
    """Whether the later of two events is a grader's, who was shown the answer of the earlier."""
    said = _sampled(earlier)
    prompt = later.get("prompt")
    texts = [prompt] if isinstance(prompt, str) else [each.get("content") for each in prompt or ()]
    return isinstance(said, str) and any(said in text for text in texts if isinstance(text, str))


def samples(records: Records) -> Records:
    """The events of one sample in one record. Lines about the whole run (spec, final_report) have none.

    A model that grades is sampled too: its answer, which was given a score ("metrics"), is not the one that
    counts.
    """
    held: dict[str, Record] = {}
    for record in records:
        if isinstance(record, BadRow):
            yield record
            continue
        sample, kind, data = (record.row.get(name) for name in ("sample_id", "type", "data"))
        if sample is None or kind not in ("sampling", *_VERDICTS) or not isinstance(data, dict):
            continue
        if kind == "metrics" and sample not in held:  # of one that matched or not, which says more
            continue
        known = held.setdefault(sample, Record(record.place, {"sample_id": sample}))
        before = known.row.get(kind)
        if kind == "sampling" and before is not None and _graded(before, data):
            continue
        known.row[kind] = data
        if "sampling" in known.row and not known.row.keys().isdisjoint(_VERDICTS):
            yield held.pop(sample)
    yield from held.values()


def _looks_log(row: Mapping[str, Any]) -> bool:
    return {"run_id", "sample_id", "type", "data"} <= row.keys() or {"spec"} == row.keys()


FORMATS = (
    Format(
        "openai-evals",
        "OpenAI's Evals API: output items that pass or fail",
        Source(
            read,
            lambda row: (
                row.get("object") == "eval.run.output_item" or {"sample", "datasource_item"} <= row.keys()
            ),
            "openai-evals",
        ),
    ),
    Format(
        "openai-evals-log",
        "openai/evals: the log of a run, answers that match or not",
        Source(read_log, _looks_log, "openai-evals", gather=samples),
    ),
)
