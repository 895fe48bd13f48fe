"""SQL for what checks look at: every pair with its label and everything said of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, select

from pairwright.judging.rubric import show_prompt
from pairwright.keys import public_id
from pairwright.quality.example import Example, RaterVote
from pairwright.store.meta import DOMAIN, REFERENCE, SPLIT, of_meta
from pairwright.store.rankings import once, reading_seconds
from pairwright.store.rows import shown, turns_of
from pairwright.store.schema import belief, failure, gold, pair, prompt, rater, response, retraction, vote
from pairwright.store.store import Store
from pairwright.store.votes import failure_counts, newest_beliefs, pair_pages
from pairwright.types import Message, messages_from


class Examples:
    """A store's pairs as checks see them; `numbers` are the pairs' row numbers by the id shown.

    `unbelieved` are judges found no better than chance.
    """

    def __init__(self, store: Store, unbelieved: Collection[str] = ()) -> None:
        self._store, self._unbelieved = store, unbelieved
        self.numbers: dict[str, int] = {}
        self.labelled = 0

    def __iter__(self) -> Iterator[Example]:
        """All that were not dropped, a page a transaction."""
        with self._store.read() as connection:
            pages = list(pair_pages(connection))
        for page in pages:
            with self._store.read() as connection:
                yield from self._page(connection, page)

    def _page(self, connection: Connection, page: Sequence[int]) -> Iterator[Example]:
        a, b = response.alias("a"), response.alias("b")
        said = _said(connection, page, self._unbelieved)
        rows = connection.execute(
            select(
                pair.c.id,
                pair.c.key,
                pair.c.external_id,
                pair.c.meta.label("pair_meta"),
                prompt.c.messages,
                prompt.c.tools,
                prompt.c.template,
                prompt.c.meta,
                a.c.text.label("a_text"),
                a.c.turns.label("a_turns"),
                a.c.model.label("a_model"),
                b.c.text.label("b_text"),
                b.c.turns.label("b_turns"),
                b.c.model.label("b_model"),
                belief.c.decision,
                belief.c.verdict,
                belief.c.source,
                gold.c.verdict.label("gold"),
            )
            .join(prompt, prompt.c.id == pair.c.prompt_id)
            .join(a, a.c.id == pair.c.a_id)
            .join(b, b.c.id == pair.c.b_id)
            .outerjoin(gold, and_(gold.c.pair_id == pair.c.id, gold.c.withdrawn_at.is_(None)))
            .outerjoin(belief, and_(belief.c.pair_id == pair.c.id, newest_beliefs()))
            .where(pair.c.id.in_(page))
            .order_by(pair.c.id)
        )
        for row in rows:
            if row.decision == "drop":
                continue
            decided, messages = row.decision == "accept", messages_from(row.messages)
            self.labelled += decided
            yield Example(
                self._name(row),
                show_prompt(messages, row.tools or ()),
                _asked(row.messages),
                shown(row.a_text, row.a_turns),
                shown(row.b_text, row.b_turns),
                row.verdict if decided else None,
                row.a_model,
                row.b_model,
                of_meta(row, REFERENCE),
                of_meta(row, DOMAIN),
                of_meta(row, SPLIT),
                row.source if decided else None,
                tuple(said.get(row.id, ())),
                messages,
                row.gold,
                tuple(row.tools or ()),
                turns_of(row.a_turns),
                turns_of(row.b_turns),
                row.template,
            )

    def _name(self, row: Any) -> str:
        """The user's own id where it names one pair only."""
        name = row.external_id
        if name is None or name in self.numbers:
            name = public_id("pair", row.key)
        if name in self.numbers:  # two keys that begin alike
            name = public_id("pair", row.key, full=True)
        self.numbers[name] = row.id
        return str(name)


def _asked(messages: Sequence[Mapping[str, Any]]) -> str:
    return next((Message.from_dict(m).content for m in reversed(messages) if m["role"] == "user"), "")


def _said(
    connection: Connection, page: Sequence[int], unbelieved: Collection[str]
) -> dict[int, list[RaterVote]]:
    """Every vote, also those that no longer count, and the judges' failures that still do."""
    votes = connection.execute(
        select(
            vote.c.pair_id,
            rater.c.name,
            rater.c.kind,
            vote.c.order,
            vote.c.verdict,
            reading_seconds().label("seconds"),
            vote.c.at,
            once().label("once"),
            retraction.c.id.label("retracted"),
        )
        .join(rater, rater.c.id == vote.c.rater_id)
        .outerjoin(retraction, retraction.c.vote_id == vote.c.id)
        .where(vote.c.pair_id.in_(page), vote.c.purpose.is_(None))
        .order_by(vote.c.id)
    )
    found: dict[int, list[RaterVote]] = {}
    for row in votes:
        said = RaterVote(
            row.name,
            row.kind,
            row.order,
            row.verdict,
            row.seconds,
            row.at,
            row.retracted is None,
            believed=row.kind == "person" or row.name not in unbelieved,
            once=bool(row.once),
        )
        found.setdefault(row.pair_id, []).append(said)
    failures = connection.execute(
        select(
            failure.c.pair_id, rater.c.name, rater.c.kind, failure.c.order, failure.c.kind.label("problem")
        )
        .join(rater, rater.c.id == failure.c.rater_id)
        .where(failure.c.pair_id.in_(page), failure_counts())
    )
    for failed in failures:
        said = RaterVote(failed.name, failed.kind, failed.order or "AB", None, problem=failed.problem)
        found.setdefault(failed.pair_id, []).append(said)
    return found
