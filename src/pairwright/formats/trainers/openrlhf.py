"""OpenRLHF: two whole conversations and a margin, for its DPO and reward model training.

Source: openrlhf/datasets/reward_dataset.py. DPO takes the prompt from the chosen conversation, so both
must begin alike; a missing margin is 0 there. It has no KTO.
"""

from __future__ import annotations

from shlex import quote

from pairwright.formats.canonical import Drop, Pair
from pairwright.formats.format import Format, Row, Target, Written
from pairwright.formats.trainers.trl_rows import implicit


def conversations(pair: Pair) -> Row | Drop:
    row = implicit(pair)
    if isinstance(row, Drop):
        return row
    margin = pair.margin or 0.0
    return Drop("rejected_is_rated_higher") if margin < 0 else {**row, "margin": float(margin)}


def _lines(written: Written) -> list[str]:
    data = f"--data.dataset {quote(','.join(written.train))} --data.apply_chat_template"
    if written.evaluation and written.evaluation != written.train:
        data += f" --eval.dataset {quote(','.join(written.evaluation))} --eval.split train"
    return [
        f"deepspeed --module openrlhf.cli.train_dpo {data} --model.model_name_or_path MODEL",
        f"deepspeed --module openrlhf.cli.train_rm {data} --model.margin_loss_enable "
        "--model.model_name_or_path MODEL  # without the margin flag where all margins are 0",
    ]


FORMATS = (
    Format(
        "openrlhf",
        "OpenRLHF DPO and reward model: whole conversations and a margin",
        None,
        Target(
            "pairs",
            conversations,
            {"chosen": "messages", "rejected": "messages", "margin": "float"},
            _lines,
            endings=(".jsonl", ".json", ".parquet"),
        ),
        "RewardDataset",
    ),
)
