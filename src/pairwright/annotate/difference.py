"""Word-level difference of two texts, as HTML with `<del>` and `<ins>`."""

from __future__ import annotations

import html
import re

from rapidfuzz.distance import Indel

from pairwright.annotate.rendering import visible

MOST_WORDS = 20_000  # both texts together; the time goes with the product of the two
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


def difference(left: str, right: str) -> tuple[str, str] | None:
    """(left, right) with what only one of them has marked; None for texts too long to compare.

    The alignment leaves as few words as possible unmatched (longest common subsequence).
    """
    ours, theirs = _WORDS.findall(visible(left)), _WORDS.findall(visible(right))
    if len(ours) + len(theirs) > MOST_WORDS:
        return None
    first: list[str] = []
    second: list[str] = []
    for op in Indel.opcodes(ours, theirs):
        tag, start, end, from_, to = op.tag, op.src_start, op.src_end, op.dest_start, op.dest_end
        here, there = html.escape("".join(ours[start:end])), html.escape("".join(theirs[from_:to]))
        first.append(here if tag == "equal" else f"<del>{here}</del>" if here else "")
        second.append(there if tag == "equal" else f"<ins>{there}</ins>" if there else "")
    return (
        f'<pre class="raw" dir="auto">{"".join(first)}</pre>',
        f'<pre class="raw" dir="auto">{"".join(second)}</pre>',
    )


def changes(before: str, after: str) -> str:
    """What was taken out of a text and what was added, in one piece: for changed guidelines."""
    ours, theirs = _WORDS.findall(visible(before)), _WORDS.findall(visible(after))
    parts: list[str] = []
    for op in Indel.opcodes(ours, theirs):
        tag, start, end, from_, to = op.tag, op.src_start, op.src_end, op.dest_start, op.dest_end
        if tag == "equal":
            parts.append(html.escape("".join(ours[start:end])))
            continue
        for name, words in (("del", ours[start:end]), ("ins", theirs[from_:to])):
            if words:
                parts.append(f"<{name}>{html.escape(''.join(words))}</{name}>")
    return f'<pre class="raw" dir="auto">{"".join(parts)}</pre>'
