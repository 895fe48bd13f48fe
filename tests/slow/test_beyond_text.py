"""Rows with tools, calls and reasoning, through the trainers' own code: what is in the tokens is read back.

Needs `torch`, `transformers`, `datasets` and `trl`; LLaMA-Factory's own code where it is installed.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from byte_model import templated_model
from test_formats_loaders import llama_factory_converter, own

from pairwright.stages.export.convert import Selection, convert

MISSING = [
    name for name in ("torch", "transformers", "datasets", "trl") if not importlib.util.find_spec(name)
]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("offline"),
    pytest.mark.skipif(
        bool(MISSING), reason=f"ROWS WITH TOOLS ARE NOT TRAINED ON: {', '.join(MISSING)} not installed"
    ),
    pytest.mark.filterwarnings("default"),
]

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CONVERT = {
    "type": "function",
    "function": {
        "name": "convert",
        "description": "Converts miles.",
        "parameters": {
            "type": "object",
            "properties": {"value": {"type": "number"}, "to": {"type": "string", "enum": ["km", "m"]}},
        },
    },
}


def call(name, **arguments):
    return {"role": "assistant", "tool_calls": [{"function": {"name": name, "arguments": arguments}}]}


ROWS = [
    {
        "prompt": [{"role": "user", "content": "Weather in Paris?"}],
        "chosen": [
            call("get_weather", city="Paris"),
            {"role": "tool", "name": "get_weather", "content": "21 C"},
            {"role": "assistant", "content": "It is 21 C.", "reasoning_content": "The tool says 21."},
        ],
        "rejected": [{"role": "assistant", "content": "No idea."}],
        "tools": [WEATHER],
    },
    {
        "prompt": [{"role": "user", "content": "3 miles in km?"}],
        "chosen": [call("convert", value=3, to="km")],
        "rejected": [call("convert", value=3, to="m")],
        "tools": [CONVERT],
    },
    {
        "prompt": [{"role": "user", "content": "Hi"}],
        "chosen": [{"role": "assistant", "content": "Hello!"}],
        "rejected": [{"role": "assistant", "content": "What?"}],
    },
]
TEMPLATE = (
    "{%- if tools %}<tools>{% for t in tools %}{{ t | tojson }}{% endfor %}</tools>{% endif %}"
    "{% for m in messages %}<{{ m['role'] }}>"
    "{% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}{{ m['content'] or '' }}"
    "{% for c in m.tool_calls or [] %}<call>{{ c.function.name }} {{ c.function.arguments | tojson }}</call>"
    "{% endfor %}</{{ m['role'] }}>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
)
SCHEMA = json.dumps(WEATHER)
TRAJECTORY = (
    '<call>get_weather {"city": "Paris"}</call></assistant><tool>21 C</tool>'
    "<assistant>{thought}It is 21 C.</assistant>"
)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A random model whose tokens are bytes, so that what it is trained on can be read back exactly."""
    return templated_model(tmp_path_factory.mktemp("model"), TEMPLATE)


def written(to, **selection):
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return convert(
        Path("in.jsonl"), Path("out.jsonl"), to=to, source="trl-dpo", selection=Selection(**selection)
    )


def loaded(result):
    """The dataset by the very lines that are printed."""
    space: dict[str, object] = {}
    lines = [line for line in result.how_to_load if "trl" not in line and "trainer" not in line]
    exec("\n".join(lines), space)
    return space["data"]["train"]


@pytest.mark.parametrize("reasoning", ["keep", "drop"])
def test_trl_dpo_has_the_tools_once_and_calls_where_they_belong(model, reasoning):
    from trl import DPOConfig, DPOTrainer

    data = loaded(written("trl-dpo", reasoning=reasoning))
    name, tokens = model
    config = DPOConfig("out", max_steps=1, per_device_train_batch_size=3, report_to=[], use_cpu=True)
    trainer = DPOTrainer(name, args=config, train_dataset=data, processing_class=tokens)
    first, second, third = (
        [tokens.decode(row[column]) for column in ("prompt_ids", "chosen_ids", "rejected_ids")]
        for row in trainer.train_dataset
    )
    thought = "<think>The tool says 21.</think>" if reasoning == "keep" else ""
    assert first[0] == f"<tools>{SCHEMA}</tools><user>Weather in Paris?</user><assistant>"
    assert first[1] == TRAJECTORY.replace("{thought}", thought)
    assert first[2] == "No idea.</assistant>"
    assert second[1:] == [
        f'<call>convert {{"value": 3, "to": "{unit}"}}</call></assistant>' for unit in ("km", "m")
    ]
    assert third == ["<user>Hi</user><assistant>", "Hello!</assistant>", "What?</assistant>"]
    trainer.train()


def test_trl_kto_has_the_same(model):
    from trl import KTOConfig, KTOTrainer

    data = loaded(written("trl-kto", split_pairs=True))
    name, tokens = model
    config = KTOConfig("out", max_steps=1, per_device_train_batch_size=3, report_to=[], use_cpu=True)
    trainer = KTOTrainer(name, args=config, train_dataset=data, processing_class=tokens)
    found = {
        (tokens.decode(row["prompt_ids"]), tokens.decode(row["completion_ids"]), row["label"])
        for row in trainer.train_dataset
    }
    asked = f"<tools>{SCHEMA}</tools><user>Weather in Paris?</user><assistant>"
    assert (asked, TRAJECTORY.replace("{thought}", "<think>The tool says 21.</think>"), True) in found
    assert (asked, "No idea.</assistant>", False) in found
    trainer.train()


def test_trl_reward_model_is_trained_on_them(model):
    from transformers import AutoModelForSequenceClassification
    from trl import RewardConfig, RewardTrainer

    data = loaded(written("trl-reward"))
    name, tokens = model
    scoring = AutoModelForSequenceClassification.from_pretrained(name, num_labels=1)
    config = RewardConfig("out", max_steps=1, per_device_train_batch_size=3, report_to=[], use_cpu=True)
    trainer = RewardTrainer(scoring, args=config, train_dataset=data, processing_class=tokens)
    texts = [tokens.decode(row["chosen_ids"]) for row in trainer.train_dataset]
    assert texts[0].startswith(f"<tools>{SCHEMA}</tools><user>Weather in Paris?</user><assistant><call>")
    trainer.train()


def a_trainer(kind, data, name, tokens):
    """The trainer as it is set up on these rows, which is where it tokenises them."""
    import trl
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification
    from trl.experimental.orpo import ORPOConfig, ORPOTrainer

    causal, scoring = AutoModelForCausalLM, AutoModelForSequenceClassification
    config, trainer, of = {
        "dpo": (trl.DPOConfig, trl.DPOTrainer, causal.from_pretrained(name)),
        "kto": (trl.KTOConfig, trl.KTOTrainer, causal.from_pretrained(name)),
        "reward": (trl.RewardConfig, trl.RewardTrainer, scoring.from_pretrained(name, num_labels=1)),
        "orpo": (ORPOConfig, ORPOTrainer, causal.from_pretrained(name)),
    }[kind]
    args = config("out", max_steps=1, per_device_train_batch_size=4, report_to=[], use_cpu=True)
    return trainer(of, args=args, train_dataset=data, processing_class=tokens)


@pytest.mark.parametrize("kind", ["dpo", "kto", "reward", "orpo"])
@pytest.mark.parametrize("some", ["tools", "arguments", "both"])
def test_every_trainer_takes_files_in_which_only_some_rows_have_tools_or_arguments(model, kind, some):
    plain, asked = ROWS[2], {**ROWS[2], "chat_template_kwargs": {"enable_thinking": False}}
    rows = [*({"tools": ROWS[:2], "arguments": [asked], "both": [*ROWS[:2], asked]}[some]), plain, plain]
    rows = [
        {**row, "prompt": [*row["prompt"][:-1], {"role": "user", "content": f"{n}?"}]}
        for n, row in enumerate(rows)
    ]
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    selection = Selection(split_pairs=kind == "kto")
    data = loaded(
        convert(Path("in.jsonl"), Path("out.jsonl"), to=f"trl-{kind}", source="trl-dpo", selection=selection)
    )
    a_trainer(kind, data, *model).train()


def test_llama_factory_reads_calls_and_tools(model):
    written("llama-factory-dpo-sharegpt")
    convert_row = llama_factory_converter(Path(), "SharegptDatasetConverter", "out")
    rows = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    found = [convert_row(row) for row in rows]
    assert len(found) == 2  # in the other pair the answers go on after they part
    assert [message["role"] for message in found[0]["_response"]] == ["function", "function"]
    units = [json.loads(message["content"])["arguments"]["to"] for message in found[0]["_response"]]
    assert units == ["km", "m"]
    assert json.loads(found[0]["_tools"])[0]["name"] == "convert"


def test_llama_factory_reads_whole_trajectories_for_kto(model):
    written("llama-factory-kto", split_pairs=True)
    convert_row = llama_factory_converter(Path(), "SharegptDatasetConverter", "out")
    rows = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    found = [convert_row(row) for row in rows]
    assert all(each["_prompt"] for each in found)  # none was skipped as broken
    long = next(each for each in found if len(each["_prompt"]) == 3)
    assert [message["role"] for message in long["_prompt"]] == ["user", "function", "observation"]
    assert long["_response"][0]["content"] == "It is 21 C."
    tools = own("llamafactory.data.tool_utils")
    assert "get_weather" in tools.get_tool_utils("default").tool_formatter(json.loads(long["_tools"]))


# --- ms-swift ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["ms-swift-dpo-tools", "ms-swift-kto"])
def test_ms_swift_sees_tools_calls_and_results(tmp_path, monkeypatch, to):
    """Its preprocessor, and then what its templates are given: chosen and rejected with the same tools."""
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "modelscope"))
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    out = tmp_path / "rows.jsonl"
    convert(tmp_path / "in.jsonl", out, to=to, source="trl-dpo", selection=Selection(split_pairs="kto" in to))
    from datasets import load_dataset

    core, inputs = own("swift.dataset.preprocessor.core"), own("swift.template.template_inputs")
    loaded = load_dataset("json", data_files=str(out), split="train", cache_dir=str(tmp_path / "cache"))
    rows = list(core.AutoPreprocessor()(loaded, load_from_cache_file=False))
    assert len(rows) == (6 if "kto" in to else 3), "none is dropped"
    paris = next(row for row in rows if "21 C" in json.dumps(row["messages"]))
    seen = inputs.TemplateInputs.from_dict({key: each for key, each in paris.items() if each is not None})
    roles = [each["role"] for each in seen.chosen.messages]
    assert roles == ["user", "tool_call", "tool", "assistant"]
    assert json.loads(seen.chosen.messages[1]["content"]) == {
        "name": "get_weather",
        "arguments": {"city": "Paris"},
    }
    assert seen.chosen.tools == [WEATHER]
    if "kto" not in to:
        assert [each["content"] for each in seen.rejected.messages] == ["Weather in Paris?", "No idea."]
        assert seen.rejected.tools == [WEATHER]
