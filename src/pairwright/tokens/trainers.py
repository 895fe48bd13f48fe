"""What trainers do by default with rows that are too long: the limit, what is cut, and where that is said.

Lengths are in tokens. A trainer that is not here cuts by one of the same rules: add a line to `TRAINERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from pairwright.errors import InputError


@dataclass(frozen=True, slots=True)
class Lengths:
    """A row in tokens; `shared` is how many tokens both responses begin with."""

    prompt: int
    chosen: int
    rejected: int
    shared: int

    @property
    def whole(self) -> int:
        """The shortest limit under which nothing of the row is cut."""
        return self.prompt + max(self.chosen, self.rejected)


@dataclass(frozen=True, slots=True)
class KeptTokens:
    """How many tokens are left of each."""

    prompt: int
    chosen: int
    rejected: int


Cut = Callable[[Lengths, int], KeptTokens | None]  # None: the row is dropped


@dataclass(frozen=True, slots=True)
class Trainer:
    """`setting` is the name of its limit, `default` its value; None: as many as the model's context holds.

    `cuts` says in words what `cut` does, `source` where both were read.
    """

    name: str
    setting: str
    default: int | None
    cut: Cut
    cuts: str
    source: str


def ends_of_responses(of: Lengths, limit: int) -> KeptTokens | None:
    """The prompt stays whole, responses lose their ends; a prompt that leaves no room drops the row."""
    if of.prompt >= limit:
        return None
    return KeptTokens(of.prompt, min(of.chosen, limit - of.prompt), min(of.rejected, limit - of.prompt))


def ends_with_two_left(of: Lengths, limit: int) -> KeptTokens | None:
    """As `ends_of_responses`, with room for two tokens of a response."""
    return None if of.prompt >= limit - 2 else ends_of_responses(of, limit)


def responses_only(of: Lengths, limit: int) -> KeptTokens:
    """The prompt stays whole, however long; of responses there may be nothing left."""
    left = max(0, limit - of.prompt)
    return KeptTokens(of.prompt, min(of.chosen, left), min(of.rejected, left))


def whole_rows(of: Lengths, limit: int) -> KeptTokens | None:
    """Nothing is cut: a row that is too long is dropped."""
    return KeptTokens(of.prompt, of.chosen, of.rejected) if of.whole <= limit else None


def in_proportion(of: Lengths, limit: int) -> KeptTokens:
    """Prompt and longer response share the limit, each cut at its end (LLaMA-Factory's `infer_seqlen`)."""
    longer = max(of.chosen, of.rejected)
    if longer * 2 < limit:
        most = limit
    elif of.prompt * 2 < limit:
        most = limit - of.prompt
    else:
        most = int(limit * (longer / (of.prompt + longer)))
    left = min(most, longer)
    return KeptTokens(min(max(limit - left, 0), of.prompt), min(of.chosen, left), min(of.rejected, left))


_ENDS = "the ends of responses; rows whose prompt fills the limit are dropped"
_TO_NOTHING = "the ends of responses, down to nothing where the prompt fills the limit"
_DROPS = "nothing; longer rows are dropped"

# By the name that --trainer takes.
TRAINERS: dict[str, Trainer] = {
    "trl-dpo": Trainer(
        "TRL DPO", "max_length", 1024, ends_of_responses, _ENDS,
        "trl 1.16: trainer/dpo_config.py, dpo_trainer.py (truncation_mode keep_start)",
    ),
    "trl-kto": Trainer(
        "TRL KTO", "max_length", 1024, ends_of_responses, _ENDS,
        "trl 1.16: trainer/kto_config.py, kto_trainer.py",
    ),
    "trl-reward": Trainer(
        "TRL Reward", "max_length", 1024, whole_rows, _DROPS,
        "trl 1.16: trainer/reward_config.py, reward_trainer.py",
    ),
    "trl-orpo": Trainer(
        "TRL ORPO/CPO", "max_length", 1024, responses_only, _TO_NOTHING,
        "trl 1.16: experimental/orpo/orpo_config.py, orpo_trainer.py; experimental/cpo",
    ),
    "llama-factory": Trainer(
        "LLaMA-Factory", "cutoff_len", 2048, in_proportion, "the ends of prompt and responses, in proportion",
        "llamafactory 0.9.5: hparams/data_args.py, data/processor/processor_utils.py (infer_seqlen)",
    ),
    "axolotl": Trainer(
        "axolotl", "sequence_len", 512, whole_rows, _DROPS,
        "axolotl 0.19: utils/schemas/config.py (excess_length_strategy drop), utils/data/rl.py",
    ),
    "ms-swift": Trainer(
        "ms-swift", "max_length", None, whole_rows, _DROPS,
        "ms-swift 4.6: arguments/base_args/template_args.py (truncation_strategy delete)",
    ),
    "openrlhf": Trainer(
        "OpenRLHF DPO", "data.max_len", 512, ends_with_two_left, _ENDS,
        "openrlhf 0.11: cli/train_dpo.py, datasets/reward_dataset.py",
    ),
}  # fmt: skip


def chosen_trainers(names: Collection[str] = ()) -> tuple[str, ...]:
    """All, or those named. Raises InputError for one there is not."""
    for name in names:
        if name not in TRAINERS:
            raise InputError(f'there is no trainer "{name}". There are {", ".join(TRAINERS)}.')
    return tuple(name for name in TRAINERS if not names or name in names)
