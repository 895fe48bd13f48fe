"""Mistakes in a text that can be known without trusting a model; what must not be taken for one."""

import pytest

from pairwright.quality.mistakes.answers import contradicts_itself, contradicts_reference, same_answer
from pairwright.quality.mistakes.arithmetic import wrong_arithmetic
from pairwright.quality.mistakes.code import broken_code
from pairwright.quality.mistakes.endings import cut_off, empty, loops
from pairwright.quality.mistakes.fences import blocks_of, prose_of
from pairwright.quality.mistakes.links import malformed_links
from pairwright.quality.mistakes.request import breaks_request
from pairwright.quality.mistakes.tables import broken_tables


def reasons(problems):
    return [problem.reason for problem in problems]


@pytest.mark.parametrize(
    "text",
    [
        "So 12 * 4 = 46.",
        "3 x 4 = 13 apples",
        r"\( 7 \times 8 = 54 \)",
        r"$\frac{3}{4} + \frac{1}{4} = 2$",
        "That is $5 + $3 = $9.",
        "Step 1: 15 + 27 = 43",
        "1. 2 + 3 = 6",
        "2^10 = 1000",
        "10/3 = 3.4",
        "0.1 + 0.2 = 0.4",
        "The total is (3 + 4) * 2 = 15",
        "1,200 + 300 = 1,400",
    ],
)
def test_wrong_arithmetic_is_seen(text):
    assert len(reasons(wrong_arithmetic(text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "So 12 * 4 = 48.",
        "10/3 = 3.33, and 2/3 = 0.67 or cut off 0.66",
        "7 / 2 = 3 when whole",
        "2x + 3 = 7, so x = 2",
        "x + 3 + 4 = 12",
        "100 - 20% = 80",
        "24 / 7 = 3 R 3",
        "9,600 * 365 * 70 = 2.5 billion",
        "1 + 1 = 10 in binary",
        "If 2 + 2 = 5, then anything follows",
        "it is wrong that 2 + 2 = 5",
        "roughly 3.14 * 100 = 300",
        "2010-2015 = 5 years",
        "a ratio of 3/4 = 6/8",
        "`print(1 + 1 = 3)`",
        "```\n1 + 1 = 3\n```",
        "f(x) = 3x + 2 = 5",
        "3 + 4 = 7x",
        "at 3:15 + 4 = 7",
        "10 / 0 = 5",
        "2 ^ 99999999 = 5",
    ],
)
def test_arithmetic_that_is_right_or_not_claimed_is_left_alone(text):
    assert reasons(wrong_arithmetic(text)) == []


def test_an_equation_of_the_prompt_is_its_own_affair():
    assert (
        reasons(wrong_arithmetic("As 2 + 3 = 10, we multiply", prompt="If 2 + 3 = 10 and 7+2 = 63, ..."))
        == []
    )


def test_the_reason_says_what_was_seen_and_what_is_right():
    assert reasons(wrong_arithmetic("so 12 * 4 = 46.")) == ['"12 * 4 = 46", but the left side is 48']


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("python", "def f(x):\n    return x +\n"),
        ("python", "print('a'\n"),
        ("json", '{"a": 1,}'),
        ("json", "{'a': 1}"),
        ("javascript", "function f( { return 1; }"),
        ("js", "const x = = 3;"),
        ("toml", "a = \n"),
        ("yaml", "a: [1, 2\nb: 3"),
    ],
)
def test_code_that_does_not_parse_is_seen(language, code):
    (reason,) = reasons(broken_code(f"Here:\n```{language}\n{code}\n```\n"))
    assert "does not parse" in reason


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("python", "def f(x):\n    return x + 1\n"),
        ("python", "    y = f(2)\n    print(y)\n"),  # a piece of a function
        ("python", "def solve(a, b):\n    # your code here\n"),
        ("python", "class A:\n    def f(self): ...\n"),
        ("python", "print 'python 2'"),
        ("python", ">>> 1 + 1\n2"),
        ("python", "!pip install x\n%time f()"),
        ("json", '{"a": 1}\n{"a": 2}'),
        ("json", '{"a": ..., "b": "<your name>"}'),
        ("json", '{"a": 1} // a comment'),
        ("javascript", "const f = async (x) => ({...x, y: 1});\nawait f({});"),
        ("jsx", "const A = () => <div className='a'>{x}</div>;"),
        ("js", "function f(x: string): number { return 1; }"),
        ("yaml", "a: {{ value }}"),
        ("rust", "fn main( {"),
        ("", "anything ( at all"),
    ],
)
def test_code_that_parses_or_is_a_sketch_is_left_alone(language, code):
    assert reasons(broken_code(f"Here:\n```{language}\n{code}\n```\n")) == []


def test_deeply_nested_code_does_not_bring_the_check_down():
    assert isinstance(list(broken_code("```python\n" + "(" * 50_000 + "\n```")), list)
    assert isinstance(list(broken_code("```json\n" + "[" * 50_000 + "\n```")), list)
    assert isinstance(list(broken_code("```js\n" + "{" * 50_000 + "\n```")), list)


def test_a_block_that_is_never_closed_reaches_to_the_end():
    assert [(b.language, b.closed) for b in blocks_of("a\n```py\nx\n```\nb\n```js\ny")] == [
        ("py", True),
        ("js", False),
    ]
    assert prose_of("a `code` b\n```py\nx\n```\nc").split() == ["a", "b", "c"]


def test_tables_that_do_not_render():
    good = "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | |\n"
    assert reasons(broken_tables(good)) == []
    assert "header has 3 cells" in reasons(broken_tables("| a | b | c |\n|---|---|\n| 1 | 2 |"))[0]
    assert "a row has 3 cells" in reasons(broken_tables(good + "| 1 | 2 | 3 |"))[0]
    assert "no line of dashes" in reasons(broken_tables("| name | age |\n| ada | 36 |\n| bob | 41 |"))[0]
    assert reasons(broken_tables("if a || b then |x| < 3")) == []


@pytest.mark.parametrize(
    ("answer", "wanted", "same"),
    [
        ("42", "42", True),
        ("The 42.", "42", True),
        ("$1,000", "1000", True),
        ("43", "42", False),
        ("0.5", "1/2", True),
        (r"\frac{1}{2}", "1/2", True),
        ("(B) Paris", "B", True),
        ("**C**", "B", False),
        ("Paris", "B", True),  # which letter that is can't be told
        ("x = 2\\sqrt{2}", r"2\sqrt{2}", True),
        (r"\sqrt{8}", r"2\sqrt{2}", True),
    ],
)
def test_answers_are_compared_as_what_they_mean(answer, wanted, same):
    assert same_answer(answer, wanted) is same


def test_a_response_that_contradicts_the_reference():
    assert reasons(contradicts_reference("So the answer is 43.", "42", "It is 42."))
    assert not reasons(contradicts_reference("So the answer is 42.", "42", "It is 43."))
    assert reasons(contradicts_reference("It is Lyon.", "Paris", "It is Paris."))
    assert not reasons(contradicts_reference("It is Lyon.", "Paris", "It is Rome."))  # nothing to go by
    assert not reasons(contradicts_reference("It is Lyon.", None, "It is Paris."))
    assert not reasons(contradicts_reference("Some essay.", "a model answer " * 20, "another"))
    assert reasons(contradicts_reference("... #### 7", "6*2 = 12\n#### 12", "so 12"))


def test_two_final_answers_contradict_each_other():
    assert reasons(contradicts_itself("The answer is 4. Let us see.\nFinal answer: 5"))
    assert not reasons(contradicts_itself("The answer is 4. So, final answer: 4"))
    assert not reasons(contradicts_itself("The answer is 4. Wait, I made a mistake. The answer is 5"))
    assert not reasons(contradicts_itself("Part 1: the answer is 4. Part 2: the answer is 5"))


def test_an_empty_answer_where_the_other_says_something():
    assert reasons(empty(" \n...", "yes"))
    assert not reasons(empty("\U0001f44d", "yes"))
    assert not reasons(empty("", ""))


def test_a_text_that_breaks_off():
    start = "This is a long enough text to be sure that somebody meant to go on writing it, and "
    assert reasons(cut_off(start + "then he went into the"))
    assert reasons(cut_off(start + "so:\n```python\nprint(1"))
    assert not reasons(cut_off(start + "that was the end of it."))
    assert not reasons(cut_off(start + "is there anything else I can help you with"))
    assert not reasons(cut_off("Yours, the"))


def test_a_text_that_loops():
    loop = "I will do my best to help you with this. " * 6
    assert reasons(loops("Write a letter", loop))
    assert not reasons(loops("Write it six times", loop))
    assert not reasons(loops("Write a letter", "I will do my best to help you with this. " * 3))


def test_links_that_lead_nowhere():
    assert reasons(malformed_links("See [this]()."))
    assert reasons(malformed_links("See https//example.org/a"))
    assert reasons(malformed_links("See http:/example.org"))
    assert reasons(malformed_links("doi:abc/123"))
    assert reasons(malformed_links("arXiv:2313.12345"))
    assert reasons(malformed_links("It is so [citation needed]."))
    assert not reasons(
        malformed_links("See [this](https://example.org/a_(b)) and doi:10.1000/182, arXiv:2310.12345")
    )
    assert not reasons(malformed_links("`http:/` is no scheme"))


@pytest.mark.parametrize(
    ("asked", "text", "kept"),
    [
        ("Answer in JSON format.", '{"a": 1}', True),
        ("Answer in JSON format.", 'Here:\n```json\n{"a": 1}\n```', True),
        ("Answer in JSON format.", "a: 1", False),
        ("Explain how to return JSON from a function", "like so", True),
        ("Summarise it in no more than 10 words.", "one two three", True),
        ("Summarise it in no more than 10 words.", "word " * 20, False),
        ("Summarise it in no more than 10 words.", "word " * 11, True),  # how one counts
        ("Write at least 100 words.", "too short", False),
        ("Tell me in one sentence.", "One. Two. Three.", False),
        ("Tell me in one sentence.", "One, as Dr. Smith of the U.S. said.", True),
        ("Give each in two sentences.", "One. Two. Three.", True),
        ("Translate this to French: the cat sleeps", "Le chat dort sur le canapé toute la journée", True),
        ("Reply in Spanish, please", "The cat is on the table and it sleeps all of the day there", False),
        ("Reply in Spanish, please", "El gato duerme en la mesa todo el día y no quiere salir", True),
    ],
)
def test_the_form_that_was_asked_for(asked, text, kept):
    assert (reasons(breaks_request(asked, text)) == []) is kept
