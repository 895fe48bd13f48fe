"""Several answers of one row, of which some are blank or the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pairwright.formats.canonical import Canonical, fractional


def without_twins(row: Canonical) -> tuple[Canonical | None, list[str]]:
    """The row with every text once and none that is blank, and why each of the others is not in it.

    One model may say what another says, or nothing: that is no reason to lose the rest. What is said of equal
    texts is averaged. None where fewer than two of several are left.
    """
    said = [one.said for one in row.responses]
    if len(set(said)) == len(said) and "" not in said:
        return row, []
    groups: dict[object, list[int]] = {}
    for n, each in enumerate(said):
        groups.setdefault(each, []).append(n)
    blank = groups.pop("", [])
    lost = ["empty_response"] * len(blank) + ["same_text"] * (len(row.responses) - len(blank) - len(groups))
    if len(groups) < min(2, len(row.responses)):
        return None, lost
    places = list(groups.values())

    def mean(values: Sequence[float | None], which: list[int]) -> float | None:
        said = [value for n in which if (value := values[n]) is not None]
        return sum(said) / len(said) if said else None

    def ranks_of(values: Sequence[float | None]) -> list[float | None]:
        means = [mean(values, which) for which in places]
        known = [each for each in means if each is not None]
        return list(fractional(known)) if len(known) == len(means) else means

    ranks = ranks_of([one.rank for one in row.responses])
    ratings = [one.rating for one in row.responses]
    responses = []
    for which, rank in zip(places, ranks, strict=True):
        goods = {row.responses[n].good for n in which} - {None}
        good = goods.pop() if len(goods) == 1 else None
        responses.append(replace(row.responses[which[0]], rank=rank, rating=mean(ratings, which), good=good))
    opinions = tuple(
        replace(
            each,
            ranks=tuple(rank for rank in ranks_of(each.ranks) if rank is not None),
            ratings=each.ratings and tuple(mean(each.ratings, which) or 0.0 for which in places),
        )
        for each in row.opinions
    )
    return replace(row, responses=tuple(responses), opinions=opinions), lost
