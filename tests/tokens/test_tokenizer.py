"""Rows in tokens that are bytes: lengths counted by hand."""

from __future__ import annotations

import json
import sys

import pytest
from byte_tokenizer import TEMPLATE, saved

from pairwright.errors import InputError, MissingExtra
from pairwright.quality.example import Example
from pairwright.tokens.tokenizer import row_tokenizer
from pairwright.tokens.trainers import Lengths
from pairwright.types import Message, ToolCall

ASKED = (Message("user", "Hi?"),)


def example(a="Yes.", b="No.", verdict="A", messages=ASKED, **more) -> Example:
    return Example("x", "", "", a, b, verdict, messages=messages, **more)


@pytest.fixture
def rows(tmp_path):
    return row_tokenizer(saved(tmp_path))


def test_a_row_is_measured_as_its_chat_template_lays_it_out(rows):
    prompt = len("<user>Hi?|<assistant>")
    assert rows.lengths(example()) == Lengths(prompt, len("Yes.|"), len("No.|"), 0)
    assert rows.lengths(example(verdict="B")) == Lengths(prompt, len("No.|"), len("Yes.|"), 0)
    assert rows.lengths(example("Not now.", "Not here.")).shared == len("Not ")


def test_tools_arguments_of_the_template_calls_and_reasoning_are_in_it(rows):
    call = Message("assistant", "", (ToolCall("look", '{"city":"Rome"}'),))
    turns = (call, Message("tool", "21"), Message("assistant", "It is 21.", reasoning="So."))
    found = rows.lengths(
        example(turns_a=turns, tools=({"function": {"name": "look"}},), template={"style": "short"})
    )
    assert found.prompt == len("[1 tools][short]<user>Hi?|<assistant>")
    assert found.chosen == len("(look Rome)|<tool>21|<assistant>It is 21.~So.~|")
    assert found.rejected == len("No.|")


def test_a_prompt_that_the_template_lays_out_otherwise_alone_ends_where_both_are_the_same(tmp_path):
    rows = row_tokenizer(saved(tmp_path, TEMPLATE.replace("%}<assistant>{%", "%}<assistant><think>{%")))
    assert rows.lengths(example()) == Lengths(len("<user>Hi?|<assistant>"), 5, 4, 0)


def test_without_a_template_texts_are_joined_by_blank_lines_and_end(tmp_path):
    rows = row_tokenizer(saved(tmp_path, None))
    assert not rows.has_template
    end = 1  # the end token
    system = (Message("system", "Be brief."), *ASKED)
    found = rows.lengths(example(messages=system))
    assert found == Lengths(len("Be brief.\n\nHi?\n\n"), len("Yes.") + end, len("No.") + end, 0)


def test_what_the_models_context_holds_is_read_from_its_configuration(tmp_path):
    assert row_tokenizer(saved(tmp_path / "alone")).context is None
    folder = saved(tmp_path / "model")
    config = {"model_type": "llama", "max_position_embeddings": 777}
    (tmp_path / "model" / "config.json").write_text(json.dumps(config))
    assert row_tokenizer(folder).context == 777


def test_a_folder_without_a_tokenizer_is_an_error_that_says_what_to_name(tmp_path):
    with pytest.raises(InputError, match="there is no folder"):
        row_tokenizer(str(tmp_path / "none"))
    with pytest.raises(InputError, match="has no tokenizer that can be read: .*Name a folder that has one"):
        row_tokenizer(str(tmp_path))


def test_without_transformers_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtra, match='measuring rows in tokens needs the extra "tokens"'):
        row_tokenizer(str(tmp_path))
