"""DPO on what Pairwright exports beside DPO on the same pairs unfiltered, judged on held-out pairs.

    python benchmarks/dpo.py --base Qwen/Qwen2.5-0.5B-Instruct          # a GPU
    python benchmarks/dpo.py --base tiny --pairs 200 --steps 2          # a CPU: shows that it runs, no more

One label in five of AlpacaEval's pairs is flipped. Three policies start from the same
base: trained on all of them, on those that `pairwright verify` does not doubt most
(the worst 20 % are dropped by the product itself, through a project and its export),
and on the right labels. The figure is how often a policy gives the better response
the higher implicit reward, log p(y|x) - log p_base(y|x), on prompts none was trained on.
Needs the extra `train`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import datasets
import numpy as np
from transformers.utils import logging

sys.path.insert(0, str(Path(__file__).parent / "reward"))
sys.path.insert(0, str(Path(__file__).parent / "quality"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "slow"))

from comparisons import alpaca, flipped

from pairwright.cli.main import run
from pairwright.reward.light import Comparisons
from pairwright.stats.intervals import wilson

RATE, DOUBTED, HELD_OUT = 0.2, 0.2, 0.2


def main() -> None:
    options = _options()
    datasets.disable_progress_bars()
    logging.disable_progress_bar()
    warnings.simplefilter("ignore", FutureWarning)
    clean = alpaca()
    rng = np.random.default_rng(0)
    prompts = rng.permutation(np.unique(clean.groups))
    outside = np.isin(clean.groups, prompts[: int(len(prompts) * HELD_OUT)])
    inside = np.flatnonzero(~outside)[: options.pairs]
    held = np.flatnonzero(outside)[: options.held]
    noisy, flip = flipped(clean, RATE, 1)
    with tempfile.TemporaryDirectory() as folder:
        exported = _export(noisy, inside, Path(folder))
    sets = {
        "all pairs, a fifth flipped": _rows(noisy, inside),
        "without what Pairwright doubts": exported,
        "all pairs, labels right": _rows(clean, inside),
    }
    print(f"{int(flip[inside].sum())} of {len(inside):,} labels are flipped")
    print("\n| trained on | rows | right on held-out pairs |\n|---|---|---|")
    for name, rows in sets.items():
        right = _dpo(options, rows, [_row(clean, i) for i in held])
        found = wilson(int(sum(right)), len(right))
        print(
            f"| {name} | {len(rows):,} | {found.value:.1%} [{found.low:.1%}, {found.high:.1%}] |", flush=True
        )


def _row(pairs: Comparisons, i: int) -> dict[str, Any]:
    return {
        "prompt": [{"role": "user", "content": pairs.prompts[i]}],
        "chosen": [{"role": "assistant", "content": pairs.chosen[i]}],
        "rejected": [{"role": "assistant", "content": pairs.rejected[i]}],
    }


def _rows(pairs: Comparisons, rows: np.ndarray) -> list[dict[str, Any]]:
    return [_row(pairs, int(i)) for i in rows]


def _export(pairs: Comparisons, rows: np.ndarray, folder: Path) -> list[dict[str, Any]]:
    """Through the product, as a user would: add, label, verify, drop what is doubted, export."""
    project = str(folder / "project")

    def pairwright(*words: str) -> None:
        if (code := run(["-C", project, *words])) != 0:
            sys.exit(f"pairwright {' '.join(words)} ended with {code}")

    run(["init", project])
    settings = folder / "project" / "pairwright.toml"
    settings.write_text(settings.read_text().replace('# accept = "guarantee" ', 'accept = "stated" #'))
    text = "".join(
        json.dumps({"id": f"p{i}", "prompt": pairs.prompts[i], "response_a": pairs.chosen[i],
                    "response_b": pairs.rejected[i]}) + "\n"
        for i in rows
    )  # fmt: skip
    (folder / "pairs.jsonl").write_text(text)
    labels = "".join(f"p{i},A,them\n" for i in rows)
    (folder / "labels.csv").write_text("id,label,annotator\n" + labels)
    pairwright("add", str(folder / "pairs.jsonl"))
    pairwright("annotate", "--import", str(folder / "labels.csv"))
    pairwright("route")
    pairwright("verify", "--review", str(DOUBTED), "--repeats", "1")
    pairwright("check", "drop", "--check", "reward_model")
    pairwright("export", "--out", str(folder / "dpo.jsonl"))
    return [json.loads(line) for line in (folder / "dpo.jsonl").read_text().splitlines()]


def _dpo(options: argparse.Namespace, rows: list[dict[str, Any]], held: list[dict[str, Any]]) -> list[bool]:
    """Train from the base, and say of each held-out pair whether the better response has more reward."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback
    from trl import DPOConfig, DPOTrainer

    gpu = torch.cuda.is_available()
    tokenizer = AutoTokenizer.from_pretrained(options.base)
    if tokenizer.chat_template is None:
        from pairwright.reward.full import TEMPLATE

        tokenizer.chat_template = TEMPLATE
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    kind = torch.bfloat16 if gpu else torch.float32

    def base() -> Any:
        return AutoModelForCausalLM.from_pretrained(options.base, dtype=kind)

    with tempfile.TemporaryDirectory() as folder:
        trainer = DPOTrainer(
            base(), base(), processing_class=tokenizer, train_dataset=datasets.Dataset.from_list(rows),
            args=DPOConfig(
                folder, per_device_train_batch_size=options.batch, learning_rate=options.learning_rate,
                num_train_epochs=options.epochs, max_steps=options.steps or -1, max_length=options.tokens,
                bf16=gpu, use_cpu=not gpu, report_to="none", save_strategy="no", seed=0,
                logging_strategy="no", disable_tqdm=True,
            ),
        )  # fmt: skip
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    policy, reference = trainer.model.eval(), base().to(trainer.model.device).eval()
    return [
        _reward(policy, reference, tokenizer, row, "chosen", options.tokens)
        > _reward(policy, reference, tokenizer, row, "rejected", options.tokens)
        for row in held
    ]


def _reward(policy: Any, reference: Any, tokenizer: Any, row: dict[str, Any], side: str, most: int) -> float:
    """log p(y|x) of the policy minus that of the base (Rafailov et al. 2023, arXiv:2305.18290, eq. 5)."""
    import torch

    def ids(messages: list[dict[str, str]], **asked: Any) -> list[int]:
        text = tokenizer.apply_chat_template(messages, tokenize=False, **asked)
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])

    asked, whole = ids(row["prompt"], add_generation_prompt=True), ids([*row["prompt"], *row[side]])
    whole = whole[:most]
    start = min(len(asked), len(whole) - 1)
    tokens = torch.tensor([whole], device=policy.device)
    with torch.inference_mode():
        said = [
            model(input_ids=tokens).logits[0, start - 1 : -1].float().log_softmax(-1).gather(
                1, tokens[0, start:, None]).sum()
            for model in (policy, reference)
        ]  # fmt: skip
    return float(said[0] - said[1])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", required=True, help='a model folder, a name on the hub, or "tiny"')
    parser.add_argument("--pairs", type=int, help="train on so many at most")
    parser.add_argument("--held", type=int, default=600, help="judge on so many at most")
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=1024)
    parser.add_argument("--learning-rate", type=float, default=5e-6)
    options = parser.parse_args()
    if options.base == "tiny":
        from byte_model import byte_model

        options.base = str(byte_model(Path(tempfile.mkdtemp(prefix="tiny-"))))
    return options


if __name__ == "__main__":
    main()
