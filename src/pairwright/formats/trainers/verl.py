"""verl: Parquet for its reward model dataset (transcripts), and prompt rows for its RL trainers.

Source: verl/utils/dataset/rm_dataset.py, examples/data_preprocess/full_hh_rlhf.py,
docs/preparation/prepare_data.rst. It has no offline DPO or KTO trainer.
"""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from pairwright.formats.canonical import Canonical, Drop, Needs, Pair, Rated, two
from pairwright.formats.format import PARQUET_ONLY, Format, Left, Row, Source, Target, Written
from pairwright.formats.messages import dicts, from_transcript, has_turn_marker, to_transcript

_ANSWER = "\n\nAssistant:"


def reward(pair: Pair) -> Row | Drop:
    texts = (pair.chosen.text, pair.rejected.text)
    if any(map(has_turn_marker, (*texts, *(message.content for message in pair.prompt)))):
        return Drop("turn_marker_in_text")
    return {
        "prompt": to_transcript(pair.prompt) + _ANSWER,
        "chosen": " " + pair.chosen.text,
        "rejected": " " + pair.rejected.text,
    }


def prompt_row(row: Canonical) -> Row:
    return {
        "data_source": str(row.source or "pairwright"),
        "prompt": dicts(row.prompt),
        "ability": "alignment",
        "reward_model": {"style": "model", "ground_truth": ""},
        "extra_info": {"index": int.from_bytes(row.key[:4]), "id": row.id or ""},
    }


def read_reward(row: Row, place: str) -> Iterator[Canonical | Left]:
    turns = from_transcript(row["prompt"], '"prompt"')
    asked = tuple(turns[:-1] if turns[-1].role == "assistant" else turns)
    chosen, rejected = (str(row[name]).removeprefix(" ") for name in ("chosen", "rejected"))
    yield two(asked, Rated(chosen), Rated(rejected), 1, place=place)


def _looks(row: object) -> bool:
    return (
        isinstance(row, dict)
        and str(row.get("prompt", "")).startswith("\n\nHuman:")
        and isinstance(row.get("chosen"), str)
        and isinstance(row.get("rejected"), str)
    )


def _reward_lines(written: Written) -> list[str]:
    return [f"RMDataset(parquet_files={list(written.train)}, tokenizer=TOKENIZER)  # verl.utils.dataset"]


def _prompt_lines(written: Written) -> list[str]:
    command = f"python -m verl.trainer.main_ppo {quote(f'data.train_files={list(written.train)}')}"
    if written.evaluation:
        held = quote(f"data.val_files={list(written.evaluation)}")
        return [f"{command} {held} data.prompt_key=prompt"]
    return [
        f"{command} data.val_files=HELD_OUT data.prompt_key=prompt"
        "  # nothing is held out, and it asks for such a file: --split 0.95,0.05 makes one"
    ]


FORMATS = (
    Format(
        "verl-reward",
        "verl's reward model dataset: transcripts in Parquet",
        Source(read_reward, _looks, "dataset"),
        Target(
            "pairs",
            reward,
            {"prompt": "text", "chosen": "text", "rejected": "text"},
            _reward_lines,
            endings=PARQUET_ONLY,
            needs=Needs(no_system=True, in_turn=True),
        ),
        "RMDataset",
    ),
    Format(
        "verl-prompts",
        "prompts for verl's RL trainers, in Parquet (each prompt once)",
        None,
        Target(
            "prompts",
            prompt_row,
            {
                "data_source": "text",
                "prompt": "messages",
                "ability": "text",
                "reward_model": {"style": "text", "ground_truth": "text"},
                "extra_info": {"index": "int", "id": "text"},
            },
            _prompt_lines,
            endings=PARQUET_ONLY,
        ),
        "RLHFDataset",
    ),
)
