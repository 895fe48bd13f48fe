"""LLaMA-Factory's, axolotl's, OpenRLHF's and ms-swift's own code reads what `convert` writes for them.

Only their functions that take a row are run, without the rest of the package. A package that is not
installed is skipped and said so: `pip install --no-deps llamafactory axolotl openrlhf ms-swift`, which want
peft, colorama, modelscope and json-repair.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tiny
import yaml

from pairwright.stages.export.convert import Selection, convert

MISSING = [name for name in ("torch", "transformers", "datasets") if not importlib.util.find_spec(name)]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
    pytest.mark.skipif(
        bool(MISSING), reason=f"THE FRAMEWORKS' LOADERS ARE NOT TESTED: {', '.join(MISSING)} not installed"
    ),
]

SYSTEM, HI, HELLO = (
    {"role": "system", "content": "be good"},
    {"role": "user", "content": "hi"},
    {"role": "assistant", "content": "yes"},
)
ASKED = {"role": "user", "content": "what colour is the sky"}
ROWS = [
    {
        "prompt": [ASKED],
        "responses": [{"text": "blue", "rank": 1, "rating": 5}, {"text": "green", "rank": 2, "rating": 1}],
    },
    {
        "prompt": [SYSTEM, HI, HELLO, ASKED],
        "responses": [{"text": "no", "rank": 2, "rating": 2}, {"text": "blue", "rank": 1, "rating": 4}],
    },
]
ONE_TURN = [ROWS[0], {**ROWS[1], "prompt": [SYSTEM, ASKED]}]


def bare(package: str, *inner: str) -> None:
    """Make a package's modules importable without what its __init__ files pull in."""
    if package in sys.modules:
        return
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        pytest.skip(f"{package.upper()}'S OWN CODE IS NOT TESTED: it is not installed")
    root = Path(next(iter(spec.submodule_search_locations)))
    for name in ("", *inner):
        module = ModuleType(".".join(filter(None, (package, name))))
        module.__spec__ = None if name else spec  # others look for the package too
        module.__path__ = [str(root.joinpath(*name.split(".")) if name else root)]
        sys.modules.setdefault(module.__name__, module)


def own(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        pytest.skip(f"{name} IS NOT TESTED: {error}")


def written(tmp_path, to: str, rows, name: str = "rows.json"):
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    convert(source, tmp_path / name, to=to, source="jsonl", selection=Selection(threshold=3))
    return json.loads((tmp_path / name).read_text())


# --- LLaMA-Factory ------------------------------------------------------------------------------------


def llama_factory_converter(folder, name: str, dataset: str):
    """LLaMA-Factory's own converter for one of our files, by the stanza of our dataset_info.json."""
    bare("llamafactory", "data", "extras", "hparams", "model")
    parser, code = own("llamafactory.data.parser"), own("llamafactory.data.converter")
    stanza = json.loads((folder / "dataset_info.json").read_text())[dataset]
    attributes = parser.DatasetAttr("file", dataset_name=stanza["file_name"])
    attributes.join(stanza)
    where = SimpleNamespace(media_dir=str(folder), dataset_dir=str(folder))
    return getattr(code, name)(attributes, where)


def llama_factory(tmp_path, to: str, converter: str) -> list[dict]:
    """Each row as LLaMA-Factory's converter sees it."""
    rows = written(tmp_path, to, ROWS)
    return list(map(llama_factory_converter(tmp_path, converter, "rows"), rows))


@pytest.mark.parametrize(
    ("to", "converter"),
    [
        ("llama-factory-dpo", "AlpacaDatasetConverter"),
        ("llama-factory-dpo-sharegpt", "SharegptDatasetConverter"),
    ],
)
def test_llama_factory_sees_prompt_chosen_and_rejected(tmp_path, to, converter):
    # A row with earlier turns comes first in a file where others have none: see Target.may_be_empty.
    short, long = sorted(llama_factory(tmp_path, to, converter), key=lambda row: len(row["_prompt"]))
    assert short["_prompt"] == [ASKED]
    assert [each["content"] for each in short["_response"]] == ["blue", "green"]
    assert (long["_system"], long["_prompt"]) == ("be good", [HI, HELLO, ASKED])
    assert [each["content"] for each in long["_response"]] == ["blue", "no"]


def test_llama_factory_takes_kto_rows_for_kto(tmp_path):
    found = llama_factory(tmp_path, "llama-factory-kto", "SharegptDatasetConverter")
    said = sorted(tuple(each["content"] for each in row["_response"]) for row in found)
    # A good answer stands first, a bad one second; the other place is empty.
    assert said == [("", "green"), ("", "no"), ("blue", ""), ("blue", "")]
    assert all(row["_prompt"][-1] == ASKED for row in found)


# --- axolotl ----------------------------------------------------------------------------------------------


def axolotl(tmp_path, to: str, rows, module: str) -> tuple[list[dict], ModuleType, dict]:
    found = written(tmp_path, to, rows)
    bare(
        "axolotl",
        "prompt_strategies",
        "prompt_strategies.dpo",
        "prompt_strategies.orpo",
        "prompt_strategies.kto",
        "utils",
    )
    config = yaml.safe_load((tmp_path / "rows.axolotl.yaml").read_text())
    return found, own(f"axolotl.prompt_strategies.{module}"), config


@pytest.mark.parametrize(("to", "name"), [("axolotl-dpo-intel", "intel"), ("axolotl-dpo-icr", "icr")])
def test_axolotl_chatml_reads_system_question_and_answers(tmp_path, to, name):
    rows, module, config = axolotl(tmp_path, to, ONE_TURN, "dpo.chatml")
    assert config["datasets"][0]["type"] == f"chatml.{name}"
    read = getattr(module, name)(config)
    first, second = (read(dict(row)) for row in rows)
    asked = "<|im_start|>user\nwhat colour is the sky<|im_end|>\n<|im_start|>assistant\n"
    assert first["prompt"] == asked
    assert second["prompt"] == "<|im_start|>system\nbe good<|im_end|>\n" + asked
    assert (second["chosen"], second["rejected"]) == ("blue<|im_end|>", "no<|im_end|>")


def test_axolotl_chat_template_reads_a_whole_conversation(tmp_path):
    rows, module, config = axolotl(tmp_path, "axolotl-dpo", ROWS, "dpo.chat_template")
    read, more = module.default({**config, "chat_template": "tokenizer_default"})
    long = read(rows[1], tokenizer=tiny.tokenizer())
    assert (
        long["prompt"]
        == "<system> be good <user> hi <assistant> yes <user> what colour is the sky <assistant> "
    )
    assert (long["chosen"], long["rejected"]) == ("blue", "no")
    assert more == {"remove_columns": ["messages"]}


def test_axolotl_orpo_reads_every_question_of_a_conversation(tmp_path):
    rows, module, _ = axolotl(tmp_path, "axolotl-orpo", ROWS, "orpo.chat_template")
    parser = module.ORPODatasetParsingStrategy()
    said = [(each.role, each.content) for each in parser.get_chosen(rows[1]).messages]
    assert said == [
        ("system", "be good"),
        ("user", "hi"),
        ("assistant", "yes"),
        ("user", "what colour is the sky"),
        ("assistant", "blue"),
    ]
    assert parser.get_rejected(rows[1]).messages[-1].content == "no"


def test_axolotl_kto_reads_prompt_completion_and_label(tmp_path):
    rows, module, config = axolotl(tmp_path, "axolotl-kto", ONE_TURN, "kto.chatml")
    assert config["datasets"][0]["type"] == "chatml.ultra"
    read = module.ultra(config)
    found = [read(dict(row)) for row in rows]
    assert {(row["completion"], row["label"]) for row in found} == {
        ("blue<|im_end|>", True),
        ("green<|im_end|>", False),
        ("no<|im_end|>", False),
    }
    user_defined = own("axolotl.prompt_strategies.kto.user_defined")
    fields = {"field_prompt": "prompt", "field_completion": "completion", "field_label": "label"}
    read = user_defined.default({"datasets": [{"type": {**fields, "prompt_format": "Q: {prompt}\nA:"}}]})
    assert read(dict(rows[0]))["prompt"] == "Q: what colour is the sky\nA:"


# --- OpenRLHF ---------------------------------------------------------------------------------------------


def test_openrlhf_cuts_the_answers_off_the_same_prompt(tmp_path):
    rows = written(tmp_path, "openrlhf-margin", ROWS)
    bare("openrlhf", "datasets", "utils")
    code = own("openrlhf.datasets.reward_dataset")
    template = tiny.tokenizer().apply_chat_template
    prompt, chosen, rejected, margin = code.preprocess_data(
        rows[1], apply_chat_template=template, is_dpo=True
    )
    assert prompt.endswith("<user> what colour is the sky <assistant> ")
    assert (chosen.strip(), rejected.strip(), margin) == ("blue", "no", 2)


# --- ms-swift ---------------------------------------------------------------------------------------------


def swift(tmp_path, monkeypatch, to: str) -> list[dict]:
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "modelscope"))
    rows = written(tmp_path, to, ROWS)
    code = own("swift.dataset.preprocessor.core")
    from datasets import Dataset

    return list(code.AutoPreprocessor()(Dataset.from_list(rows), load_from_cache_file=False))


def test_ms_swift_reads_the_conversation_and_the_rejected_answer(tmp_path, monkeypatch):
    long = max(swift(tmp_path, monkeypatch, "ms-swift-dpo"), key=lambda row: len(row["messages"]))
    assert [each["content"] for each in long["messages"]] == [
        *(each["content"] for each in (SYSTEM, HI, HELLO, ASKED)),
        "blue",
    ]
    rejected = long.get("rejected_response") or long["rejected_messages"][-1]["content"]
    assert rejected == "no"


def test_ms_swift_reads_kto_labels(tmp_path, monkeypatch):
    rows = swift(tmp_path, monkeypatch, "ms-swift-kto")
    labels = {row["messages"][-1]["content"]: bool(row["label"]) for row in rows if len(row["messages"]) == 2}
    assert labels == {"blue": True, "green": False}
