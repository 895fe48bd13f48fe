"""Checks over many examples: in one process or several, with a failure named."""

import math
import pickle
import random

import pandas as pd
import pytest

import pairwright as pw
from pairwright.errors import CheckError, InputError
from pairwright.quality.annotations import Reason
from pairwright.quality.checks import make_checks
from pairwright.quality.example import Example, Finding
from pairwright.quality.run import run_checks


def examples(n=700):
    rng = random.Random(0)
    for i in range(n):
        a, b = (" ".join(rng.choices("abcdefgh", k=30)) for _ in range(2))
        yield Example(str(i), f"Question {i % 600}?", f"Question {i % 600}?", a, a if i % 50 == 0 else b, "A")


class Broken:
    name = "broken"

    def look(self, example):
        if example.id == "3":
            raise KeyError("x")
        return ()


class Counts:
    name = "counts"

    def __init__(self):
        self.seen = []

    def note(self, example):
        return int(example.id) if int(example.id) % 2 else None

    def see(self, note):
        self.seen.append(note)

    def end(self):
        yield Finding(
            self.name, "info", f"{len(self.seen)} odd, in order: {self.seen == sorted(self.seen)}", "-"
        )


def test_several_processes_find_the_same_as_one():
    alone = list(run_checks(examples(), make_checks()))
    together = list(run_checks(examples(), make_checks(), workers=2))
    assert alone == together
    assert sum(f.check == "too_similar" for f in alone) == 14


def test_a_check_of_the_whole_set_gets_its_notes_in_order():
    assert [f.reason for f in run_checks(examples(), [Counts()])] == ["350 odd, in order: True"]


def test_a_check_that_fails_is_named_with_its_pair():
    with pytest.raises(CheckError, match=r"check broken failed on pair 3: KeyError"):
        list(run_checks(examples(), [Broken()]))


def test_a_check_that_cannot_travel_says_so():
    check = Counts()
    check.of = lambda: 1
    with pytest.raises(CheckError, match="run with one worker"):
        list(run_checks(examples(), [check], workers=2))


def test_progress_counts_examples():
    told = []
    list(run_checks(examples(300), [Counts()], progress=told.append))
    assert told == [256, 300]


ROW = {"prompt": "How many is 12 * 4?", "chosen": "It is 12 * 4 = 48.", "rejected": "No idea, really."}


def test_detect_low_quality_gives_reasons_that_are_names():
    rows = [
        {**ROW, "chosen": "same words here", "rejected": "same words here"},
        {**ROW, "time_seconds": 2.0},
        {**ROW, "prompt": "How many?", "chosen": "It is 12 * 4 = 46."},
        {**ROW, "prompt": "Really?"},
    ]
    found = pw.detect_low_quality(rows)
    assert found == [("too_similar", rows[0]), ("too_fast", rows[1]), ("chosen_has_errors", rows[2])]
    reason = found[2][0]
    assert reason.part == "arithmetic"
    assert "the left side is 48" in reason.detail
    assert reason.severity == "error"
    again = pickle.loads(pickle.dumps(reason))
    assert (again, again.detail, type(again)) == (reason, reason.detail, Reason)


def test_detect_low_quality_takes_conversations_and_says_what_is_off_with_the_set_last():
    turn = [
        {"role": "user", "content": "So?"},
        {"role": "assistant", "content": "Yes."},
        {"role": "user", "content": "?"},
    ]
    answer = [{"role": "assistant", "content": "As an AI developed by OpenAI, I can't say."}]
    found = pw.detect_low_quality([{"prompt": turn, "chosen": answer, "rejected": "no"}])
    assert [str(reason) for reason, _ in found] == ["identity_leak"]
    many = [
        {"prompt": f"q{i}", "chosen": f"long answer number {i} " * 9, "rejected": f"short {i}"}
        for i in range(60)
    ]
    assert [(str(reason), row) for reason, row in pw.detect_low_quality(many)] == [("shortcuts", None)]


def test_detect_low_quality_takes_ones_own_checks_and_names_a_bad_row():
    assert [r.detail for r, _ in pw.detect_low_quality([ROW, ROW], checks=[Counts()])] == [
        "1 odd, in order: True"
    ]
    with pytest.raises(InputError, match="annotation 1 has no rejected"):
        pw.detect_low_quality([ROW, {"prompt": "p", "chosen": "c"}])
    with pytest.raises(InputError, match="annotation 0: seconds is 'fast'"):
        pw.detect_low_quality([{**ROW, "seconds": "fast"}])
    with pytest.raises(InputError, match='there is no check "nonsense"'):
        pw.detect_low_quality([ROW], only=["nonsense"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("annotation_time_seconds", 2),
        ("annotation_time", "2.0"),
        ("annotationTimeSeconds", 2.0),
        ("Annotation Time (s)", 2),
        ("time_seconds", 2),
        ("seconds", 2),
        ("time_spent", 2),
        ("timeTaken", 2),
        ("duration", 2),
        ("duration_ms", 2000),
        ("elapsed-milliseconds", 2000),
        ("WorkTimeInSeconds", "2"),
        ("lead_time", 2),
        ("labeling_time_minutes", 2 / 60),
        ("response_time_sec", 2),
        ("annotation_time", pd.Timedelta(seconds=2)),
    ],
)
def test_how_long_it_took_is_read_under_every_natural_name(name, value):
    ((reason, row),) = pw.detect_low_quality([{**ROW, name: value}], only=["too_fast"])
    assert (reason, reason.value) == ("too_fast", 2.0)
    assert row[name] == value
    assert pw.detect_low_quality([{**ROW, name: None}, {**ROW, name: math.nan}], only=["too_fast"]) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("annotation_time", "2024-05-01 10:00:00"),
        ("annotation_time", pd.Timestamp("2024-05-01")),
        ("created_time", 2),
        ("time", 2),
        ("second", "text"),
        ("min", 1),
        ("max_seconds", 2),
        ("start_time_seconds", 2),
    ],
)
def test_a_point_in_time_or_a_limit_is_not_how_long_it_took(name, value):
    assert pw.detect_low_quality([{**ROW, name: value}], only=["too_fast"]) == []


def test_nobody_chose_the_first_one_shown_where_the_side_is_not_known():
    """All chosen ones stand first in such rows: that says nothing of a key held down."""
    rows = [{**ROW, "prompt": f"p{i}", "annotator": "eve", "seconds": 6 + i % 3} for i in range(40)]
    assert pw.detect_low_quality(rows, only=["too_fast"]) == []


def test_an_annotation_without_an_answer_is_a_finding_not_an_end():
    rows = pd.DataFrame([ROW, {**ROW, "chosen": None}, {**ROW, "chosen": math.nan}])
    found = pw.detect_low_quality(rows, only=["chosen_has_errors"])
    assert [(str(reason), reason.part) for reason, _ in found] == [("chosen_has_errors", "empty")] * 2
    with pytest.raises(InputError, match="annotation 0 has no prompt"):
        pw.detect_low_quality([{**ROW, "prompt": math.nan}])
