"""One project lives for months, in any order that hypothesis thinks of, and its twin beside it.

After every step what `always.py` says holds; in the end the twins are compared. A story that
went wrong is told by the failing test as a list of steps: keep it in STORIES.

    make test-lives LIVES=200 STEPS=60 SEED=1
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import always
import projects
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from life import CALIBRATION, LABELLED, MIRRORS, PEOPLE, REPLAYED, STRAIGHT, Life
from twins import are_twins

from pairwright.errors import InputError, NotConverged
from pairwright.stages.doctor.doctor import doctor

LIVES, STEPS = int(os.environ.get("LIVES", "0")), int(os.environ.get("STEPS", "30"))
NUMBER = st.integers(0, 99)


class Lives:
    """A project and its twin. A step says which by number; the twin is told the same pair by its texts."""

    def __init__(self, folder: Path, mirror: str, *, thorough: bool = True) -> None:
        self.story: list[tuple[Any, ...]] = []
        self.one = Life(folder / "one")
        self.other = Life(folder / "other", MIRRORS[mirror])
        self.thorough, self.steps, self.names = thorough, 0, 0
        self.known: dict[str, set[tuple[Any, ...]]] = {}

    def step(self, what: str, *given: Any) -> None:
        self.story.append((what, *given))
        try:
            getattr(self, what)(*given)
        except Exception as wrong:
            raise AssertionError(f"{type(wrong).__name__}: {wrong}\nThe story: {self.story}") from wrong

    def both(self, what: str, *given: Any, **more: Any) -> Any:
        """Do it in both. What one refuses, the other has to refuse too."""
        done = [self._done(life, what, *given, **more) for life in (self.one, self.other)]
        refused = [type(each) if isinstance(each, Exception) else None for each in done]
        assert refused[0] == refused[1], f"{what}{given}: {done}"
        return done[0]

    def _done(self, life: Life, what: str, *given: Any, **more: Any) -> Any:
        try:
            return getattr(life, what)(*given, **more)
        except (InputError, NotConverged) as refused:
            return refused

    def holds(self) -> None:
        """What has to hold after every step; the dearer figures now and then, unless thorough."""
        self.steps += 1
        always.keep(self.one, self.known)
        for life in (self.one, self.other):
            always.people_are_heard(life)
            always.nothing_rests_on_what_was_taken_back(life)
        always.counts_agree(self.one)
        if self.thorough:
            always.report_and_card_agree(self.one)

    # --- steps: each is also what a story is written in ---------------------------------------------

    def new(self, letter: str, n: int) -> list[str]:
        self.names += n
        return [f"{letter}{i}" for i in range(self.names - n, self.names)]

    def key(self, number: int) -> str | None:
        keys = list(self.one.pairs())
        return keys[number % len(keys)] if keys else None

    def add_pairs(self, n: int, domain: str = "x") -> None:
        self.both("add_pairs", self.new("p", n), domain)

    def add_again(self, number: int) -> None:
        """Pairs that are there come again under other ids, with a and b exchanged."""
        names = sorted(
            {name for pair in self.one.pairs().values() for name, _ in pair.names if name[0] == "p"}
        )
        if names:
            start = number % len(names)
            self.both("add_pairs", names[start : start + 3], "x", "again-")

    def add_prompts(self, n: int) -> None:
        self.both("add_prompts", self.new("r", n))

    def pair_up(self, policy: str) -> None:
        self.both("pair_up", policy)

    def add_labelled(self, form: str, n: int) -> None:
        self.both("add_labelled", form, self.new("l", n))

    def set(self, table: str, name: str, value: Any) -> None:
        self.both("set", table, name, value)

    def guideline(self, number: int) -> None:
        self.both("guideline", f"Prefer what is right. Version {number}.\n")

    def hire(self, name: str) -> None:
        if name not in self.one.judges:
            self.both("hire", name)

    def fire(self, name: str) -> None:
        if name in self.one.judges:
            self.both("fire", name)

    def change(self, name: str) -> None:
        if name in self.one.judges:
            self.both("change", name)

    def judge(self, missing: float = 0.0, retry: bool = False) -> None:
        for name in sorted(self.one.judges):
            if name in REPLAYED:
                self.both("record", name, missing)
            self.both("judge", name, retry)

    def route(self, more: int = 0, settle: str = "") -> None:
        how: dict[str, Any] = {"more": more}
        if settle:
            how |= {"recalibrate": True} if settle == "recalibrate" else {"restore": "they were wrong"}
        routed = self.both("route", **how)
        if not isinstance(routed, Exception):
            always.routing_says_so_too(self.one, routed)
            for life in (self.one, self.other):
                always.certificates_cover(life)

    def label(self, method: str | None = None) -> None:
        self.both("label", method)

    def answer(self, who: str, n: int, wrong_every: int = 0) -> None:
        """What is offered is answered, rightly but for every so-many-th."""
        for i in range(n):
            key = self.one.offered(who)
            if key is None:
                return
            pair = self.one.pairs()[key]
            wrong = bool(wrong_every) and i % wrong_every == wrong_every - 1
            self.both("answer", who, key, pair.worst if wrong else pair.best)

    def tie(self, who: str, number: int, both: str | None) -> None:
        if key := self.key(number):
            self.both("answer", who, key, None, both)

    def disagree(self, who: str, number: int) -> None:
        """An answer on any pair, against what is right: also one changed."""
        if key := self.key(number):
            self.both("answer", who, key, self.one.pairs()[key].worst)

    def on_pair(self, what: str, who: str, number: int) -> None:
        if key := self.key(number):
            self.both(what, who, key)

    def bring(self, who: str, number: int, n: int) -> None:
        keys = list(self.one.pairs())[number:][:n]
        pairs = self.one.pairs()
        if keys:
            self.both("bring", who, {key: pairs[key].best for key in keys})

    def requeue(self, who: str) -> None:
        self.both("requeue", who)

    def erase(self, who: str, votes: str) -> None:
        """What is erased is on record no longer, and all else is: `doctor` holds it against the chain."""
        self.both("erase", who, votes)
        for table in always.ERASED:
            self.known.pop(table, None)
        for life in (self.one, self.other):
            found = doctor(life.root)
            assert found.sound, found.sentences()

    def lead(self, what: str, number: int, right: bool = True) -> None:
        if key := self.key(number):
            pair = self.one.pairs()[key]
            said = (pair.best if right else pair.worst,) if what in ("decide", "make_gold") else ()
            self.both(what, key, *said)

    def check(self) -> None:
        self.both("check")

    def verify(self) -> None:
        self.both("verify")

    def settle(self, what: str, number: int) -> None:
        found = [each for each in self.one.findings() if each in self.other.findings()]
        if found:
            self.both("settle", what, found[number % len(found)])

    def export(self, shape: str) -> None:
        rows = [always.exports_add_up(life, shape) for life in (self.one, self.other)]
        assert rows[0] == rows[1], f"twins export other rows as {shape}"

    def reopen(self) -> None:
        self.both("reopen")

    def copy(self) -> None:
        self.both("copy")

    def kill(self, verb: str, after: float) -> None:
        """Two processes are killed, each at a moment of its own; what they left undone is done then."""
        for life, moment in ((self.one, after), (self.other, after / 2)):
            if verb == "judge":
                for name in set(life.judges) & set(REPLAYED):
                    life.record(name, 0.0)
            life.killed(verb, moment)
            always.people_are_heard(life)
        always.keep(self.one, self.known)
        {"judge": self.judge, "route": self.route, "check": self.check, "label": self.label}[verb]()

    def end(self) -> None:
        always.report_and_card_agree(self.one)
        are_twins(self.one, self.other)


def founded(n: int) -> list[tuple[Any, ...]]:
    """How a project begins whose judge can be relied on: with 44 pairs its certificate stands."""
    asked = ("answer", "ann", CALIBRATION, 0)
    return [("add_pairs", n), ("hire", "keen"), ("judge",), ("route",), asked, ("route",)]


class Months(RuleBasedStateMachine):
    """Rules in the order a team comes to them; hypothesis takes them in any."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="lives-"))

    @initialize(
        mirror=st.sampled_from(sorted(set(MIRRORS) - {STRAIGHT.name})), n=st.sampled_from([0, 16, 44])
    )
    def begin(self, mirror: str, n: int) -> None:
        self.lives = Lives(self.folder, mirror, thorough=bool(LIVES))
        if n:
            for step in founded(n):
                self.lives.step(*step)

    @invariant()
    def holds(self) -> None:
        if hasattr(self, "lives"):
            self.lives.step("holds")
            self.lives.story.pop()

    @rule(n=st.integers(1, 8), domain=st.sampled_from("xy"))
    def add_pairs(self, n: int, domain: str) -> None:
        self.lives.step("add_pairs", n, domain)

    @rule(number=NUMBER)
    def add_again(self, number: int) -> None:
        self.lives.step("add_again", number)

    @rule(n=st.integers(1, 3), policy=st.sampled_from(["all", "random"]))
    def draw_up(self, n: int, policy: str) -> None:
        self.lives.step("add_prompts", n)
        self.lives.step("pair_up", policy)

    @rule(form=st.sampled_from(sorted(LABELLED)), n=st.integers(1, 4))
    def add_labelled(self, form: str, n: int) -> None:
        self.lives.step("add_labelled", form, n)

    @rule(
        change=st.sampled_from(
            [
                ("annotate", "overlap", 1), ("annotate", "overlap", 2), ("annotate", "overlap", 3),
                ("annotate", "usd_per_pair", 1.5), ("route", "audit", 0.0), ("route", "audit", 0.5),
                ("route", "target", 0.75), ("route", "new_pairs", "same-stream"), ("route", "test", "betting"),
                ("route", "accept", "stated"), ("route", "accept", "guarantee"), ("route", "ties", "apart"),
                ("check", "similar", 0.5),
            ]
        )
    )  # fmt: skip
    def set(self, change: tuple[str, str, Any]) -> None:
        self.lives.step("set", *change)

    @rule(number=st.integers(1, 3))
    def guideline(self, number: int) -> None:
        self.lives.step("guideline", number)

    @rule(
        what=st.sampled_from(["hire", "hire", "change", "fire"]), name=st.sampled_from([*REPLAYED, "shorter"])
    )
    def panel(self, what: str, name: str) -> None:
        self.lives.step(what, name)

    @rule(missing=st.sampled_from([0.0, 0.0, 0.3]), retry=st.booleans())
    def judge(self, missing: float, retry: bool) -> None:
        self.lives.step("judge", missing, retry)

    @rule(more=st.sampled_from([0, 0, 5]))
    def route(self, more: int) -> None:
        self.lives.step("route", more)

    @rule(how=st.sampled_from(["recalibrate", "restore"]))
    def settle_alarm(self, how: str) -> None:
        self.lives.step("route", 0, how)

    @rule(who=st.sampled_from(PEOPLE), n=st.integers(1, 15), wrong_every=st.sampled_from([0, 0, 5, 2]))
    def answer(self, who: str, n: int, wrong_every: int) -> None:
        self.lives.step("answer", who, n, wrong_every)

    @rule(who=st.sampled_from(PEOPLE), number=NUMBER, both=st.sampled_from([None, "good", "bad"]))
    def tie(self, who: str, number: int, both: str | None) -> None:
        self.lives.step("tie", who, number, both)

    @rule(who=st.sampled_from(PEOPLE), number=NUMBER)
    def disagree(self, who: str, number: int) -> None:
        self.lives.step("disagree", who, number)

    @rule(what=st.sampled_from(["skip", "flag", "undo", "undo"]), who=st.sampled_from(PEOPLE), number=NUMBER)
    def on_pair(self, what: str, who: str, number: int) -> None:
        self.lives.step("on_pair", what, who, number)

    @rule(who=st.sampled_from(PEOPLE), number=NUMBER, n=st.integers(1, 6))
    def bring(self, who: str, number: int, n: int) -> None:
        self.lives.step("bring", who, number, n)

    @rule(who=st.sampled_from(PEOPLE))
    def requeue(self, who: str) -> None:
        self.lives.step("requeue", who)

    @rule(who=st.sampled_from(PEOPLE), votes=st.sampled_from(["keep", "retract"]))
    def erase(self, who: str, votes: str) -> None:
        self.lives.step("erase", who, votes)

    @rule(
        what=st.sampled_from(["decide", "reopen_case", "make_gold", "withdraw_gold"]),
        number=NUMBER,
        right=st.booleans(),
    )
    def lead(self, what: str, number: int, right: bool) -> None:
        self.lives.step("lead", what, number, right)

    @rule(method=st.sampled_from(["auto", "majority", "dawid-skene"]))
    def label(self, method: str) -> None:
        self.lives.step("label", method)

    @rule()
    def check(self) -> None:
        self.lives.step("check")

    @rule()
    def verify(self) -> None:
        self.lives.step("verify")

    @rule(
        what=st.sampled_from(["dismiss", "send", "drop", "flip", "soften", "ask again", "undo"]),
        number=NUMBER,
    )
    def settle(self, what: str, number: int) -> None:
        self.lives.step("settle", what, number)

    @rule(shape=st.sampled_from(sorted(always.SHAPES)))
    def export(self, shape: str) -> None:
        self.lives.step("export", shape)

    @rule(what=st.sampled_from(["reopen", "copy"]))
    def elsewhere(self, what: str) -> None:
        self.lives.step(what)

    @precondition(lambda _: LIVES)  # starting a process takes a second or two
    @rule(verb=st.sampled_from(["judge", "route", "check", "label"]), after=st.floats(0.5, 6.0))
    def kill(self, verb: str, after: float) -> None:
        self.lives.step("kill", verb, after)

    def teardown(self) -> None:
        try:
            if hasattr(self, "lives"):
                self.lives.step("end")
        finally:
            while projects.OPENED:
                projects.OPENED.pop().close()
            shutil.rmtree(self.folder, ignore_errors=True)


QUICK = settings(
    max_examples=4,
    stateful_step_count=12,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
LONG = settings(QUICK, max_examples=LIVES or 1, stateful_step_count=STEPS, derandomize=False)
Months.TestCase.settings = LONG if LIVES else QUICK
TestMonths = Months.TestCase

STORIES: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "labels stood on the verdicts of a judge that was asked anew, until the next route": (
        "a and b exchanged",
        [*founded(44), ("change", "keen"), ("route",)],
    ),
    "the report broke off at a judge that was weighed and is in the project file no more": (
        "rows in another order",
        [
            *founded(44),
            ("hire", "dull"),
            ("judge",),
            ("route", 5),
            ("answer", "ann", 30, 0),
            ("route",),
            ("fire", "dull"),
        ],
    ),
    "people had their data erased, and went on under the same name": (
        "people and judges in another order",
        [
            *founded(24),
            ("answer", "ann", 20, 0),
            ("answer", "bob", 20, 0),
            ("label",),
            ("check",),
            ("erase", "ann", "keep"),
            ("route",),
            ("answer", "ann", 10, 0),
            ("erase", "bob", "retract"),
            ("route",),
        ],
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_a_story_that_went_wrong_once(story: str, tmp_path: Path) -> None:
    mirror, steps = STORIES[story]
    lives = Lives(tmp_path, mirror, thorough=False)
    for step in steps:
        lives.step(*step)
        lives.step("holds")
    lives.step("end")


def test_responses_that_won_as_often_as_they_lost_are_counted_as_left_out(tmp_path: Path) -> None:
    lives = Lives(tmp_path, "a and b exchanged", thorough=False)
    for step in [("add_prompts", 4), ("pair_up", "all"), ("route",), ("answer", "ann", 24, 0)]:
        lives.step(*step)
    lives.step("export", "kto")
