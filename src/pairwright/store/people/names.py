"""One person, one name: a name that looks like somebody else's is refused where it first comes in.

Otherwise one person would count as two who agree, and the answers of the one
could pass for the other's.
"""

from __future__ import annotations

import re
import unicodedata

from sqlalchemy import Connection, select

from pairwright.errors import InputError
from pairwright.store.schema import rater
from pairwright.store.votes import known_rater_id, rater_id
from pairwright.types import Rater

# Letters of other scripts that are drawn like Latin ones (Unicode Technical Standard 39, in part), each
# with its own case: a capital may look like another letter than the small one does.
_DRAWN = {
    "АВЕЅІЈКМНОРСТУХҮҺԌԚԜЁаеѕіјкморстухүһԁԛԝёвнг": "ABESIJKMHOPCTYXYHGQWEaesijkmopctyxyhdqwebhr",  # Cyrillic
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϳαβεικνορτυχϲγ": "ABEZHIKMNOPTYXCjaBeiKvoptuxcy",  # Greek
    "ՕՍԼօսհոռցզ": "OULouhnngq",  # Armenian
    "ıȷɡɑɪʏℓ": "ijgaiyl",
}
KNOWN_ANSWERS = "gold"  # by whom a decision is that nobody in particular made
_LATIN = str.maketrans("".join(_DRAWN), "".join(_DRAWN.values()))
_DIGITS = str.maketrans({"0": "o", "1": "l", "|": "l"})
_QUOTES = re.compile("[\"'`´‘’‚‛“”„‟′″«»‹›ʼʹˈ＂＇]")
_DASHES = re.compile("[‐‑‒–—―−﹘﹣－]")
_LATIN_LETTER = re.compile("[A-Za-z]")


def looks(name: str) -> str:
    """What is left of a name without what one may overlook: case, quotes, white space, other scripts."""
    text = spelled(name)
    # A Greek or Russian name may come in capitals; among Latin letters each sign is what it is drawn like.
    text = (text if _LATIN_LETTER.search(text) else text.upper()).translate(_LATIN)
    text = "".join(each for each in text if unicodedata.category(each) != "Cf")
    text = _DASHES.sub("-", _QUOTES.sub("", text)).casefold().translate(_DIGITS)
    return "".join(text.split()) or name


def spelled(name: str) -> str:
    """The name as it is kept: Unicode has several ways to write one and the same."""
    return unicodedata.normalize("NFKC", name).strip()


def person_id(connection: Connection, name: str) -> int:
    """The row number of the person of that name, added if new.

    Raises InputError for a name that looks like somebody's who is there under another spelling.
    """
    name = spelled(name)
    person = Rater("person", name)
    known = known_rater_id(connection, person)
    if known is not None:
        return known
    alike = select(rater.c.id, rater.c.name).where(rater.c.kind == "person", rater.c.looks == looks(name))
    for number, other in connection.execute(alike).all():
        if spelled(other) == name:
            return int(number)
        raise InputError(
            f"the name {_shown(name)} looks like {_shown(other)}, who is here already: one person would "
            f"count as two. If it is the same person, write {_shown(other)}; if not, choose another name"
        )
    return rater_id(connection, person, looks(name))


def known_person_id(connection: Connection, name: str) -> int | None:
    """The row number of the person of that name, None if nobody here has it."""
    return known_rater_id(connection, Rater("person", spelled(name)))


def _shown(name: str) -> str:
    """The name with what can't be told by eye spelled out."""
    odd = [each for each in name if not each.isascii()]
    names = {each: unicodedata.name(each, f"U+{ord(each):04X}") for each in odd[:3]}
    told = ", ".join(f"{each} is {called}" for each, called in names.items())
    return f'"{name}"' + (f" ({told})" if told else "")
