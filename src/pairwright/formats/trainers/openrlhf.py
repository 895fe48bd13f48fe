"""OpenRLHF: two whole conversations, for its DPO and reward model training; and the same with a margin.

Source: openrlhf/datasets/reward_dataset.py. DPO takes the prompt from the chosen conversation, so both
must begin alike. A row without a margin is one with margin 0 there, so what is not known would be taken
for "no better at all": a file has a margin in every row or in none. It has no KTO.
"""

from __future__ import annotations

from collections.abc import Callable
from shlex import quote

from pairwright.formats.format import Format, Target, Written, with_margin
from pairwright.formats.trainers.trl_rows import implicit


def _data(written: Written) -> str:
    data = f"--data.dataset {quote(','.join(written.train))} --data.apply_chat_template"
    if written.evaluation:
        data += f" --eval.dataset {quote(','.join(written.evaluation))} --eval.split train"
    return data


def _lines(*trainers: str, more: str = "") -> Callable[[Written], list[str]]:
    def lines(written: Written) -> list[str]:
        rest = f"{_data(written)}{more} --model.model_name_or_path MODEL"
        return [f"deepspeed --module openrlhf.cli.{trainer} {rest}" for trainer in trainers]

    return lines


_FILES = (".jsonl", ".json", ".parquet")
_CONVERSATIONS = {"chosen": "messages", "rejected": "messages"}

FORMATS = (
    Format(
        "openrlhf",
        "OpenRLHF DPO and reward model: whole conversations",
        None,
        Target("pairs", implicit, _CONVERSATIONS, _lines("train_dpo", "train_rm"), endings=_FILES),
        "RewardDataset",
    ),
    Format(
        "openrlhf-margin",
        "OpenRLHF reward model with how much better (margin loss)",
        None,
        Target(
            "pairs",
            with_margin(implicit),
            {**_CONVERSATIONS, "margin": "float"},
            _lines("train_rm", more=" --model.margin_loss_enable"),
            endings=_FILES,
        ),
        "RewardDataset",
    ),
)
