"""Preference data for alignment, from prompts to a verified dataset."""

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
from pairwright.face import ai_assisted_labeling, create_dpo_dataset, generate_response_pairs
from pairwright.judging.adapters import FromScores, FromTRL
from pairwright.judging.doubles import AlwaysFirst, Noisy, PrefersShorter, Replay
from pairwright.quality.annotations import detect_low_quality
from pairwright.reward.annotations import verify_with_reward_model
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
    "InputError",
    "Noisy",
    "PairwrightError",
    "PrefersShorter",
    "Replay",
    "StoreError",
    "VerdictError",
    "ai_assisted_labeling",
    "create_dpo_dataset",
    "detect_low_quality",
    "generate_response_pairs",
    "verify_with_reward_model",
]
