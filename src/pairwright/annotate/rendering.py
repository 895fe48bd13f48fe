"""Texts as HTML that is safe to show: Markdown, code, maths; nothing runs, nothing loads.

Two walls: the Markdown renderer passes no HTML of the text through, and what it
makes is sanitised (nh3) down to the few tags below. The page's content security
policy is the third.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import nh3
from latex2mathml.converter import convert as to_mathml
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

MARKDOWN_LIMIT = 60_000  # characters; longer texts are shown raw, which stays fast at any length
CODE_LIMIT = 20_000  # characters of one block that are highlighted
MATH_LIMIT = 2_000
DEEPEST = 40  # levels of lists and quotes; each list takes two

_MATHML = {
    *("math", "mrow", "mi", "mo", "mn", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup"),
    *("msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd", "mpadded", "mphantom", "mstyle"),
    *("mfenced", "menclose", "mmultiscripts", "mprescripts", "merror"),
}
_HTML = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"),
    *("em", "strong", "del", "s", "table", "thead", "tbody", "tr", "th", "td", "a", "span", "div"),
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "code": {"class"},
    "div": {"class"},
    "span": {"class", "title"},
    "ol": {"start"},
    "th": {"class"},
    "td": {"class"},
    "math": {"display"},
    "mi": {"mathvariant"},
    "mo": {"stretchy", "fence", "separator", "form", "largeop", "movablelimits", "minsize", "maxsize"},
    "mtable": {"columnalign"},
    "mtd": {"columnalign", "columnspan", "rowspan"},
    "mfrac": {"linethickness"},
    "mspace": {"width"},
    "menclose": {"notation"},
    "mpadded": {"width", "height", "depth", "lspace", "voffset"},
}
# Where a list has its markers and a table its first column goes by the first letter in it. Text itself goes
# by its own in every paragraph, item and cell (text.css): an attribute there would hide it from the list.
_OWN_DIRECTION = ("ul", "ol", "blockquote", "table")
_SET = {"a": {"target": "_blank"}, **{tag: {"dir": "auto"} for tag in _OWN_DIRECTION}}
# Class names are ours alone: a response that names the page's own classes gets none of them.
_CLASSES = re.compile(r"^(?:code|k|[a-z]{1,3}\d?|image|math-raw|right|center|hidden-char)$")


def _keep(tag: str, name: str, value: str) -> str | None:
    if name == "class":
        return value if all(_CLASSES.match(each) for each in value.split()) else None
    return value


class _Renderer(RendererHTML):
    """Images become a line that says what they were; alignment a class, for styles are not allowed."""

    def image(self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType) -> str:
        token = tokens[idx]
        shown = html.escape(token.content or "no description")
        where = html.escape(str(token.attrs.get("src", ""))[:200])
        return f'<span class="image" title="{where}">[image: {shown} - not loaded]</span>'

    def th_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        _align_by_class(tokens[idx])
        return self.renderToken(tokens, idx, options, env)

    td_open = th_open

    def fence(self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType) -> str:
        words = tokens[idx].info.split()
        return code_html(tokens[idx].content, words[0] if words else "")

    def code_block(self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType) -> str:
        return code_html(tokens[idx].content, "")


def _align_by_class(token: Token) -> None:
    style = str(token.attrs.pop("style", ""))
    if style.startswith("text-align:") and style.removeprefix("text-align:") in ("right", "center"):
        token.attrs["class"] = style.removeprefix("text-align:")


def code_html(text: str, language: str, *, limit: int = CODE_LIMIT) -> str:
    """Code, coloured where its language is known."""
    if language and len(text) <= limit:
        try:
            lexer = get_lexer_by_name(language.strip("{}.").lower())
            inner = highlight(text, lexer, HtmlFormatter(nowrap=True))
            return f'<pre><code class="code">{inner}</code></pre>'
        except ClassNotFound:
            pass
    return f"<pre><code>{html.escape(text)}</code></pre>"


def _math(text: str, display: Literal["block", "inline"]) -> str:
    """A formula as MathML, or as it was written where it can't be converted without loss."""
    if len(text) <= MATH_LIMIT:
        try:
            made = to_mathml(_GATHERED.sub(_as_array, _ALIGNED.sub(r"\\\1{align*}", text)), display=display)
        except Exception:  # any formula may break the converter: it is then shown as written
            made = ""
        if _whole(made):
            return made
    return f'<code class="math-raw">{html.escape(text)}</code>'


# The converter knows these by other names; in a formula they mean the same.
_ALIGNED = re.compile(r"\\(begin|end)\{aligned\}")
_GATHERED = re.compile(r"\\(begin|end)\{gathered\}")
# What the converter passes on that no browser lays out: line breaks outside tables, colours, struck terms,
# and the alignment marks of environments it does not know.
_LOST = re.compile(
    r'linebreak="newline"|mathcolor|mathbackground|<menclose notation="(?!box")|<mi>&(amp;)?</mi>'
)


def _as_array(found: re.Match[str]) -> str:
    return r"\begin{array}{c}" if found[1] == "begin" else r"\end{array}"


def _whole(made: str) -> bool:
    """Whether all of a formula came through: a command that is not known comes out as its own name."""
    text = re.sub("<[^>]*>", "", made)
    return bool(text.strip()) and "\\" not in text and not _LOST.search(made)


def _bracket_math(state: StateInline, silent: bool) -> bool:
    r"""`\( ... \)` and `\[ ... \]` anywhere in a paragraph, as models write them."""
    opening = state.src[state.pos : state.pos + 2]
    if opening not in _CLOSING:
        return False
    closing = _CLOSING[opening]
    # Looked for once from here on: a text of nothing but openings must not take for ever.
    ends = state.env.setdefault("math_ends", {}).setdefault((id(state.src), closing), {})
    if ends.get("none_after", state.posMax) <= state.pos:
        return False
    end = state.src.find(closing, state.pos + 2, state.posMax)
    if end < 0:
        ends["none_after"] = state.pos
        return False
    if not silent:
        token = state.push("math_inline" if opening == "\\(" else "math_inline_double", "math", 0)
        token.content = state.src[state.pos + 2 : end]
    state.pos = end + 2
    return True


_CLOSING = {"\\(": "\\)", "\\[": "\\]"}


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt(
        "commonmark",
        {"html": False, "linkify": False, "breaks": True, "maxNesting": DEEPEST},
        renderer_cls=_Renderer,
    )
    markdown.enable(["table", "strikethrough"])
    markdown.use(
        dollarmath_plugin, allow_labels=False, allow_digits=False, allow_space=False, double_inline=True
    )
    markdown.inline.ruler.before("escape", "bracket_math", _bracket_math)
    for name in ("math_inline", "math_block", "math_inline_double"):
        markdown.add_render_rule(name, _math_rule)
    return markdown


def _math_rule(_self: Any, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType) -> str:
    token = tokens[idx]
    return _math(token.content.strip(), "inline" if token.type == "math_inline" else "block")


def text_html(text: str) -> str:
    """A text as safe HTML. What can't be laid out truly comes as it was written, and says so."""
    if len(text) > MARKDOWN_LIMIT:
        return _plain(text, f"Shown as plain text: {len(text):,} characters are too many to lay out.")
    # Nothing is kept of a text that was laid out: it would be there sooner the next time, and gold pairs,
    # which come to everybody, could be told by that.
    markdown, env = _markdown(), dict[str, Any]()
    tokens = markdown.parse(visible(text), env)
    # The parser leaves out, without a word, what is nested deeper.
    if any(token.level >= DEEPEST - 1 and token.nesting == 1 for token in tokens):
        return _plain(text, "Shown as plain text: lists or quotes are nested too deeply to lay out.")
    return _cleaner().clean(markdown.renderer.render(tokens, markdown.options, env))


@lru_cache(maxsize=1)
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_HTML | _MATHML,
        clean_content_tags={"script", "style"},
        attributes=_ATTRIBUTES,
        attribute_filter=_keep,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values=_SET,
        strip_comments=True,
    )


def _plain(text: str, note: str) -> str:
    return f'<div class="note" data-t>{note}</div>{written_html(text)}'


# What does not show but changes how text shows or reads: control characters, marks
# that turn the direction of text, zero-width characters, tag characters.
HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """The text with characters that can't be seen but deceive named in brackets: `[U+202E]`.

    Joiners within words (U+200C, U+200D) stay: scripts and emoji need them.
    """
    return HIDDEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text.replace("\r\n", "\n"))


def written_html(text: str) -> str:
    """The text as it was written, every character of it."""
    return f'<pre class="raw"{_direction(text)}>{html.escape(visible(text))}</pre>'


def _direction(text: str) -> str:
    """Each line's own; of a long text that of its first letter: a browser would look for seconds."""
    if len(text) <= MARKDOWN_LIMIT:
        return ' dir="auto"'
    strong = (unicodedata.bidirectional(each) for each in text)
    first = next((each for each in strong if each in ("L", "R", "AL")), "L")
    return "" if first == "L" else ' dir="rtl"'
