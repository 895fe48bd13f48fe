"""OpenAI's evals: the output items of a run (Evals API), and the log of the open-source evals package.

An item passes or fails, which makes its answer good or bad. In the log an answer ("sampling") and what was
found of it ("match") are two events of one sample. Read from openai-ruby's and openai-python's
OutputItemListResponse, an example response of the API reference, and from memory of openai/evals' record.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated
from pairwright.formats.format import Format, Left, Row, Source
from pairwright.formats.messages import messages_of, reply_of
from pairwright.formats.reading import BadRow, Record, Records
from pairwright.formats.sources.traces import answer_of

_STATUS = {"pass": True, "passed": True, "fail": False, "failed": False}


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    sample = row["sample"]
    if not isinstance(sample, dict) or sample.get("error") or not sample.get("output"):
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


def read_log(row: Row, place: str) -> Iterator[Canonical | Left]:
    sampling, match = row.get("sampling"), row.get("match")
    if sampling is None or match is None:
        yield Left(place, "not_labelled")
        return
    good = match.get("correct")
    if not isinstance(good, bool):
        raise InputError(f'"correct" is {good!r}, not true or false')
    said = sampling["sampled"]
    if isinstance(said, list):
        if len(said) != 1:
            raise InputError(f'"sampled" holds {len(said)} answers, and one "correct" is about all of them')
        said = said[0]
    answer = replace(reply_of(said, '"sampled"'), good=good)
    yield Canonical(
        messages_of(sampling["prompt"], '"prompt"'), (answer,), str(row["sample_id"]), place=place
    )


def samples(records: Records) -> Records:
    """The events of one sample in one record. Lines about the whole run (spec, final_report) have none."""
    held: dict[str, Record] = {}
    for record in records:
        if isinstance(record, BadRow):
            yield record
            continue
        sample, kind, data = (record.row.get(name) for name in ("sample_id", "type", "data"))
        if sample is None or kind not in ("sampling", "match") or not isinstance(data, dict):
            continue
        known = held.setdefault(sample, Record(record.place, {"sample_id": sample}))
        known.row[kind] = data
        if {"sampling", "match"} <= known.row.keys():
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
