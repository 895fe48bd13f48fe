"""A transformer as a reward model: a published one as it is, or one that was trained here.

Needs the extra `train` (torch, transformers, TRL). Weights are read and written as
safetensors only, and no code that comes with a model is run.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pairwright.errors import InputError
from pairwright.extras import needed
from pairwright.judging.rubric import as_data
from pairwright.reward.light import Comparisons
from pairwright.turns import laid_out
from pairwright.types import Message

TRANSFORMER = "a transformer as reward model"
CARD = "pairwright.json"
MAX_TOKENS = 1024
BATCH = 8
# What a base without a template of its own is shown: ChatML, as plain text.
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}\n"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


class FullModel:
    """`score(prompt, response)`: the model's one output at the last token; higher is better.

    A prompt is text (one user message) or a list of messages. Texts of more than
    `max_tokens` lose their beginning, so that the end of the response is always read.
    """

    def __init__(
        self, model: Any, tokenizer: Any, *, max_tokens: int = MAX_TOKENS, batch: int = BATCH
    ) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.max_tokens, self.batch = max_tokens, batch

    def score(self, prompt: Any, response: str) -> float:
        return float(self.scores([prompt], [response])[0])

    def scores(self, prompts: Sequence[Any], responses: Sequence[str]) -> np.ndarray:
        """(n,) scores of many, those of one length together."""
        import torch

        ids = [self.ids(prompt, response) for prompt, response in zip(prompts, responses, strict=True)]
        found = np.zeros(len(ids))
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        self.model.eval()
        pad = self.model.config.pad_token_id
        with torch.inference_mode():
            for at in range(0, len(order), self.batch):
                rows = order[at : at + self.batch]
                longest = max(len(ids[i]) for i in rows)
                padded = torch.tensor([ids[i] + [pad] * (longest - len(ids[i])) for i in rows])
                mask = torch.tensor([[1] * len(ids[i]) + [0] * (longest - len(ids[i])) for i in rows])
                out = self.model(
                    input_ids=padded.to(self.model.device), attention_mask=mask.to(self.model.device)
                )
                found[rows] = out.logits[:, 0].float().cpu().numpy()
        return found

    def ids(self, prompt: Any, response: str) -> list[int]:
        """The tokens of a conversation that ends with the response."""
        # What looks like a token of the template inside a text stays text.
        messages = [*_messages(prompt), {"role": "assistant", "content": as_data(response)}]
        text = self.tokenizer.apply_chat_template(messages, tokenize=False)
        found: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return found[-self.max_tokens :]

    def margins(self, pairs: Comparisons, rows: np.ndarray) -> np.ndarray:
        """(n,) score of chosen minus that of rejected."""
        prompts = [pairs.asked[i] for i in rows]
        texts = [pairs.chosen[i] for i in rows] + [pairs.rejected[i] for i in rows]
        scores = self.scores(prompts * 2, texts)
        return np.asarray(scores[: len(rows)] - scores[len(rows) :])

    def save(self, folder: Path, card: Mapping[str, Any]) -> None:
        """An ordinary model folder (safetensors), with the card beside it."""
        folder.mkdir(parents=True, exist_ok=True)
        self.model.save_pretrained(folder, safe_serialization=True)
        self.tokenizer.save_pretrained(folder)
        told = {"max_tokens": self.max_tokens, **card}
        (folder / CARD).write_text(json.dumps(told, indent=2), encoding="utf-8")

    @classmethod
    def load(cls, name: str | Path, *, max_tokens: int = MAX_TOKENS, batch: int = BATCH) -> FullModel:
        """A trained reward model, from a folder or by its name on the hub. Raises InputError."""
        model, tokenizer = _read(str(name), None)
        if not _head_was_there(model):
            raise InputError(
                f"{name} has no trained score head: it is a base, not a reward model. Train it: take "
                "`trained = true` away."
            )
        if getattr(model.config, "num_labels", None) != 1:
            raise InputError(
                f"{name} gives {model.config.num_labels} values for a text; a reward model gives one. "
                "A classifier can be served and asked as a judge of kind scores."
            )
        return cls(model, tokenizer, max_tokens=max_tokens, batch=batch)

    @classmethod
    def untrained(cls, base: str | Path, *, max_tokens: int = MAX_TOKENS, batch: int = BATCH) -> FullModel:
        """A base under a new score head: a folder, a name on the hub, or a .gguf file. Raises InputError."""
        model, tokenizer = _read(str(base), 1)
        return cls(model, tokenizer, max_tokens=max_tokens, batch=batch)


def _read(name: str, labels: int | None) -> tuple[Any, Any]:
    with needed("train", TRANSFORMER):
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
        from transformers.utils import logging
    where: dict[str, Any] = {}
    path = Path(name).expanduser()
    if path.suffix == ".gguf":
        if not path.is_file():
            raise InputError(f"there is no file {path}")
        name, where = str(path.parent), {"gguf_file": path.name}
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, **where)
        model = AutoModelForSequenceClassification.from_pretrained(
            name, **where, **({"num_labels": labels} if labels else {"output_loading_info": True}),
            use_safetensors=None if where else True, trust_remote_code=False,
        )  # fmt: skip
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise InputError(f"{name} can't be loaded as a reward model: {str(error)[:500]}") from None
    if labels is None:
        model, told = model
        model._pairwright_missing = sorted(told["missing_keys"])
    _whole(model, tokenizer)
    return model, tokenizer


def _whole(model: Any, tokenizer: Any) -> None:
    """What a reward model needs and a base may lack: a pad token, a template, no marks of quantization."""
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    model.config.pad_token_id = tokenizer.pad_token_id
    if tokenizer.chat_template is None:
        tokenizer.chat_template = TEMPLATE
    # A GGUF base was dequantized while it was read; said otherwise, it could not be saved.
    for mark in ("quantization_config", "_pre_quantization_dtype"):
        if hasattr(model.config, mark):
            delattr(model.config, mark)
    model.is_quantized = False
    model.hf_quantizer = None


def _head_was_there(model: Any) -> bool:
    missing = getattr(model, "_pairwright_missing", [])
    return not any(name.startswith(("score", "classifier")) for name in missing)


def _messages(prompt: Any) -> list[dict[str, str]]:
    if isinstance(prompt, str):
        return [{"role": "user", "content": as_data(prompt)}]
    messages = [Message.from_dict(each) if isinstance(each, Mapping) else each for each in prompt]
    return [{"role": each.role, "content": as_data(laid_out(each))} for each in messages]


def steps_of(pairs: int, batch: int, epochs: float) -> int:
    """Optimizer steps of a training run."""
    return max(1, math.ceil(pairs / batch * epochs))
