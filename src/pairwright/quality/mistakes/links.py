"""Links and citations that cannot lead anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pairwright.quality.example import Problem
from pairwright.quality.mistakes.fences import prose_of

_MARKDOWN = re.compile(r"(?<!!)\[([^\]\n]{1,200})\]\(([^)\n]{0,500})\)")
_BAD_SCHEME = re.compile(
    r"(?<![\w/])(?:https?:/(?!/)|https?//|htt?p?s?;//|hhttps?://|htpps?://|http://https?://)\S+|https?://(?=[\s.,)]|$)"
)
_BAD_HOST = re.compile(r"https?://(?:www\.){2,}\S*|https?://[^\s/)\]>\"'.]+\.\.+\S+|www\.\.\S+")
_DOI = re.compile(r"\bdoi(?::\s?|\.org/)(?!10\.\d{4,9}/\S)([^\s)\]>,;]+)", re.IGNORECASE)
_ARXIV = re.compile(r"\barxiv:\s?(\d{4}\.\d{1,6})", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"\[citation needed\]|\(Author,? (?:n\.d\.|Year|\d{4})\)|et al\.,? (?:20XX|XXXX|year)", re.IGNORECASE
)


def malformed_links(text: str) -> Iterator[Problem]:
    """The first link or citation that is not well-formed; none is ever followed."""
    if (
        "://" not in text
        and "](" not in text
        and not re.search(r"doi|DOI|ar[xX]iv|citation|Author|et al|https?[:;/]|www\.\.", text)
    ):
        return
    prose = prose_of(text)
    for match in _MARKDOWN.finditer(prose):
        target = match[2].strip()
        if not target or target in ("url", "link", "URL"):
            yield Problem("links", f'the link "{match[1]}" leads nowhere: "{match[0][-60:]}"', match[0][-60:])
            return
    for pattern, what in (
        (_BAD_SCHEME, "an address that is none"),
        (_BAD_HOST, "an address whose host is none"),
        (_DOI, "a DOI that is none"),
        (_PLACEHOLDER, "a placeholder for a citation"),
    ):
        if (found := pattern.search(prose)) is not None:
            yield Problem("links", f'{what}: "{found[0][:80]}"', found[0][:80])
            return
    for match in _ARXIV.finditer(prose):
        year_month, number = match[1].split(".")
        month = int(year_month[2:])
        if not 1 <= month <= 12 or len(number) not in (4, 5):
            yield Problem("links", f'an arXiv number that is none: "{match[0]}"', match[0])
            return
