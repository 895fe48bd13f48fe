"""Rows with images, through the trainers' own code: what a vision model is given is read back.

Needs `torch`, `transformers`, `datasets`, `trl` and `pillow`; LLaMA-Factory's own code where it is installed.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from made_images import png
from test_formats_loaders import llama_factory_converter

from pairwright.stages.export.convert import Selection, convert

MISSING = [
    name for name in ("torch", "transformers", "datasets", "trl", "PIL") if not importlib.util.find_spec(name)
]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("offline"),
    pytest.mark.skipif(
        bool(MISSING), reason=f"ROWS WITH IMAGES ARE NOT TRAINED ON: {', '.join(MISSING)} not installed"
    ),
    pytest.mark.filterwarnings("default"),
]

TEMPLATE = (
    "{% for m in messages %}<{{ m['role'] }}>{% for part in m['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
    "</{{ m['role'] }}>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
)
SIDE, PATCH = 8, 4  # so that an image is 4 patches: 4 tokens
PICTURES = {"red.png": png("red"), "blue.png": png("blue")}


def said(text):
    return [{"role": "assistant", "content": text}]


def row(content, *images):
    more = {"images": list(images)} if images else {}
    prompt = [{"role": "user", "content": content}]
    return {"prompt": prompt, "chosen": said("Yes."), "rejected": said("No idea."), **more}


PLACE = {"type": "image"}
ROWS = [
    row("Hi?"),
    row([PLACE, {"type": "text", "text": "Red?"}], "red.png"),
    row(
        [{"type": "text", "text": "Is "}, PLACE, {"type": "text", "text": "like"}, PLACE],
        "red.png",
        "blue.png",
    ),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A random vision model whose tokens are bytes, so that what it is trained on can be read back."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import (
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
        PreTrainedTokenizerFast,
    )
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    folder = tmp_path_factory.mktemp("model")
    names = ["<pad>", "<eos>", "<image>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    bytes_only = Tokenizer(models.BPE(vocab={name: n for n, name in enumerate(names)}, merges=[]))
    bytes_only.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_only.decoder = decoders.ByteLevel()
    bytes_only.add_special_tokens([AddedToken("<image>", special=True)])
    tokens = PreTrainedTokenizerFast(
        tokenizer_object=bytes_only,
        pad_token="<pad>",
        eos_token="<eos>",
        extra_special_tokens={"image_token": "<image>"},
    )
    seen = CLIPImageProcessorPil(
        size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}, do_normalize=False
    )
    processor = LlavaProcessor(
        seen,
        tokens,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        chat_template=TEMPLATE,
        image_token="<image>",
        num_additional_image_tokens=1,
    )
    small = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(**small, image_size=SIDE, patch_size=PATCH, projection_dim=16),
        text_config=LlamaConfig(
            **small, vocab_size=len(names), num_key_value_heads=2, pad_token_id=0, eos_token_id=1
        ),
        image_token_index=2,
    )
    LlavaForConditionalGeneration(config).save_pretrained(str(folder))
    return str(folder), processor


def written(to, rows=ROWS, **selection):
    for name, data in PICTURES.items():
        Path(name).write_bytes(data)
    Path("in.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    Path("out").mkdir()
    return convert(
        Path("in.jsonl"), Path("out/out.jsonl"), to=to, source="trl-dpo", selection=Selection(**selection)
    )


def loaded(result, monkeypatch):
    """The dataset by the very lines that are printed, in the folder of the file."""
    monkeypatch.chdir("out")
    space: dict[str, object] = {}
    lines = [line for line in result.how_to_load if "trl" not in line and "trainer" not in line]
    exec("\n".join(lines), space)
    return space["data"]["train"]


def test_datasets_decodes_the_images_by_the_lines_that_are_printed(monkeypatch):
    data = loaded(written("trl-dpo"), monkeypatch)
    colors = [[image.convert("RGB").getpixel((0, 0)) for image in each["images"]] for each in data]
    assert sorted(colors) == [[], [(255, 0, 0)], [(255, 0, 0), (0, 0, 255)]]


def test_trl_dpo_shows_a_vision_model_each_image_in_its_place(model, monkeypatch):
    from transformers import LlavaForConditionalGeneration
    from trl import DPOConfig, DPOTrainer

    name, processor = model
    data = loaded(written("trl-dpo"), monkeypatch)
    config = DPOConfig(
        "out", max_steps=1, per_device_train_batch_size=3, report_to=[], use_cpu=True, max_length=None
    )
    trainer = DPOTrainer(
        LlavaForConditionalGeneration.from_pretrained(name),
        args=config,
        train_dataset=data,
        processing_class=processor,
    )
    batch = trainer.data_collator([dict(data[n]) for n in range(len(data))])
    texts = [
        processor.tokenizer.decode(ids[mask.bool()])
        for ids, mask in zip(batch["input_ids"], batch["attention_mask"], strict=True)
    ]
    four = "<image>" * 4
    chosen = sorted(text.replace(four, "[image]") for text in texts[:3])
    assert chosen == [
        "<user>Hi?</user><assistant>Yes.</assistant>",
        "<user>Is [image]like[image]</user><assistant>Yes.</assistant>",
        "<user>[image]Red?</user><assistant>Yes.</assistant>",
    ]
    assert len(batch["pixel_values"]) == 2 * 3  # for chosen and rejected
    trainer.train()


def test_trl_kto_takes_them_too(model, monkeypatch):
    from transformers import LlavaForConditionalGeneration
    from trl import KTOConfig, KTOTrainer

    name, processor = model
    data = loaded(written("trl-kto", split_pairs=True), monkeypatch)
    config = KTOConfig(
        "out", max_steps=1, per_device_train_batch_size=6, report_to=[], use_cpu=True, max_length=None
    )
    trainer = KTOTrainer(
        LlavaForConditionalGeneration.from_pretrained(name),
        args=config,
        train_dataset=data,
        processing_class=processor,
    )
    trainer.train()


@pytest.mark.parametrize("to", ["llama-factory-dpo-sharegpt", "llama-factory-kto"])
def test_llama_factory_finds_as_many_images_as_there_are_marks(to):
    from datasets import load_dataset
    from PIL import Image

    written(to, split_pairs="kto" in to)
    convert_row = llama_factory_converter(Path("out"), "SharegptDatasetConverter", "out")
    data = load_dataset("json", data_files={"train": ["out/out.jsonl"]})["train"]
    counts = set()
    for each in data:
        found = convert_row(each)
        assert found["_prompt"]  # it was not skipped as broken
        paths = found["_images"] or []
        text = "".join(message["content"] for message in (*found["_prompt"], *found["_response"]))
        assert text.count("<image>") == len(paths)
        for path in paths:
            with Image.open(path) as image:
                assert image.size == (8, 8)
        counts.add(len(paths))
    assert counts == {0, 1, 2}
