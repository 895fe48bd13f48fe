"""Made-up labels that a reward model can learn: good answers use other words than bad ones."""

import numpy as np

from pairwright.reward.light import Comparisons

GOOD = ["clear", "correct", "useful", "precise", "careful", "complete", "honest", "exact"]
BAD = ["vague", "wrong", "useless", "sloppy", "careless", "partial", "made", "nonsense"]
FILLER = [f"word{i}" for i in range(60)]


def text(rng, quality):
    """Twenty words; the share of good ones among the telling ones is its quality."""
    telling = [str(rng.choice(GOOD if rng.random() < quality else BAD)) for _ in range(8)]
    words = telling + [str(rng.choice(FILLER)) for _ in range(12)]
    rng.shuffle(words)
    return " ".join(words)


def comparisons(n, *, flips=0.0, seed=0, per_prompt=1, random_labels=False):
    """(pairs, flipped): `flips` of the labels are the wrong way round."""
    rng = np.random.default_rng(seed)
    flipped = rng.random(n) < (0.5 if random_labels else flips)
    chosen, rejected = [], []
    for i in range(n):
        better, worse = text(rng, 0.75), text(rng, 0.4)
        chosen.append(worse if flipped[i] else better)
        rejected.append(better if flipped[i] else worse)
    groups = np.arange(n) // per_prompt
    prompts = tuple(f"question {g}" for g in groups)
    return Comparisons(prompts, tuple(chosen), tuple(rejected), np.ones(n), groups), flipped
