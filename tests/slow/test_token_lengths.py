"""Lengths in tokens against the trainers' own code: the same tokens, the same defaults, the same cuts.

Needs `torch`, `transformers`, `datasets` and `trl`; the code of others where it is installed.
"""

from __future__ import annotations

import ast
import importlib.util
import json
from dataclasses import fields
from pathlib import Path

import pytest
from byte_model import templated_model
from byte_tokenizer import TEMPLATE

import pairwright as pw
from pairwright.formats.canonical import pairs
from pairwright.formats.catalog import read_dataset
from pairwright.stages.check.lengths_of_rows import _example
from pairwright.stages.export.convert import Selection, convert
from pairwright.tokens.report import emptied_when_cut, equal_when_cut
from pairwright.tokens.tokenizer import row_tokenizer
from pairwright.tokens.trainers import TRAINERS, KeptTokens, Lengths

MISSING = [
    name for name in ("torch", "transformers", "datasets", "trl") if not importlib.util.find_spec(name)
]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("offline"),
    pytest.mark.skipif(
        bool(MISSING),
        reason=f"LENGTHS IN TOKENS ARE NOT HELD AGAINST TRL: {', '.join(MISSING)} not installed",
    ),
    pytest.mark.filterwarnings("default"),
]
LOOK = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}


def says(text, **more):
    return {"role": "assistant", "content": text, **more}


def row(prompt, chosen, rejected):
    """TRL wants the arguments of the template in all rows or in none."""
    asked = [{"role": "user", "content": prompt}]
    more = {"tools": [LOOK]} if prompt == "Look?" else {}
    return {
        "prompt": asked,
        "chosen": chosen,
        "rejected": rejected,
        "chat_template_kwargs": {"style": "short"},
        **more,
    }


CALL = {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": {"name": "look", "arguments": {"city": "Rome"}}}]}  # fmt: skip
ROWS = [
    row("Hi?", [says("Yes.")], [says("No.")]),
    row("Look?", [CALL, {"role": "tool", "name": "look", "content": "21"}, says("21.", reasoning_content="So.")], [says("No idea, sorry.")]),
    row("Parts late?", [says("x" * 90 + "yes")], [says("x" * 90 + "no")]),
    row("q" * 200, [says("a" * 10)], [says("b" * 30)]),
    row("Long", [says("a" * 10)], [says("b" * 300)]),
    row("é " * 20, [says("ü" * 40)], [says("ü" * 41)]),
]  # fmt: skip
LIMIT = 100


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model whose tokens are bytes and whose template writes tools, arguments, calls and reasoning."""
    return templated_model(tmp_path_factory.mktemp("model"), TEMPLATE)


def loaded(name, rows=ROWS, **selection):
    """The rows as the printed lines load them, written in that format."""
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = convert(
        Path("in.jsonl"), Path("out.jsonl"), to=name, source="trl-dpo", selection=Selection(**selection)
    )
    space: dict[str, object] = {}
    exec("\n".join(line for line in result.how_to_load if "trl" not in line and "trainer" not in line), space)
    return space["data"]["train"]


def measured(folder, rows=ROWS):
    """Our lengths of the same rows."""
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    tokens = row_tokenizer(folder)
    read = read_dataset(Path("in.jsonl"), "trl-dpo")
    return [tokens.lengths(_example(pair, "x", 0)) for each in read for pair in pairs(each)]


def cut_like(trainer, of):
    return TRAINERS[trainer].cut(of, LIMIT)


def test_dpo_tokenises_and_cuts_the_same(model):
    from trl import DPOConfig, DPOTrainer

    folder, tokens = model
    data, ours = loaded("trl-dpo"), measured(folder)
    config = DPOConfig("out", max_length=None, report_to=[], use_cpu=True)
    whole = DPOTrainer(folder, args=config, train_dataset=data, processing_class=tokens).train_dataset
    theirs = [[len(each[f"{part}_ids"]) for part in ("prompt", "chosen", "rejected")] for each in whole]
    assert theirs == [[of.prompt, of.chosen, of.rejected] for of in ours]

    config = DPOConfig("out", max_length=LIMIT, report_to=[], use_cpu=True)
    trainer = DPOTrainer(folder, args=config, train_dataset=data, processing_class=tokens)
    kept = [cut_like("trl-dpo", of) for of in ours]
    assert len(trainer.train_dataset) == sum(each is not None for each in kept) == len(ROWS) - 1
    batch = trainer.data_collator(list(trainer.train_dataset))
    lengths, completions = batch["attention_mask"].sum(1).tolist(), batch["completion_mask"].sum(1).tolist()
    left = [each for each in kept if each is not None]
    assert completions == [each.chosen for each in left] + [each.rejected for each in left]
    assert lengths == [each.prompt + each.chosen for each in left] + [
        each.prompt + each.rejected for each in left
    ]
    half = len(left)
    same = [batch["input_ids"][n].tolist() == batch["input_ids"][n + half].tolist() for n in range(half)]
    assert same == [equal_when_cut("trl-dpo", of, LIMIT) for of, each in zip(ours, kept, strict=True) if each]
    assert sum(same) == 2


def test_reward_and_kto_drop_and_cut_the_same(model):
    from transformers import AutoModelForSequenceClassification
    from trl import KTOConfig, KTOTrainer, RewardConfig, RewardTrainer

    folder, tokens = model
    ours = measured(folder)
    scoring = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=1)
    config = RewardConfig("out", max_length=LIMIT, report_to=[], use_cpu=True)
    trainer = RewardTrainer(scoring, args=config, train_dataset=loaded("trl-reward"), processing_class=tokens)
    kept = [of for of in ours if cut_like("trl-reward", of)]
    theirs = [(len(each["chosen_ids"]), len(each["rejected_ids"])) for each in trainer.train_dataset]
    assert theirs == [(of.prompt + of.chosen, of.prompt + of.rejected) for of in kept]

    config = KTOConfig("out", max_length=LIMIT, per_device_train_batch_size=2, report_to=[], use_cpu=True)
    data = loaded("trl-kto", split_pairs=True)
    trainer = KTOTrainer(folder, args=config, train_dataset=data, processing_class=tokens)
    batch = trainer.data_collator(list(trainer.train_dataset))
    left = [each for of in ours if (each := cut_like("trl-kto", of))]
    wanted = sorted([each.chosen for each in left] + [each.rejected for each in left])
    assert sorted(batch["completion_mask"].sum(1).tolist()) == wanted


def test_orpo_leaves_as_little_of_responses(model):
    """ORPO adds its end token where the template ends with another: one token more."""
    from transformers import AutoModelForCausalLM
    from trl.experimental.orpo import ORPOConfig, ORPOTrainer

    folder, tokens = model
    plain = [{k: each[k] for k in ("prompt", "chosen", "rejected")} for each in ROWS if "tools" not in each]
    data = loaded("trl-orpo", plain)
    config = ORPOConfig("out", max_length=LIMIT, report_to=[], use_cpu=True, remove_unused_columns=False)
    causal = AutoModelForCausalLM.from_pretrained(folder)
    trainer = ORPOTrainer(causal, args=config, train_dataset=data, processing_class=tokens)
    for of, theirs in zip(measured(folder, plain), trainer.train_dataset, strict=True):
        with_end = Lengths(of.prompt, of.chosen + 1, of.rejected + 1, of.shared)
        kept = cut_like("trl-orpo", with_end)
        assert len(theirs["chosen_input_ids"]) == kept.prompt + kept.chosen
        assert len(theirs["rejected_input_ids"]) == kept.prompt + kept.rejected
        assert emptied_when_cut("trl-orpo", of, LIMIT) == (len(theirs["chosen_input_ids"]) == of.prompt)


def test_llama_factory_shares_the_limit_the_same():
    module = source("llamafactory/data/processor/processor_utils.py")
    (function,) = [each for each in module.body if getattr(each, "name", "") == "infer_seqlen"]
    space: dict[str, object] = {}
    exec(compile(ast.Module([function], []), "infer_seqlen", "exec"), space)
    infer = space["infer_seqlen"]
    for prompt in range(0, 60, 7):
        for chosen in range(1, 60, 7):
            for limit in (1, 10, 25, 50, 200):
                kept = TRAINERS["llama-factory"].cut(Lengths(prompt, chosen, 3, 0), limit)
                left, of_longer = infer(prompt, max(chosen, 3), limit)
                assert kept == KeptTokens(left, min(chosen, of_longer), min(3, of_longer))


def test_defaults_are_those_of_the_installed_trainers():
    from trl import DPOConfig, KTOConfig, RewardConfig
    from trl.experimental.cpo import CPOConfig
    from trl.experimental.orpo import ORPOConfig

    for name, configs in (
        ("trl-dpo", [DPOConfig]),
        ("trl-kto", [KTOConfig]),
        ("trl-reward", [RewardConfig]),
        ("trl-orpo", [ORPOConfig, CPOConfig]),
    ):
        for config in configs:
            (found,) = [each.default for each in fields(config) if each.name == "max_length"]
            assert found == TRAINERS[name].default


@pytest.mark.parametrize(
    ("trainer", "module", "setting"),
    [
        ("llama-factory", "llamafactory/hparams/data_args.py", "cutoff_len"),
        ("axolotl", "axolotl/utils/schemas/config.py", "sequence_len"),
        ("ms-swift", "swift/arguments/base_args/template_args.py", "max_length"),
        ("openrlhf", "openrlhf/cli/train_dpo.py", "--data.max_len"),
    ],
)
def test_defaults_are_those_that_others_write(trainer, module, setting):
    assert _default(source(module), setting) == TRAINERS[trainer].default


def source(module):
    """The code of a package, parsed: importing some of them wants what their other parts need."""
    package = importlib.util.find_spec(module.partition("/")[0])
    if package is None or not package.submodule_search_locations:
        pytest.skip(f"{module.partition('/')[0].upper()}'S OWN CODE IS NOT TESTED: it is not installed")
    path = Path(next(iter(package.submodule_search_locations))).parent / module
    return ast.parse(path.read_text(encoding="utf-8"))


def _default(tree, setting):
    """The default of a dataclass's or model's field, or of an option of argparse."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == setting:
            value = node.value
            if isinstance(value, ast.Call):
                value = next(each.value for each in value.keywords if each.arg == "default")
            return ast.literal_eval(value)
        if isinstance(node, ast.Call) and node.args and getattr(node.args[0], "value", "") == setting:
            return ast.literal_eval(next(each.value for each in node.keywords if each.arg == "default"))
    raise AssertionError(f"{setting} is not there")


def test_the_whole_report_of_the_same_rows(model):
    folder, _ = model
    told = pw.token_lengths(ROWS, folder, max_length=LIMIT, source="trl-dpo").tokens
    of = {each["trainer"]: each for each in told["trainers"]}
    assert (of["trl-dpo"]["dropped"], of["trl-dpo"]["equal"]) == (1, 2)
    assert of["trl-orpo"]["emptied"] == 1
