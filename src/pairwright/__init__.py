"""Preference data for alignment, from prompts to a verified dataset."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pairwright.errors import (
    BudgetReached,
    CheckError,
    ConfigError,
    EndpointError,
    InputError,
    PairwrightError,
    StoreError,
    VerdictError,
)

if TYPE_CHECKING:
    from pairwright.face import (
        ai_assisted_labeling,
        create_dpo_dataset,
        create_kto_dataset,
        generate_response_pairs,
    )
    from pairwright.judging.adapters import FromScores, FromTRL
    from pairwright.judging.doubles import AlwaysFirst, Noisy, PrefersShorter, Replay
    from pairwright.models.remote import RemoteModel
    from pairwright.project import Project
    from pairwright.quality.annotations import detect_low_quality
    from pairwright.reward.annotations import verify_with_reward_model
    from pairwright.reward.full import FullModel
    from pairwright.reward.light import LightModel
    from pairwright.stages.check.lengths_of_rows import token_lengths
    from pairwright.types import Answer

__all__ = [
    "AlwaysFirst",
    "Answer",
    "BudgetReached",
    "CheckError",
    "ConfigError",
    "EndpointError",
    "FromScores",
    "FromTRL",
    "FullModel",
    "InputError",
    "LightModel",
    "Noisy",
    "PairwrightError",
    "PrefersShorter",
    "Project",
    "RemoteModel",
    "Replay",
    "StoreError",
    "VerdictError",
    "ai_assisted_labeling",
    "create_dpo_dataset",
    "create_kto_dataset",
    "detect_low_quality",
    "generate_response_pairs",
    "token_lengths",
    "verify_with_reward_model",
]

# Imported where they are used: the command line comes through here, too, and needs none of them for its help.
_LATER = {
    "AlwaysFirst": "pairwright.judging.doubles",
    "Answer": "pairwright.types",
    "FromScores": "pairwright.judging.adapters",
    "FromTRL": "pairwright.judging.adapters",
    "FullModel": "pairwright.reward.full",
    "LightModel": "pairwright.reward.light",
    "Noisy": "pairwright.judging.doubles",
    "PrefersShorter": "pairwright.judging.doubles",
    "Project": "pairwright.project",
    "RemoteModel": "pairwright.models.remote",
    "Replay": "pairwright.judging.doubles",
    "ai_assisted_labeling": "pairwright.face",
    "create_dpo_dataset": "pairwright.face",
    "create_kto_dataset": "pairwright.face",
    "detect_low_quality": "pairwright.quality.annotations",
    "generate_response_pairs": "pairwright.face",
    "token_lengths": "pairwright.stages.check.lengths_of_rows",
    "verify_with_reward_model": "pairwright.reward.annotations",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
