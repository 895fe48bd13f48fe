"""What a person ranks next: the prompt of the first pair of their queue, with all its pairs that are open."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from pairwright.stages.people.queue import Kind, left_today, mix_gold, still_open
from pairwright.stages.people.skills import takes_of
from pairwright.stages.project.project import Project
from pairwright.store import rankings
from pairwright.store.people import leases
from pairwright.store.people.accounts import Account
from pairwright.store.people.tasks import Takes

MOST_HELD = 2  # prompts: the one on screen, and one loaded for after it


def offer(
    project: Project, account: Account, n: int, have: Sequence[int] = ()
) -> tuple[list[int], list[int]]:
    """(prompts to show, those of `have` that are no longer to be done), `n` at most; their pairs are kept.

    What they were offered before and have not answered comes first. A pair of the prompt that has no place
    left, or is none of theirs, is left out.
    """
    seconds = project.settings.annotate.lease_minutes * 60
    me = account.rater_id
    with project.store.write() as connection:
        leases.one_at_a_time(connection)
        takes = takes_of(project, connection, me)
        theirs: dict[int, dict[int, Kind]] = {}
        for each in still_open(connection, account, takes):
            kind: Kind = "gold" if each.kind == "gold" else "work"
            theirs.setdefault(rankings.prompt_of(connection, each.pair_id), {})[each.pair_id] = kind
        kept = [prompt for prompt in theirs if prompt in have]
        shown = [prompt for prompt in theirs if prompt not in have][:n]
        room = min(MOST_HELD, left_today(connection, account)) - len(kept) - len(shown)
        for prompt in (*kept, *shown):
            leases.take_each(connection, me, list(theirs[prompt].items()), seconds)
        while len(shown) < n and room > 0:
            found = _next(project, connection, account, set(theirs), takes)
            if found is None:
                break
            prompt, pairs = found
            leases.take_each(connection, me, list(pairs.items()), seconds)
            theirs[prompt] = pairs
            shown.append(prompt)
            room -= 1
    return shown, [prompt for prompt in have if prompt not in kept]


def _next(
    project: Project, connection: Connection, account: Account, known: set[int], takes: Takes
) -> tuple[int, dict[int, Kind]] | None:
    """The prompt of the next pair, and its pairs that are open to this person, the one asked for first."""
    me = account.rater_id
    fresh = leases.free_for(connection, me, len(known) * MOST_PAIRS + 1, takes)
    fresh = [each for each in fresh if rankings.prompt_of(connection, each) not in known][:1]
    for pair_id, kind in mix_gold(connection, project, account, fresh, takes):
        prompt = rankings.prompt_of(connection, pair_id)
        if prompt in known:
            pair_id, kind = fresh[0], "work"
            prompt = rankings.prompt_of(connection, pair_id)
        mates = [each for each in rankings.pairs_of(connection, prompt) if each != pair_id]
        open_mates = leases.free_for(connection, me, len(mates), takes, among=mates)
        pairs: dict[int, Kind] = {pair_id: kind}
        pairs |= dict.fromkeys(open_mates, "work")
        return prompt, pairs
    return None


MOST_PAIRS = 120  # of a prompt with sixteen responses
