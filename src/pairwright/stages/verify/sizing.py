"""How much more data is worth, in a sentence, beside the field's rules of thumb."""

from __future__ import annotations

from typing import Any

OUT_OF_DATE = "Out of date: labels have changed since."


def in_words(curve: dict[str, Any] | None, pairs: int, labels: str | None = None) -> str | None:
    """What more data should be worth, in a sentence, beside the rules of thumb for so many `pairs`.

    `labels` is the state the labels are in now: a curve of others is called that.
    """
    if not curve:
        return None
    low, gain, high = curve["gain"]
    n = curve["points"][-1]["n"]
    of = curve.get("of") or {"model": "light", "pairs": n, "labels": None}
    text = (
        f"Learning curve of the {of['model']} model on {of['pairs']:,} labels: trained on {n:,} of them it "
        f"agrees with {curve['now'][1]:.1%} of others; doubling should add "
        f"{gain * 100:.1f} [{low * 100:.1f}, {high * 100:.1f}] points."
    )
    if labels is not None and of["labels"] != labels:
        text += f" {OUT_OF_DATE}"
    climbing = [each for each in curve["domains"] if each["state"] == "climbs"][:5]
    flat = [each["domain"] for each in curve["domains"] if each["state"] == "flat"][:5]
    if climbing:
        text += f" Still climbing, so collect more of: {', '.join(map(_domain, climbing))}."
    if flat:
        text += f" Flat: {', '.join(flat)}."
    thumb = next(told for most, told in _THUMB if pairs < most)
    return f"{text} Rule of thumb: {thumb}."


def _domain(of: dict[str, Any]) -> str:
    low, gain, high = (100 * each for each in of["doubling"])
    return f"{of['domain']} (+{gain:.1f} [{low:.1f}, {high:.1f}] by doubling)"


_THUMB = (
    (10_000, "10,000 good pairs move a 7B model measurably"),
    (50_000, "50,000 pairs are the sweet spot of a 7B model (UltraFeedback has 64,000)"),
    (100_000, "past 100,000 returns shrink"),
    (float("inf"), "past 100,000 only new domains help (HH-RLHF has 170,000 pairs, Nectar 183,000)"),
)
