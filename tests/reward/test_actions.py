"""What the light reward model sees of calls, and that it learns from it; plain rows are as ever."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_up import comparisons

from pairwright.judging.rubric import show_prompt
from pairwright.reward import light
from pairwright.reward.actions import NAMES, actions
from pairwright.reward.cross_fit import cross_fit
from pairwright.reward.light import Comparisons, LightModel, train
from pairwright.turns import all_laid_out
from pairwright.types import Message, ToolCall

TOOLS = (
    {"function": {"name": "look", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}},
)  # fmt: skip
PROMPT = show_prompt((Message("user", "How warm is it?"),), TOOLS)


def call(arguments='{"city":"Rome"}', name="look"):
    return Message("assistant", "", (ToolCall(name, arguments),))


def result(text="21"):
    return Message("tool", text, name="look")


def says(text="It is warm.", **more):
    return Message("assistant", text, **more)


def seen(*turns, reasoning=False):
    """The figures that are not 0, counts as counts."""
    found = actions(PROMPT, all_laid_out(turns, reasoning=reasoning))
    return {
        name: round(float(np.expm1(n))) if name not in FLAGS else n
        for name, n in zip(NAMES, found, strict=True)
        if n
    }


FLAGS = ("a result failed", "stops without an answer")


def test_calls_what_came_of_them_and_steps_are_counted():
    assert seen(call(), result(), says()) == {"calls": 1, "steps": 3}
    assert seen(call(), result("Error: no such city"), call(), result(), says()) == {
        "calls": 2, "failed results": 1, "a result failed": 1.0, "steps": 5,
    }  # fmt: skip
    assert seen(call(), result()) == {"calls": 1, "steps": 2, "stops without an answer": 1.0}


def test_unknown_tools_and_arguments_a_schema_refuses_are_counted_by_the_tools_on_offer():
    assert seen(call(name="guess"), call("{}"), call("Rome"), says()) == {
        "calls": 3, "calls of unknown tools": 1, "arguments its schema refuses": 2, "steps": 4,
    }  # fmt: skip
    assert actions("How warm is it?", all_laid_out([call(name="guess"), says()]))[3] == 0, "no tool is known"


def test_reasoning_counts_by_its_length_where_it_is_laid_out_or_given():
    turns = (call(), result(), says(reasoning="Warm, I think."))
    assert "length of reasoning" not in seen(*turns)
    assert seen(*turns, reasoning=True)["length of reasoning"] == len("Warm, I think.")
    assert seen(*turns, reasoning=True)["steps"] == 3
    assert np.expm1(actions("q", "plain", 40)[-1]) == pytest.approx(40)


@pytest.mark.parametrize("text", ["", "Plain.", "call look", "⟦\u200bcall look⟧ {} ⟦/call⟧", "a\n" * 50])
def test_a_plain_text_did_nothing(text):
    assert actions(PROMPT, text) == [0.0] * len(NAMES)


def test_plain_rows_are_learned_from_as_ever(monkeypatch):
    """A model of plain rows has no weights of actions, and is the same where they are not looked at."""
    pairs, _ = comparisons(200)
    assert pairs.actions is None
    model = train(pairs, seed=3)
    assert model.actions.shape == (0,)
    monkeypatch.setattr(light, "all_actions", None)
    assert np.array_equal(train(pairs, seed=3).form, model.form)
    assert np.array_equal(train(pairs, seed=3).words, model.words)


def trajectories(n, seed=0, *, words=True):
    """The better response has no failed call; how long both are is chance, and which has more calls too."""
    rng = np.random.default_rng(seed)

    def made(failed):
        turns = []
        for _ in range(rng.integers(1, 4)):
            turns += [call(), result(" ".join(rng.choice(["warm", "cold", "wet"], rng.integers(1, 30))))]
        if failed:
            turns += [
                call(),
                result(str(rng.choice(["Error: ", "Traceback: ", '{"error": "'])) + "no such city"),
            ]
        return all_laid_out([*turns, says(" ".join(rng.choice(["it", "is", "warm"], rng.integers(3, 60))))])

    texts = [(made(False), made(True)) for _ in range(n)]
    chosen, rejected = zip(*texts, strict=True)
    return Comparisons((PROMPT,) * n, chosen, rejected, np.ones(n), np.arange(n))


def agreement(margins):
    return float((margins > 0).mean())


def test_it_learns_that_no_call_failed_on_prompts_it_never_saw():
    pairs = trajectories(300)
    longer = np.array([len(c) - len(r) for c, r in zip(pairs.chosen, pairs.rejected, strict=True)])
    by_length = max(agreement(longer), agreement(-longer))
    said = cross_fit(pairs, repeats=1, strength=1.0, use_words=False)
    assert agreement(said.margins) > 0.95
    assert agreement(said.margins) > by_length + 0.15
    model = train(pairs, strength=1.0)
    weights = dict(zip(NAMES, model.actions, strict=True))
    assert weights["a result failed"] < 0
    assert weights["failed results"] < 0


def test_which_response_is_called_chosen_does_not_matter():
    pairs = trajectories(120)
    turned = np.arange(120) % 3 == 0
    chosen, rejected = zip(
        *((r, c) if t else (c, r) for c, r, t in zip(pairs.chosen, pairs.rejected, turned, strict=True)),
        strict=True,
    )
    other = replace(pairs, chosen=chosen, rejected=rejected, labels=np.where(turned, 0.0, 1.0))
    one, same = train(pairs, strength=0.5), train(other, strength=0.5)
    assert one.actions == pytest.approx(same.actions, abs=1e-3)
    assert one.margins(pairs, np.arange(120)) == pytest.approx(
        same.margins(other, np.arange(120)) * np.where(turned, -1, 1), abs=1e-3
    )


def test_a_model_of_actions_is_the_same_after_saving_and_scores_new_texts(tmp_path):
    pairs = trajectories(120)
    model = train(pairs, strength=1.0)
    model.save(tmp_path / "rm.npz", {})
    again = LightModel.load(tmp_path / "rm.npz")
    new = trajectories(50, seed=1)
    margins = again.scores(new.prompts, new.chosen) - again.scores(new.prompts, new.rejected)
    assert agreement(margins) > 0.9
    assert margins == pytest.approx(model.margins(new, np.arange(50)), abs=1e-4)


def test_a_model_saved_before_there_were_actions_is_read(tmp_path):
    pairs, _ = comparisons(100)
    model = train(pairs, strength=1.0)
    model.save(tmp_path / "rm.npz", {})
    with np.load(tmp_path / "rm.npz") as arrays:
        np.savez(tmp_path / "rm.npz", **{name: arrays[name] for name in arrays if name != "actions"})
    assert LightModel.load(tmp_path / "rm.npz").score("q", "clear") == pytest.approx(
        model.score("q", "clear"), abs=1e-4
    )


def test_longer_thought_is_learned_where_it_counts():
    rng = np.random.default_rng(0)
    n = 120
    texts = [(f"a{rng.integers(9)}", f"b{rng.integers(9)}") for _ in range(n)]
    swap = rng.random(n) < 0.5
    chosen, rejected = zip(
        *((b, a) if s else (a, b) for (a, b), s in zip(texts, swap, strict=True)), strict=True
    )
    lengths = tuple(rng.integers(500, 900, n).tolist()), tuple(rng.integers(0, 90, n).tolist())
    told = Comparisons(("q",) * n, chosen, rejected, np.ones(n), np.arange(n), reasoning=lengths)
    assert train(told, strength=1.0).actions[-1] > 0
    assert train(replace(told, reasoning=None), strength=1.0).actions.shape == (0,)
