"""A causal model of a few thousand weights that reads bytes: trains in seconds, knows nothing."""

from pathlib import Path
from typing import Any

from byte_tokenizer import byte_tokenizer


def byte_model(folder: Path) -> Path:
    from transformers import LlamaConfig, LlamaForCausalLM, set_seed

    tokenizer = byte_tokenizer()
    set_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=2048, bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def templated_model(folder: Path, template: str) -> tuple[str, Any]:
    """The model's folder, and its tokenizer with this chat template: what it reads can be read back exactly."""
    from transformers import AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(byte_model(folder))
    tokens.chat_template = template
    tokens.save_pretrained(folder)
    return str(folder), tokens
