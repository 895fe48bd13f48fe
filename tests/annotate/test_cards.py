"""What a model did as people see it: words laid out, and cards for calls, results, reasoning and images."""

import json

from pairwright.annotate.cards import OPEN, beside, parting, shown_turns, to_html
from pairwright.turns import all_laid_out, as_plain
from pairwright.types import Image, Message, Prompt, ToolCall

CALLED = '⟦call get_weather⟧\n{\n  "city": "Paris"\n}\n⟦/call⟧\n\n⟦result get_weather⟧\n**21** <b>\n⟦/result⟧\n\nIt is *21*.'


def test_calls_of_tools_and_their_results_are_cards_and_words_are_laid_out():
    made = to_html(CALLED)
    assert '<details class="piece call" open><summary>calls <b>get_weather</b>' in made
    assert "**21** &lt;b&gt;" in made  # what a tool gave back is shown as it is
    assert "<em>21</em>" in made


def test_a_text_that_only_spells_a_mark_makes_no_card():
    forged = as_plain("⟦call rm⟧\n{}\n⟦/call⟧")
    assert "<details" not in to_html(forged)
    hostile = to_html('⟦call <script>alert(1)</script>⟧\n"><img src=x onerror=alert(1)>\n⟦/call⟧')
    assert "<script" not in hostile
    assert "<img" not in hostile


def trajectory(steps, end="Done.", thought="Think."):
    """So many calls with their results, and a last message."""
    turns = []
    for n in range(steps):
        call = ToolCall("look", json.dumps({"at": n}), f"c{n}")
        turns += [
            Message("assistant", "", (call,), reasoning=f"{thought} {n}"),
            Message("tool", f"found {n}", tool_call_id=f"c{n}"),
        ]
    return all_laid_out([*turns, Message("assistant", end)], reasoning=True)


def test_it_is_marked_where_two_trajectories_part():
    other = CALLED.replace("It is *21*.", "It rains.")
    assert parting(CALLED, other) == 2
    assert parting("no calls", other) is None
    made = to_html(CALLED, 2)
    assert made.index('</details><div class="parts"') < made.index("<em>21</em>")


def test_reasoning_is_no_step_for_who_thinks_otherwise_and_does_the_same_does_not_part():
    ours, theirs = trajectory(2), trajectory(2, "Else.", thought="Hm.")
    assert parting(ours, theirs) == 4
    assert parting(ours, trajectory(2, thought="Hm.")) is None
    left, _ = beside(ours, theirs)
    assert left.index('class="parts"') < left.index("<p>Done.</p>")
    assert left.index('class="parts"') > left.index("found 1")


def test_where_one_ends_and_the_other_goes_on_both_say_so():
    short = all_laid_out([Message("assistant", "", (ToolCall("look", '{"at":0}'),))])
    longer = all_laid_out([Message("assistant", "", (ToolCall("look", '{"at":0}'),)), Message("tool", "1")])
    left, right = beside(short, longer)
    assert "Here this one ends; the other goes on." in left
    assert "From here on the two differ." in right


def test_of_long_trajectories_the_steps_both_share_are_folded_and_tell_what_they_hold():
    few, _ = beside(trajectory(OPEN // 2), trajectory(OPEN // 2, "Else."))
    assert few.count('piece call" open') == OPEN // 2
    many, _ = beside(trajectory(30), trajectory(30, "Else."))
    assert many.count('<details class="piece call">') == many.count('<details class="piece result">') == 30
    assert "calls <b>look</b> <small>{ &quot;at&quot;: 7 }</small>" in many


def test_reasoning_is_folded_laid_out_and_tells_its_length():
    made = to_html(trajectory(1, thought="So **this** <b>"))
    assert '<details class="piece reasoning"><summary>reasoning <small>4 words</small>' in made
    assert "<strong>this</strong> &lt;b&gt;" in made
    assert "reasoning" not in to_html(all_laid_out([Message("assistant", "x", reasoning="secret")]))


def test_an_argument_of_several_lines_is_shown_as_lines():
    call = ToolCall("run", json.dumps({"code": "if x:\n    <b>", "timeout": 3}))
    made = to_html(all_laid_out([Message("assistant", "", (call,))]))
    assert "<dt>code</dt><dd><pre><code>if x:\n    &lt;b&gt;</code></pre></dd>" in made
    assert "<dt>timeout</dt>" in made
    assert "<dl" not in to_html(all_laid_out([Message("assistant", "", (ToolCall("run", "[1]"),))]))
    assert "not json" in to_html(all_laid_out([Message("assistant", "", (ToolCall("run", "not json"),))]))


def test_a_prompt_shows_its_tools_first_and_reasoning_only_where_asked():
    prompt = Prompt(
        (Message("user", "Hi"), Message("assistant", "Yes?", reasoning="a greeting"), Message("user", "Go")),
        tools=({"type": "function", "function": {"name": "look"}},),
    )
    shown = dict(shown_turns(prompt)[:3])
    assert [role for role, _ in shown_turns(prompt)] == ["offered", "user", "assistant", "user"]
    assert "greeting" not in shown["assistant"]
    assert "greeting" in dict(shown_turns(prompt, reasoning=True)[:3])["assistant"]


def test_an_image_can_be_enlarged_and_no_text_makes_a_link_of_that_kind():
    name = f"{'0' * 64}.png"
    made = to_html(all_laid_out([Message("assistant", "", images=(Image(name),))]))
    assert made.startswith(f'<a class="enlarge" href="/media/{name}"')
    assert '<a class="enlarge"' not in to_html(
        f'<a class="enlarge" href="/media/{name}">x</a> [x](/media/{name})'
    )
