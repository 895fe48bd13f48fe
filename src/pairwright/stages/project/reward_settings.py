"""`[rewards.NAME]`: reward models that `pairwright verify --model NAME` can ask."""

from __future__ import annotations

from pydantic import Field, model_validator

from pairwright.models.settings import Settings


class RewardSettings(Settings):
    """One reward model: a `base` to train (or, with `trained`, to take), a judge's scores, or embeddings."""

    base: str | None = Field(None, description="a model folder, a name on the hub, or a .gguf file")
    trained: bool = Field(
        False,
        description="the base is a reward model already: taken as it is; what it has seen is not known",
    )
    judge: str | None = Field(
        None,
        description="a judge of kind scores, scorer or of your own, whose scores are on record; labels that "
        "rest on its own votes are left out",
    )
    embed: str | None = Field(
        None,
        description='"file.py:function" of texts to vectors: the light model with these besides; kept until '
        "the file changes",
    )
    epochs: float = Field(1.0, gt=0, description="times a training run sees every pair")
    learning_rate: float = Field(1e-4, gt=0, description="of AdamW, as TRL's RewardTrainer takes it")
    batch: int = Field(8, ge=1, description="pairs in one step")
    max_tokens: int = Field(1024, ge=16, description="longer texts lose their beginning")
    lora_rank: int = Field(16, ge=0, description="0: all weights are trained")
    steps: int | None = Field(None, ge=1, description="stop a training run after so many")

    @model_validator(mode="after")
    def _one_of_two(self) -> RewardSettings:
        if sum(each is not None for each in (self.base, self.judge, self.embed)) != 1:
            raise ValueError('give one of base = "...", judge = "..." and embed = "..."')
        return self
