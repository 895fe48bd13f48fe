"""Answers of several messages: what they share is asked, what differs is no pair, and nothing is cut off."""

import json

import pytest

from pairwright.formats.catalog import read_dataset
from pairwright.formats.format import Left
from pairwright.formats.reading import BadRow

HI = {"role": "user", "content": "Hi"}


def user(text):
    return {"role": "user", "content": text}


def answer(text):
    return {"role": "assistant", "content": text}


def one(tmp_path, name, row):
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps(row) + "\n")
    (found,) = read_dataset(path, name)
    return found


def asked(found):
    return [(message.role, message.content) for message in found.prompt]


def shape(name, prompt, chosen, rejected):
    if name == "nemo-rl":
        ranked = [{"rank": n, "completion": each} for n, each in enumerate((chosen, rejected))]
        return {"context": prompt, "completions": ranked}
    if name == "openai-dpo":
        return {"input": {"messages": prompt}, "preferred_output": chosen, "non_preferred_output": rejected}
    key = {"axolotl-dpo": "messages", "llama-factory-dpo-sharegpt": "conversations"}.get(name, "prompt")
    return {key: prompt, "chosen": chosen, "rejected": rejected}


PAIRED = ("trl-dpo", "nemo-rl", "openai-dpo", "axolotl-dpo", "llama-factory-dpo-sharegpt", "table")


@pytest.mark.parametrize("name", PAIRED)
def test_two_conversations_of_their_own_are_no_pair(tmp_path, name):
    row = shape(name, [HI], [answer("FIRST"), user("u"), answer("SECOND")], [answer("BAAD")])
    found = one(tmp_path, name, row)
    assert isinstance(found, Left)
    assert found.reason == "conversations_differ"


@pytest.mark.parametrize("name", PAIRED)
def test_turns_that_both_share_are_part_of_what_was_asked(tmp_path, name):
    more = [answer("Hello"), user("And you?")]
    found = one(tmp_path, name, shape(name, [HI], [*more, answer("good")], [*more, answer("bad")]))
    assert asked(found) == [("user", "Hi"), ("assistant", "Hello"), ("user", "And you?")]
    assert [each.text for each in found.responses] == ["good", "bad"]


@pytest.mark.parametrize("name", PAIRED)
def test_a_prompt_repeated_before_the_answers_stands_once(tmp_path, name):
    found = one(tmp_path, name, shape(name, [HI], [HI, answer("good")], [answer("bad")]))
    assert asked(found) == [("user", "Hi")]


def test_a_question_before_one_answer_alone_is_another_prompt(tmp_path):
    found = one(tmp_path, "trl-dpo", shape("trl-dpo", [HI], [user("q2"), answer("g")], [answer("b")]))
    assert isinstance(found, Left)


def test_system_messages_that_differ_are_no_one_prompt(tmp_path):
    system = [{"role": "system", "content": each} for each in ("be kind", "be rude")]
    row = shape("trl-dpo", [system[0], HI], [system[1], HI, answer("g")], [system[1], HI, answer("b")])
    found = one(tmp_path, "trl-dpo", row)
    assert isinstance(found, Left)
    assert found.reason == "prompts_differ"


def test_a_label_about_several_answers_is_about_none_of_them(tmp_path):
    several = [answer("FIRST"), user("u"), answer("SECOND")]
    found = one(tmp_path, "trl-kto", {"prompt": [HI], "completion": several, "label": True})
    assert isinstance(found, Left)
    assert found.reason == "several_answers"
    found = one(tmp_path, "trl-kto", {"prompt": [HI], "completion": [HI, answer("a")], "label": True})
    assert asked(found) == [("user", "Hi")]


def test_where_one_answer_belongs_turns_of_the_users_are_refused(tmp_path):
    row = {"prompt": "Hi", "responses": [{"content": [answer("a"), user("u"), answer("b")], "rank": 1}]}
    found = one(tmp_path, "jsonl", row)
    assert isinstance(found, BadRow)
    assert "has turns of the user's, where one answer belongs" in found.reason
