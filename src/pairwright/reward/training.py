"""Training a transformer as a reward model: TRL's RewardTrainer, LoRA, bf16 where there is a GPU.

The loss is -log sigmoid(r(chosen) - r(rejected) - margin) (Touvron et al. 2023,
arXiv:2307.09288, section 3.2.2). Where labels are not all equally sure, a sure one asks
for a margin of 1 and one that may as well be wrong for none.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pairwright.errors import InputError
from pairwright.extras import needed
from pairwright.reward.full import BATCH, MAX_TOKENS, TRANSFORMER, FullModel, steps_of
from pairwright.reward.light import Comparisons

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a base becomes a reward model.

    `base`: a folder, a name on the hub, or a .gguf file. `lora_rank` 0 trains all
    weights. `steps` stops early whatever `epochs` says.
    """

    base: str
    epochs: float = 1.0
    learning_rate: float = 1e-4
    batch: int = BATCH
    max_tokens: int = MAX_TOKENS
    lora_rank: int = 16
    steps: int | None = None


def train_full(
    pairs: Comparisons,
    rows: np.ndarray,
    recipe: Recipe,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> FullModel:
    """Train `recipe.base` on `rows` of `pairs`; ties are left out, for this loss takes none.

    Raises MissingExtra, and InputError where the base can't be read, or nothing is left to train on.
    """
    with needed("train", TRANSFORMER):
        import transformers
        from datasets import Dataset
        from trl import RewardConfig, RewardTrainer
    transformers.set_seed(seed)  # before the new head is drawn
    model = FullModel.untrained(recipe.base, max_tokens=recipe.max_tokens, batch=recipe.batch)
    used = np.asarray([row for row in rows if pairs.labels[row] > 0.5], int)
    told = [_example(model, pairs, row) for row in used.tolist()]
    if len(np.unique(pairs.labels[used])) > 1:
        for row, example in zip(used, told, strict=True):
            example["margin"] = float(2 * pairs.labels[row] - 1)
    if not told:
        raise InputError("there is no decided pair to train a reward model on")
    gpu = _on_gpu()
    with tempfile.TemporaryDirectory(prefix="pairwright-reward-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # TRL's to transformers, not the user's
        trainer = RewardTrainer(
            model=model.model,
            processing_class=model.tokenizer,
            train_dataset=Dataset.from_list(told),
            peft_config=_lora(recipe.lora_rank) if recipe.lora_rank else None,
            args=RewardConfig(
                output_dir=folder,
                per_device_train_batch_size=recipe.batch,
                learning_rate=recipe.learning_rate,
                num_train_epochs=recipe.epochs,
                max_steps=recipe.steps or -1,
                max_length=None,  # cut to max_tokens already, so that no pair is lost unseen
                center_rewards_coefficient=0.01,
                bf16=gpu,
                use_cpu=not gpu,
                seed=seed,
                data_seed=seed,
                report_to="none",
                save_strategy="no",
                logging_strategy="no",
                disable_tqdm=True,
            ),
            callbacks=[_told(progress, recipe.steps or steps_of(len(told), recipe.batch, recipe.epochs))],
        )
        trainer.remove_callback(transformers.PrinterCallback)
        trainer.train()
    trained = trainer.model
    if recipe.lora_rank:
        trained = trained.merge_and_unload()
    trained.config.pad_token_id = model.tokenizer.pad_token_id
    return FullModel(trained, model.tokenizer, max_tokens=recipe.max_tokens, batch=recipe.batch)


def _example(model: FullModel, pairs: Comparisons, row: int) -> dict[str, Any]:
    return {
        "chosen_ids": model.ids(pairs.asked[row], pairs.chosen[row]),
        "rejected_ids": model.ids(pairs.asked[row], pairs.rejected[row]),
    }


def _lora(rank: int) -> Any:
    from peft import LoraConfig

    return LoraConfig(
        task_type="SEQ_CLS",
        r=rank,
        lora_alpha=2 * rank,
        target_modules="all-linear",
        modules_to_save=["score"],
    )


def _on_gpu() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def _told(progress: Progress | None, steps: int) -> Any:
    from transformers import TrainerCallback

    class Told(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if progress:
                progress(state.global_step, steps)

    return Told()
