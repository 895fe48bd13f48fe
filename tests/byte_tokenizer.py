"""A tokenizer whose tokens are bytes, made on the spot: lengths can be counted by hand, ids read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% if tools %}[{{ tools | length }} tools]{% endif %}{% if style is defined %}[{{ style }}]{% endif %}"
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}"
    "{% for c in m.tool_calls or [] %}({{ c.function.name }} {{ c.function.arguments.city }}){% endfor %}"
    "{% if m.reasoning_content %}~{{ m.reasoning_content }}~{% endif %}|{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def byte_tokenizer(template: str | None = None) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    bytes_ = {byte: i for i, byte in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokens = Tokenizer(models.BPE(vocab=bytes_, merges=[]))
    tokens.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokens.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(tokenizer_object=tokens, eos_token="<|end|>", pad_token="<|pad|>")
    made.chat_template = template
    return made


def saved(folder: Path, template: str | None = TEMPLATE) -> str:
    byte_tokenizer(template).save_pretrained(folder)
    return str(folder)
