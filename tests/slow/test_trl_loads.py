"""Exported files load into `datasets`, and TRL's own functions and trainers take them.

Needs `torch` and `trl`; without them these tests are skipped and say so.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
from itertools import pairwise
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

import tiny
from stores import a_store, chat

from pairwright.stages.export.export import export

MISSING = [
    name for name in ("torch", "transformers", "datasets", "trl") if not importlib.util.find_spec(name)
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("offline"),
    pytest.mark.skipif(bool(MISSING), reason=f"TRL IS NOT TESTED: {', '.join(MISSING)} not installed"),
    pytest.mark.filterwarnings("default"),  # other people's warnings are not ours to fail on
]

ODD = 'line\u2028separator, quote ", backslash \\, nul-free \U0001f642\r\n'


@pytest.fixture
def store(tmp_path):
    with a_store(tmp_path) as builder:
        builder.pair(
            chat("hi", "hello", "what colour is the sky", system="be brief"), "blue", "green", belief="A"
        )
        builder.pair("odd text", ODD, "no", belief="A")
        for n in range(12):
            builder.pair(f"what size is it {n}", f"small {n}", f"large {n}", belief="AB"[n % 2])
            builder.pair(f"what size is it {n}", f"small {n}", "no", belief="A" if n % 2 == 0 else "both bad")
        yield builder.store


def load(store, tmp_path, name: str, **options):
    """Export, then load with the very lines the manifest gives; gives the dataset."""
    result = export(store, tmp_path / "export" / name, **options)
    code = "\n".join(result.how_to_load[:2]).replace(f"'{name}'", repr(str(result.path)))
    scope: dict = {}
    exec(code, scope)
    dataset = scope["data"]["train"]
    assert dataset.num_rows == result.rows
    return dataset, result


NAMES = ["rows.jsonl", "rows.jsonl.gz", "rows.jsonl.zst", "rows.parquet"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("style", ["conversational", "standard"])
def test_trl_sees_preference_rows_with_an_explicit_prompt(store, tmp_path, name, style):
    from trl.data_utils import is_conversational, maybe_extract_prompt

    dataset, _ = load(store, tmp_path, name, shape="dpo", style=style)
    assert dataset.column_names == ["prompt", "chosen", "rejected"]
    for row in dataset:
        assert is_conversational(row) == (style == "conversational")
        assert maybe_extract_prompt(row) == row  # nothing is left to guess
    said = dataset["chosen"][:]
    texts = [one if style == "standard" else one[0]["content"] for one in said]
    assert ODD in texts


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("style", ["conversational", "standard"])
def test_trl_sees_unpaired_rows_with_boolean_labels(store, tmp_path, name, style):
    from datasets import Value
    from trl.data_utils import is_conversational, maybe_unpair_preference_dataset

    dataset, _ = load(store, tmp_path, name, shape="kto", style=style, split_pairs=True)
    assert dataset.column_names == ["prompt", "completion", "label"]
    assert dataset.features["label"] == Value("bool")
    assert all(is_conversational(row) == (style == "conversational") for row in dataset)
    assert maybe_unpair_preference_dataset(dataset).column_names == dataset.column_names


@pytest.mark.parametrize("style", ["conversational", "standard"])
@pytest.mark.parametrize("shape", ["dpo", "orpo", "kto", "unpaired"])
def test_jsonl_and_parquet_load_as_the_same_dataset(store, tmp_path, shape, style):
    one, _ = load(store, tmp_path, "rows.jsonl", shape=shape, style=style, split_pairs=True)
    two, _ = load(store, tmp_path, "rows.parquet", shape=shape, style=style, split_pairs=True)
    assert one[:] == two[:]
    assert one.features == two.features


@pytest.fixture
def tiny_model(tmp_path) -> str:
    return tiny.model(tmp_path / "tiny")


def settings(tmp_path, **more) -> dict:
    return {
        "output_dir": str(tmp_path / "model"),
        "max_steps": 2,
        "per_device_train_batch_size": 4,
        "report_to": [],
        "use_cpu": True,
        "bf16": False,
        "save_strategy": "no",
        "logging_steps": 1,
        **more,
    }


def losses(trainer) -> list[float]:
    trainer.train()
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


@pytest.mark.parametrize("style", ["conversational", "standard"])
def test_dpo_trains_on_it(store, tmp_path, tiny_model, style):
    from trl import DPOConfig, DPOTrainer

    dataset, _ = load(store, tmp_path, "rows.jsonl", shape="dpo", style=style)
    arguments = DPOConfig(**settings(tmp_path))
    trainer = DPOTrainer(tiny_model, args=arguments, train_dataset=dataset)
    assert len(losses(trainer)) == 2


@pytest.mark.parametrize("style", ["conversational", "standard"])
def test_orpo_trains_on_it(store, tmp_path, tiny_model, style):
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl.experimental.orpo import ORPOConfig, ORPOTrainer

    dataset, _ = load(store, tmp_path, "rows.jsonl", shape="orpo", style=style)
    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    arguments = ORPOConfig(**settings(tmp_path))
    trainer = ORPOTrainer(model, args=arguments, train_dataset=dataset, processing_class=tokenizer)
    assert len(losses(trainer)) == 2


@pytest.mark.parametrize("style", ["conversational", "standard"])
def test_kto_trains_on_it_and_is_content_with_the_suggested_weights(
    store, tmp_path, tiny_model, style, caplog
):
    from trl import KTOConfig, KTOTrainer

    dataset, result = load(store, tmp_path, "rows.parquet", shape="kto", style=style, split_pairs=True)
    weights = result.weights
    assert set(weights.values()) != {1}

    def trainer_with(desirable: float, undesirable: float) -> KTOTrainer:
        more = {"desirable_weight": desirable, "undesirable_weight": undesirable}
        arguments = KTOConfig(**settings(tmp_path, **more))
        caplog.clear()
        return KTOTrainer(tiny_model, args=arguments, train_dataset=dataset)

    # TRL's logger keeps its lines to itself unless told otherwise.
    for name in ("trl", "transformers", "accelerate"):
        logging.getLogger(name).propagate = True
    complaint = "don't seem to be in an ideal range"
    trainer_with(1.0, 1.0)
    assert complaint in caplog.text
    trainer = trainer_with(weights["desirable_weight"], weights["undesirable_weight"])
    assert complaint not in caplog.text
    assert len(losses(trainer)) == 2


def test_neighbours_stay_separate_after_loading(store, tmp_path):
    """TRL gives each row the completion of the row before it in its batch."""
    dataset, result = load(store, tmp_path, "rows.jsonl", shape="kto", style="standard", split_pairs=True)
    prompts = dataset["prompt"][:]
    assert result.neighbours == 0
    assert not any(a == b for a, b in pairwise(prompts))
