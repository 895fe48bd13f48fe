"""A random two-layer model and a tokenizer of a few words, made on the spot: nothing is downloaded."""

from __future__ import annotations

from pathlib import Path

TEMPLATE = (
    "{% for m in messages %}<{{ m['role'] }}> {{ m['content'] }} {% endfor %}"
    "{% if add_generation_prompt %}<assistant> {% endif %}"
)
WORDS = [
    "colour",
    "size",
    "is",
    "it",
    "blue",
    "green",
    "small",
    "large",
    "what",
    "the",
    "sky",
    "no",
    "be",
    "hi",
    "yes",
    "good",
    "bad",
]
SPECIAL = ["<unk>", "<pad>", "<eos>", "<", ">", "user", "assistant", "system"]


def tokenizer():
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: n for n, word in enumerate([*SPECIAL, *WORDS])}
    words = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = Whitespace()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=words, unk_token="<unk>", pad_token="<pad>", eos_token="<eos>"
    )
    fast.chat_template = TEMPLATE
    return fast


def model(folder: Path, *, scores: bool = False) -> str:
    """Saves it with its tokenizer and gives the folder; `scores`: with one number for an answer."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(SPECIAL) + len(WORDS),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        pad_token_id=1,
        eos_token_id=2,
        **({"num_labels": 1} if scores else {}),
    )
    made = LlamaForSequenceClassification(config) if scores else LlamaForCausalLM(config)
    made.save_pretrained(str(folder))
    tokenizer().save_pretrained(str(folder))
    return str(folder)
