"""votes -> beliefs, at once: pairs are decided anew in the transaction that changed what was said of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from pairwright.routing.decide import Standing, decide, waiting
from pairwright.stages.panel.asked import orders_asked
from pairwright.stages.project.project import Project
from pairwright.store.check.findings import NO_REPAIR, repairs_of
from pairwright.store.insert import lock_pairs
from pairwright.store.route.combinations import newest_combination
from pairwright.store.votes import Evidence, add_beliefs, evidence_on
from pairwright.types import Belief


def renewed(seen: Evidence, belief: Belief | None) -> list[Belief]:
    """What to record of a pair that was looked at again: nothing where nothing changed."""
    if belief is None and seen.current is not None:
        belief = waiting(seen.pair_id)
    return [] if belief is None or belief == seen.current else [belief]


def renew_beliefs(connection: Connection, project: Project, pair_ids: Sequence[int]) -> None:
    """Decide pairs again within the transaction that changed their votes."""
    if not pair_ids:
        return
    lock_pairs(connection, pair_ids)
    changed = [
        new for seen, belief in decided_again(connection, project, pair_ids) for new in renewed(seen, belief)
    ]
    add_beliefs(connection, changed)


def decided_again(
    connection: Connection, project: Project, pair_ids: Sequence[int]
) -> Iterator[tuple[Evidence, Belief | None]]:
    """What there is on each of these pairs, and the belief it comes to; changes nothing.

    Pairs that routing has yet to look at are passed over.
    """
    orders = orders_asked(connection, project)
    combination = newest_combination(connection)
    repairs = repairs_of(connection, pair_ids)
    for seen in evidence_on(connection, pair_ids):
        repair = repairs.get(seen.pair_id, NO_REPAIR)
        if (
            seen.current is None
            and repair == NO_REPAIR
            and not any(vote.kind == "person" or vote.purpose == "given" for vote in seen.votes)
        ):
            continue
        # What routing found out about the pair stands in its belief; one vote does not change it.
        known = seen.current.basis if seen.current else {}
        yield (
            seen,
            decide(
                seen.pair_id,
                seen.votes,
                seen.failures,
                orders,
                accept=project.settings.route.accept,
                standing=replace(
                    Standing.of_basis(known, combination), again=repair.again, dropped=repair.dropped
                ),
                overlap=project.settings.annotate.overlaps,
            ),
        )
