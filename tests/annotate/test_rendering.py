"""Texts as people see them: Markdown, code, maths, and nothing that runs or loads."""

import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairwright.annotate.difference import changes, difference
from pairwright.annotate.rendering import MARKDOWN_LIMIT, text_html, written_html

RUNS = {
    "script",
    "style",
    "iframe",
    "img",
    "svg",
    "object",
    "embed",
    "form",
    "input",
    "button",
    "link",
    "meta",
}


class Found(HTMLParser):
    """The elements and attributes of a piece of HTML."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += attributes


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><circle/></svg>",
    "<style>body{display:none}</style>",
    '<b style="position:fixed;inset:0" class="choices">all yours</b>',
    "<iframe src=http://evil.example></iframe>",
    "[x](javascript:alert(1)) [y](data:text/html,<script>alert(1)</script>) [z](vbscript:x)",
    "[x]( javascript&colon;alert(1)) [y](JaVaScRiPt:alert(1)) <javascript:alert(1)>",
    "![x](http://evil.example/pixel.png) ![](javascript:alert(1))",
    "[![x](http://evil.example/p.png)](http://evil.example)",
    "$\\href{javascript:alert(1)}{x}$ \\(\\style{position:fixed}{x}\\) $\\text{<script>alert(1)</script>}$",
    "```html\n<script>alert(1)</script>\n```",
    '```python" onload="alert(1)\nx\n```',
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<a href='https://x' onclick='alert(1)'>x</a>",
    "|a|\n|:-:|\n|<script>1</script>|",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_not_run(text):
    for shown in (text_html(text), written_html(text)):
        found = Found(shown)
        assert not found.tags & RUNS
        for name, value in found.attributes:
            assert not name.startswith("on")
            assert name not in ("style", "src", "id", "srcset", "xlink:href")
            if name == "href":
                assert re.match(r"https?://|mailto:", value)
            if name == "class":
                assert "choices" not in value


@given(st.text(alphabet=st.sampled_from("<>\"'&;:=()[]!`$\\|*_#- \nascriptjvlonehf/"), max_size=200))
def test_whatever_is_written_nothing_runs(text):
    found = Found(text_html(text))
    assert not found.tags & RUNS
    assert not [name for name, _ in found.attributes if name.startswith("on") or name == "style"]


def test_markdown_is_laid_out():
    shown = text_html(
        "# Title\n\n- one\n- **two**\n\n| a | b |\n|:--|--:|\n| 1 | 2 |\n\n~~old~~ `code`"
    ).replace(' dir="auto"', "")
    for part in (
        "<h1>Title</h1>",
        "<li>one</li>",
        "<strong>two</strong>",
        '<td class="right">2</td>',
        "<s>old</s>",
    ):
        assert part in shown


def test_code_is_coloured_by_its_language_and_shown_plain_without_one():
    assert '<span class="k">def</span>' in text_html("```python\ndef f(): pass\n```")
    assert "<pre><code>plain &lt;b&gt;\n</code></pre>" in text_html("```\nplain <b>\n```")
    assert "<pre><code>x\n</code></pre>" in text_html("```nosuchlanguage\nx\n```")


@pytest.mark.parametrize("text", ["$a^2$", "\\(a^2\\)", "so \\[a^2\\] then", "$$\na^2\n$$", "$$a^2$$"])
def test_formulas_are_set(text):
    assert "<msup><mi>a</mi><mn>2</mn></msup>" in text_html(text)


def test_prices_are_no_formulas():
    assert "<math" not in text_html("It costs $5 here and $6 there, or US$7.")


def test_a_formula_in_code_stays_code():
    assert "<math" not in text_html("`$a$` and `\\(b\\)`")


def test_links_open_elsewhere_and_tell_nothing():
    shown = text_html("[here](https://example.org/x)")
    assert 'target="_blank"' in shown
    assert 'rel="noopener noreferrer nofollow"' in shown


def test_an_image_is_named_and_not_loaded():
    shown = text_html("![a cat](https://example.org/cat.png)")
    assert "[image: a cat - not loaded]" in shown
    assert "<img" not in shown


def test_characters_that_deceive_are_made_visible():
    for shown in (
        text_html("safe\u202eexe.gpj\u200b\u2066x\U000e0041"),
        written_html("safe\u202eexe.gpj\u200b\u2066x\U000e0041"),
    ):
        for name in ("[U+202E]", "[U+200B]", "[U+2066]", "[U+E0041]"):
            assert name in shown
    assert "👩‍💻" in text_html("👩‍💻")  # joined emoji are left whole


def test_a_text_of_two_megabytes_is_shown_whole_and_plain():
    text = "word **bold** " * 150_000
    shown = text_html(text)
    assert len(text) > 2_000_000 > MARKDOWN_LIMIT
    assert "too many to lay out" in shown
    assert shown.count("**bold**") == 150_000


@pytest.mark.parametrize(
    "text", ["[" * 20_000, "\\(" * 20_000, "$a" * 30_000, "*a" * 20_000, "> " * 20_000, "![[" * 9_000]
)
def test_a_text_made_to_be_slow_is_shown_all_the_same(text):
    assert text_html(text)


def test_the_difference_marks_the_words_only_one_side_has():
    left, right = difference("The sky is blue today", "The sky is green today")
    assert "<del>blue</del>" in left
    assert "<ins>green</ins>" in right
    assert "<script" not in "".join(difference("<script>", "<script>x"))


def test_texts_too_long_to_compare_are_said_to_be():
    assert difference("a " * 12_000, "b " * 12_000) is None


def test_changed_guidelines_show_what_went_and_what_came():
    shown = changes("Be fair.", "Be fair and kind.")
    assert re.sub("<[^>]+>", "", shown) == "Be fair and kind."
    assert "<ins> and kind</ins>" in shown


def test_lists_quotes_and_tables_begin_on_the_side_their_text_begins():
    shown = text_html("שלום עולם\n\n- مرحبا\n- hello\n\n> ציטוט\n\n| שם | x |\n|--|--|\n| א | 1 |")
    for tag in ("ul", "blockquote", "table"):
        assert f'<{tag} dir="auto">' in shown
    assert written_html("1. שלום").startswith('<pre class="raw" dir="auto">')
    assert written_html("1. שלום" * MARKDOWN_LIMIT).startswith('<pre class="raw" dir="rtl">')


@pytest.mark.parametrize("depth", [3, 12, 19, 20, 21, 60, 150])
@pytest.mark.parametrize("mark", ["> ", "- ", "1. "])
def test_nothing_disappears_however_deeply_it_is_nested(mark, depth):
    if mark == "> ":
        text = "> " * depth + "the innermost"
    else:
        text = "\n".join(" " * len(mark) * i + mark + f"level {i}" for i in range(depth - 1))
        text += "\n" + " " * len(mark) * (depth - 1) + mark + "the innermost"
    shown = text_html(text)
    assert "the innermost" in shown
    assert ("nested too deeply" in shown) == ("<pre" in shown)
    assert depth > 3 or "<pre" not in shown


@pytest.mark.parametrize(
    "formula",
    [
        r"\ce{H2O}",
        r"\cancel{x}",
        r"\SI{3}{m}",
        r"\foo{x}",
        r"\color{red}{x}",
        r"\newcommand{\a}{b}",
        r"\begin{multline} a \\ b \end{multline}",
        r"a \\ b",
    ],
)
def test_a_formula_that_would_lose_something_is_shown_as_it_was_written(formula):
    shown = text_html(f"So ${formula}$ it is")
    assert f'<code class="math-raw">{html.escape(formula)}</code>' in shown
    assert "<math" not in shown


@pytest.mark.parametrize(
    ("formula", "part"),
    [
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "<mtr><mtd"),
        (r"\begin{gathered} a \\ b \end{gathered}", "<mtr><mtd"),
        (r"\begin{cases} 1 & x>0 \\ 0 & x\le 0\end{cases}", "<mtr><mtd"),
        (r"\boxed{42}", '<menclose notation="box">'),
        (r"\left( \frac{a}{b} \right)", "<mfrac>"),
        (r"\operatorname{softmax}(x)", "softmax"),
    ],
)
def test_a_formula_that_can_be_laid_out_is(formula, part):
    shown = text_html(f"$${formula}$$")
    assert part in shown
    assert "math-raw" not in shown
