"""The recorded sets as comparisons, and labels flipped in them."""

from __future__ import annotations

import numpy as np
from data import SETS, rows
from scipy import sparse

from pairwright.reward.light import Comparisons

PER_PROMPT = 7  # AlpacaEval: pairs of a prompt


def alpaca() -> Comparisons:
    """Pairs of two models' answers whose preferences against the reference differ by over 2 in log-odds."""
    prompts = {row["prompt_id"]: row["prompt"] for row in rows("alpaca_eval/prompts")}
    texts = {(row["prompt_id"], row["model"]): row["response"] for row in rows("alpaca_eval/responses")}
    odds: dict[str, dict[str, float]] = {}
    for row in rows("alpaca_eval/judge_preferences"):
        p, key = row["prob_model_better"], (row["prompt_id"], row["model"])
        if p is not None and key in texts and row["model"] != "NullModel":
            p = min(max(p, 1e-4), 1 - 1e-4)
            odds.setdefault(row["prompt_id"], {})[row["model"]] = float(np.log(p / (1 - p)))
    rng = np.random.default_rng(0)
    found = []
    for prompt, of in odds.items():
        names = sorted(of)
        pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if abs(of[a] - of[b]) > 2]
        for at in rng.permutation(len(pairs))[:PER_PROMPT]:
            a, b = pairs[at]
            better, worse = (a, b) if of[a] > of[b] else (b, a)
            found.append((prompts[prompt], texts[prompt, better], texts[prompt, worse], prompt))
    return _comparisons(found)


def of_set(name: str) -> Comparisons:
    found = [
        (e.prompt, e.chosen, e.rejected, e.prompt)
        for e in SETS[name]()
        if e.decided and e.chosen != e.rejected
    ]
    return _comparisons(found)


def _comparisons(found: list[tuple[str, str, str, str]]) -> Comparisons:
    prompts, chosen, rejected, groups = zip(*found, strict=True)
    return Comparisons(
        prompts, chosen, rejected, np.ones(len(found)), np.unique(groups, return_inverse=True)[1]
    )


DATASETS = {
    "alpaca_eval": alpaca,
    **{name: (lambda name=name: of_set(name)) for name in ("hh_rlhf", "pandalm", "llmbar")},
}


def flipped(pairs: Comparisons, rate: float, seed: int) -> tuple[Comparisons, np.ndarray]:
    flip = np.random.default_rng(seed).random(len(pairs)) < rate
    chosen = tuple(r if f else c for c, r, f in zip(pairs.chosen, pairs.rejected, flip, strict=True))
    rejected = tuple(c if f else r for c, r, f in zip(pairs.chosen, pairs.rejected, flip, strict=True))
    made = Comparisons(pairs.prompts, chosen, rejected, pairs.labels, pairs.groups)
    (fc, wc, fr, wr), sides = pairs.seen, flip[:, None]
    pick = sparse.diags(flip.astype(float)), sparse.diags(1 - flip.astype(float))
    made.__dict__["seen"] = (  # the same features, sides changed: they need not be made anew
        np.where(sides, fr, fc), (pick[0] @ wr + pick[1] @ wc).tocsr(),
        np.where(sides, fc, fr), (pick[0] @ wc + pick[1] @ wr).tocsr(),
    )  # fmt: skip
    return made, flip
