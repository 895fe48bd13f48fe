# %% [markdown]
# # From pairs to a trained model
#
# Pairs go in, a judge labels them, the checks look at them, TRL's `DPOTrainer` trains on what comes out, and held-out pairs show that the model moved. It runs on a CPU in about a minute. The model is tiny and made on the spot, so it learns a habit (say it short) and no knowledge; put the name of a real one in its place.
#
# It needs the extra `train`: `pip install "pairwright[train]"`, or `make setup-train` in a clone.

# %%
import os
import tempfile
from pathlib import Path

import pairwright as pw

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # a GPU is not needed for this

folder = Path(tempfile.mkdtemp(prefix="pairwright-"))

# %% [markdown]
# ## Pairs
#
# 120 prompts with two responses each: one that answers, one that goes round it. Which side is which changes from pair to pair.

# %%
short = "It is {}."
long = "Well, that is a good question, and some would say it is {}, I think."
rows = []
for n in range(120):
    a, b = short.format(3 * n), long.format(3 * n)
    if n % 2:
        a, b = b, a
    rows.append({"id": f"q{n}", "prompt": f"What is 3 * {n}?", "response_a": a, "response_b": b})

# %% [markdown]
# ## Votes and labels
#
# The judge here prefers the shorter response; it stands for your model behind an endpoint. `accept = "consistent"` takes it at its word where it says the same in both orders. That promises nothing; without the line, people would first be asked what this judge is worth.

# %%
project = pw.Project.init(folder / "project")
project.settings_file.write_text('[judges.main]\nkind = "shorter"\n\n[route]\naccept = "consistent"\n')
print(project.add(rows))
print(project.judge())
print(project.route())

# %%
print(project.check())
print(project.findings(severity="warning"))

# %% [markdown]
# The check speaks up, and rightly: the shorter response always wins, so a model could learn length and nothing else. That is just what this one is to learn.
#
# ## The dataset
#
# Split by prompt, as TRL reads it.

# %%
exported = project.export(to="trl-dpo", split=(0.8, 0.2))
print(exported)

# %%
from datasets import disable_progress_bars  # noqa: E402

disable_progress_bars()
data = exported.to_dataset()
print({part: rows.num_rows for part, rows in data.items()})
print(data["train"][0])

# %% [markdown]
# ## A tiny model
#
# Two layers that read bytes, with random weights: nothing is downloaded.

# %%
from tokenizers import Tokenizer, decoders, models, pre_tokenizers  # noqa: E402
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, logging, set_seed  # noqa: E402

logging.set_verbosity_error()
logging.disable_progress_bar()
set_seed(0)
alphabet = {byte: i for i, byte in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
tokens = Tokenizer(models.BPE(vocab=alphabet, merges=[]))
tokens.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokens.decoder = decoders.ByteLevel()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=tokens, eos_token="<|end|>", pad_token="<|pad|>")
tokenizer.chat_template = (
    "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)
config = LlamaConfig(
    vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2,
    num_attention_heads=4, max_position_embeddings=512, bos_token_id=None,
    eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
)  # fmt: skip
model = LlamaForCausalLM(config)
print(f"{model.num_parameters():,} weights")
model.save_pretrained(folder / "tiny")
tokenizer.save_pretrained(folder / "tiny")

# %% [markdown]
# ## Train
#
# `rewards/accuracies` is the share of pairs in which the model gives the chosen response the higher implicit reward: how much likelier it has become than under the model one began with, beside the rejected one (Rafailov et al. 2023, equation 5). Before training every response has the same: none.

# %%
from transformers import PrinterCallback  # noqa: E402
from trl import DPOConfig, DPOTrainer  # noqa: E402

settings = DPOConfig(
    output_dir=str(folder / "model"), max_steps=30, per_device_train_batch_size=8, learning_rate=1e-3,
    per_device_eval_batch_size=8, use_cpu=True, bf16=False, report_to=[], save_strategy="no",
    logging_strategy="no", disable_tqdm=True, seed=0,
)  # fmt: skip
trainer = DPOTrainer(
    str(folder / "tiny"), args=settings, train_dataset=data["train"], eval_dataset=data["test"]
)
trainer.remove_callback(PrinterCallback)
trainer.train()
held_out = trainer.evaluate()
print(f"right on {data['test'].num_rows} held-out pairs: {held_out['eval_rewards/accuracies']:.0%}")

# %%
trainer.save_model()
print(sorted(path.name for path in (folder / "model").iterdir() if path.suffix == ".safetensors"))

# %% [markdown]
# ## With a real model
#
# Put the name of a model in the place of `folder / "tiny"`, a learning rate of 5e-7 to 5e-6, and one epoch. Before that: a judge that is a model, people's answers that say what it is worth ([$100 and a weekend](recipes/weekend.md)), and `pairwright verify`.
