"""What is written can be read back: prompt, chosen, rejected, tie and label are the same."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pairwright.formats.canonical import Canonical, Drop, Rated, fractional, pairs, singles, two
from pairwright.formats.catalog import formats, read_dataset
from pairwright.formats.reading import BadRow, Rows
from pairwright.types import Message, ToolCall

TWO_WAY = {name: each for name, each in formats().items() if each.reads and each.writes}
PAIRED = [name for name, each in TWO_WAY.items() if each.writes.takes == "pairs"]
SINGLE = [name for name, each in TWO_WAY.items() if each.writes.takes == "responses"]
# Surrogates and NUL are refused on the way in, with their place; here they would only be refused again.
TEXT = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=40
).filter(lambda text: text.strip())


@st.composite
def prompts(draw) -> tuple[Message, ...]:
    turns = [Message("user", draw(TEXT))]
    for _ in range(draw(st.integers(0, 2))):
        turns += [Message("assistant", draw(TEXT)), Message("user", draw(TEXT))]
    system = [Message("system", draw(TEXT))] if draw(st.booleans()) else []
    return (*system, *turns)


def back(name: str, item) -> Canonical | None:
    """The row after writing and reading; None where the format refuses it."""
    row = TWO_WAY[name].writes.made(item)
    if isinstance(row, Drop):
        return None
    (found,) = TWO_WAY[name].reads.row(row, "there:1")
    assert not isinstance(found, BadRow)
    return found


@pytest.mark.parametrize("name", PAIRED)
@settings(max_examples=60)
@given(prompt=prompts(), chosen=TEXT, rejected=TEXT)
def test_pairs(name, prompt, chosen, rejected):
    assume(chosen.strip() != rejected.strip())
    (pair,) = pairs(two(prompt, Rated(chosen), Rated(rejected), 1))
    found = back(name, pair)
    if found is None:
        return
    (again,) = pairs(found)
    assert found.prompt == prompt
    assert (again.chosen.text, again.rejected.text) == (chosen, rejected)


@pytest.mark.parametrize("name", PAIRED)
def test_every_paired_format_takes_a_plain_question(name):
    (pair,) = pairs(two((Message("user", "What?"),), Rated("yes"), Rated("no"), 1))
    assert back(name, pair) is not None


@pytest.mark.parametrize("name", SINGLE)
@settings(max_examples=60)
@given(prompt=prompts(), text=TEXT, good=st.booleans())
def test_labels(name, prompt, text, good):
    (single,) = singles(Canonical(prompt, (Rated(text, good=good),)))
    found = back(name, single)
    if found is None:
        return
    (again,) = singles(found)
    assert (found.prompt, again.response.text, again.good) == (prompt, text, good)


@pytest.mark.parametrize("name", SINGLE)
def test_every_format_of_labels_takes_a_plain_question(name):
    (single,) = singles(Canonical((Message("user", "What?"),), (Rated("yes", good=True),)))
    assert back(name, single) is not None


TOOL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Looks a word up.",
        "parameters": {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
    },
}


@st.composite
def trajectories(draw) -> tuple[Message, ...]:
    """Calls of tools with their results, then an answer."""
    turns: list[Message] = []
    for n in range(draw(st.integers(0, 2))):
        values = draw(st.dictionaries(st.sampled_from(["word", "n"]), TEXT | st.integers(0, 9)))
        call = ToolCall("look_up", orjson.dumps(values).decode(), draw(st.sampled_from([None, f"call_{n}"])))
        turns.append(Message("assistant", "", (call,)))
        turns.append(Message("tool", draw(TEXT), tool_call_id=call.id, name="look_up"))
    return (*turns, Message("assistant", draw(TEXT)))


HOLDING_TOOLS = [name for name in PAIRED if "tools" in TWO_WAY[name].writes.holds]


@pytest.mark.parametrize("name", HOLDING_TOOLS)
@settings(max_examples=60)
@given(prompt=prompts(), chosen=trajectories(), rejected=trajectories())
def test_calls_of_tools(name, prompt, chosen, rejected):
    good, bad = Rated.of(chosen), Rated.of(rejected)
    assume(good.said != bad.said)
    (pair,) = pairs(two(prompt, good, bad, 1, tools=(TOOL,)))
    found = read_back(name, pair)
    if found is None:
        return
    (again,) = pairs(found)
    assert found.tools == (TOOL,)
    for before, after in ((good, again.chosen), (bad, again.rejected)):
        whole = (*prompt, *before.messages)
        assert [each.content for each in (*found.prompt, *after.messages)] == [each.content for each in whole]
        assert [[call.values for call in each.tool_calls] for each in (*found.prompt, *after.messages)] == [
            [call.values for call in each.tool_calls] for each in whole
        ]


def read_back(name: str, item) -> Canonical | None:
    """The row after writing to a file and reading it, with all columns; None where the format refuses it."""
    row = TWO_WAY[name].writes.made(item)
    if isinstance(row, Drop):
        return None
    rows = Rows("rows", [orjson.loads(orjson.dumps(row))])
    (found,) = read_dataset(rows, name)
    assert isinstance(found, Canonical), found
    assert set(found.beside) <= {"input.parallel_tool_calls"}
    return found


@pytest.mark.parametrize("name", HOLDING_TOOLS)
def test_every_format_with_a_place_for_tools_takes_a_call_against_a_call(name):
    sides = [
        Rated.of([Message("assistant", "", (ToolCall("look_up", f'{{"word":"{word}"}}'),))])
        for word in ("sky", "sea")
    ]
    (pair,) = pairs(two((Message("user", "What?"),), *sides, 1, tools=(TOOL,)))
    found = read_back(name, pair)
    assert found is not None
    assert [one.turns[0].tool_calls for one in found.responses] == [one.turns[0].tool_calls for one in sides]


@pytest.mark.parametrize("name", sorted(set(PAIRED) - set(HOLDING_TOOLS)))
def test_every_other_format_says_that_it_has_no_place_for_them(name):
    call = Rated.of([Message("assistant", "", (ToolCall("look_up"),))])
    asked = (Message("user", "What?"),)
    rows = [two(asked, call, Rated("no"), 1), two(asked, Rated("yes"), Rated("no"), 1, tools=(TOOL,))]
    for row in rows:
        (pair,) = pairs(row)
        assert TWO_WAY[name].writes.made(pair) == Drop("tools_not_supported")


@pytest.mark.parametrize("name", [each for each in PAIRED if "reasoning" in TWO_WAY[each].writes.holds])
def test_reasoning_stays_beside_the_answer(name):
    thought = Rated.of([Message("assistant", "yes", reasoning="It is so.")])
    (pair,) = pairs(two((Message("user", "What?"),), thought, Rated("no"), 1))
    found = read_back(name, pair)
    assert found is not None
    assert found.responses[0].turns == thought.turns


RANKINGS = st.lists(
    st.tuples(TEXT, st.integers(1, 3)), min_size=2, max_size=5, unique_by=lambda each: each[0].strip()
)


@settings(max_examples=100)
@given(prompt=prompts(), ranking=RANKINGS)
def test_rankings_and_their_ties(prompt, ranking):
    ranks = fractional([float(rank) for _, rank in ranking])
    row = Canonical(
        prompt, tuple(Rated(text, rank=rank) for (text, _), rank in zip(ranking, ranks, strict=True))
    )
    kept = back("jsonl", row)
    assert kept is not None
    assert (kept.prompt, kept.responses) == (row.prompt, row.responses)


@settings(max_examples=60)
@given(
    prompt=prompts(),
    good=st.sampled_from([None, True, False]),
    rating=st.none() | st.floats(-5, 10),
    margin=st.none() | st.floats(0, 9),
)
def test_everything_else_stays_in_jsonl(prompt, good, rating, margin):
    row = two(
        prompt,
        Rated("a", "m1", rating, good=good),
        Rated("b"),
        0,
        margin=margin,
        probability=0.75,
        source="s",
        id="7",
    )
    found = back("jsonl", row)
    assert found is not None
    assert (found.responses, found.margin, found.probability, found.source, found.id) == (
        row.responses,
        margin,
        0.75,
        "s",
        "7",
    )
