"""The light reward model, and what it says of labels it never saw."""

import json
from dataclasses import replace

import numpy as np
import pytest
from made_up import comparisons
from scipy import sparse

import pairwright as pw
from pairwright.errors import InputError
from pairwright.reward.consistency import SCALES, hear_others
from pairwright.reward.cross_fit import KeptMargins, calibrated, cross_fit, cross_fit_by, folds_of
from pairwright.reward.curve import fit_law, learning_curve
from pairwright.reward.head import fit_head
from pairwright.reward.light import Comparisons, LightModel, train
from pairwright.reward.repair import repairs
from pairwright.reward.verify import ModelMargins, corrected_accuracy, halves, softened, verify
from pairwright.stats.intervals import wilson


def auroc(flipped, margins):
    """How often a flipped label has a smaller margin than one that is right."""
    a, b = margins[flipped], margins[~flipped]
    return (a[:, None] < b[None]).mean() + (a[:, None] == b[None]).mean() / 2


# --- head -----------------------------------------------------------------------------------


def test_the_head_finds_the_weights_labels_were_made_with():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(4000, 5)), np.array([2.0, -1.0, 0.5, 0.0, 0.0])
    labels = (rng.random(4000) < 1 / (1 + np.exp(-x @ w))).astype(float)
    assert np.allclose(fit_head(sparse.csr_matrix(x), labels, 1000.0), w, atol=0.2)


def test_the_head_takes_soft_labels_and_swapping_sides_changes_nothing():
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(500, 3)), np.array([1.0, -1.0, 0.3])
    soft = 1 / (1 + np.exp(-x @ w))
    found = fit_head(sparse.csr_matrix(x), soft, 1e4)
    assert np.allclose(found, w, atol=0.02)
    assert np.allclose(fit_head(sparse.csr_matrix(-x), 1 - soft, 1e4), found, atol=1e-3)


def test_which_response_is_called_chosen_does_not_matter():
    pairs, _ = comparisons(200)
    turned = np.arange(200) % 3 == 0
    chosen, rejected = zip(
        *((r, c) if t else (c, r) for c, r, t in zip(pairs.chosen, pairs.rejected, turned, strict=True)),
        strict=True,
    )
    other = Comparisons(pairs.prompts, chosen, rejected, np.where(turned, 0.0, 1.0), pairs.groups)
    asked = (["q"] * 3, ["clear and exact", "vague", "honest, complete and long " * 9])
    one, same = train(pairs, strength=0.5).scores(*asked), train(other, strength=0.5).scores(*asked)
    assert one == pytest.approx(same, abs=1e-3)


def test_pairs_that_weigh_nothing_teach_nothing():
    x = sparse.csr_matrix([[1.0], [1.0], [1.0]])
    w = fit_head(x, np.array([1.0, 0.0, 0.0]), 1.0, np.array([1.0, 0.0, 0.0]))
    assert w[0] > 0


# --- light model ----------------------------------------------------------------------------


def test_it_learns_what_is_better_and_scores_new_texts():
    pairs, _ = comparisons(400)
    model = train(pairs)
    assert model.score("q", "clear correct useful precise") > model.score("q", "vague wrong useless sloppy")
    new, _ = comparisons(200, seed=1)
    right = model.scores(new.prompts, new.chosen) > model.scores(new.prompts, new.rejected)
    assert right.mean() > 0.85


def embed(texts):
    """One number that tells, among some that do not."""
    return np.array([[float(text.count("x")), len(text) % 7, len(text) % 3] for text in texts])


def test_embeddings_are_features_besides_and_are_asked_for_when_a_model_needs_them(tmp_path):
    rng = np.random.default_rng(0)
    chosen = tuple(f"{'x' * rng.integers(4, 9)} a{i}" for i in range(200))
    rejected = tuple(f"{'y' * rng.integers(4, 9)} a{i}" for i in range(200))
    told = Comparisons(
        ("q",) * 200, chosen, rejected, np.ones(200), np.arange(200), vectors=(embed(chosen), embed(rejected))
    )
    model = train(told, strength=1.0)
    assert model.vectors[0] > 0
    model.save(tmp_path / "rm.npz", {})
    with pytest.raises(InputError, match="load it with the same embed"):
        LightModel.load(tmp_path / "rm.npz").score("q", "xxx")
    again = LightModel.load(tmp_path / "rm.npz", embed)
    assert again.score("q", "x x x") > again.score("q", "z z z")
    assert np.allclose(
        again.scores(("q",) * 200, chosen) - again.scores(("q",) * 200, rejected),
        model.margins(told, np.arange(200)),
        atol=1e-4,
    )


def test_a_model_is_the_same_after_saving_and_the_same_from_the_same_seed(tmp_path):
    pairs, _ = comparisons(200)
    model = train(pairs, seed=3)
    model.save(tmp_path / "rm.npz", {"pairs": 200})
    again = LightModel.load(tmp_path / "rm.npz")
    assert np.allclose(
        again.scores(pairs.prompts, pairs.chosen), model.scores(pairs.prompts, pairs.chosen), atol=1e-4
    )
    assert json.loads((tmp_path / "rm.json").read_text())["pairs"] == 200
    assert np.array_equal(train(pairs, seed=3).words, model.words)


def test_what_is_no_model_is_refused_and_nothing_is_unpickled(tmp_path):
    bad = tmp_path / "bad.npz"
    np.savez(bad, form=np.array([object()], object))
    (tmp_path / "bad.json").write_text('{"features": 1, "strength": 1}')
    with pytest.raises(InputError, match="is no light reward model"):
        LightModel.load(bad)
    with pytest.raises(InputError, match="is no light reward model"):
        LightModel.load(tmp_path / "none.npz")


# --- cross-fitting --------------------------------------------------------------------------


def test_a_prompt_is_in_one_fold():
    groups = np.repeat(np.arange(50), 4)
    fold = folds_of(groups, 5, 0)
    assert all(len(set(fold[groups == g])) == 1 for g in range(50))
    assert set(fold) == set(range(5))


def test_shuffled_labels_give_a_coin_out_of_fold_and_agreement_in_sample():
    """No leakage: what was never seen can't be known; what was trained on always is."""
    pairs, _ = comparisons(600, random_labels=True)
    assert abs((cross_fit(pairs, repeats=1).margins > 0).mean() - 0.5) < 3 * np.sqrt(0.25 / 600)
    seen = train(pairs, strength=30.0).margins(pairs, np.arange(600))
    assert (seen > 0).mean() > 0.95


def test_flipped_labels_have_the_smallest_margins():
    pairs, flipped = comparisons(500, flips=0.1)
    margins = cross_fit(pairs, repeats=1).margins
    assert auroc(flipped, margins) > 0.9


def test_too_few_labels_are_an_error_that_says_how_many_it_takes():
    pairs, _ = comparisons(30)
    with pytest.raises(InputError, match="30 labelled pairs of 30 prompts are too few"):
        cross_fit(pairs)


# --- other labels of a prompt ---------------------------------------------------------------


def ranking(prompts=60, n=5, flips=0.1, seed=0):
    """All pairs of n responses a prompt, labelled by their rank, some flipped; nothing in the texts tells."""
    rng = np.random.default_rng(seed)
    chosen, rejected, groups, flipped = [], [], [], []
    for p in range(prompts):
        for i in range(n):
            for j in range(i + 1, n):
                wrong = rng.random() < flips
                one, other = (f"{p}-{j}", f"{p}-{i}") if wrong else (f"{p}-{i}", f"{p}-{j}")
                chosen.append(one), rejected.append(other), groups.append(p), flipped.append(wrong)
    return chosen, rejected, np.array(groups), np.array(flipped)


def test_other_labels_of_the_prompt_tell_which_one_is_wrong():
    chosen, rejected, groups, flipped = ranking()
    heard = hear_others(np.zeros(len(groups)), np.ones(len(groups)), groups, chosen, rejected)
    assert heard.spread > 0
    assert auroc(flipped, heard.margins) > 0.85


def test_a_pairs_own_label_has_no_say_in_its_margin():
    from pairwright.reward.consistency import _left_out

    rng = np.random.default_rng(0)
    design = np.array([[1, -1, 0], [0, 1, -1], [1, 0, -1]], float)
    prior, labels = rng.normal(size=3), np.array([1.0, 1.0, 1.0])
    before = _left_out(prior, labels, design, 1.0)
    labels[1] = 0.0
    after = _left_out(prior, labels, design, 1.0)
    assert after[1] == pytest.approx(before[1])
    assert abs(after[0] - before[0]) > 0.01


def test_pairs_that_share_nothing_are_left_as_they_are():
    margins = np.array([1.0, -2.0, 0.5])
    heard = hear_others(margins, np.ones(3), np.arange(3), ["a", "b", "c"], ["d", "e", "f"])
    assert heard.spread == 0
    assert all(each in SCALES for each in heard.margins / margins)


# --- verifying ------------------------------------------------------------------------------


def test_verify_flags_the_flipped_and_is_honest_about_its_agreement():
    pairs, flipped = comparisons(500, flips=0.1)
    found = verify(pairs, repeats=1)
    assert found.refused is None
    assert 0.7 < found.agreement.value < 0.95 < found.in_sample.high
    assert found.length_only.value < 0.6
    worst = found.flagged()[:50]
    assert flipped[worst].mean() > 0.6
    assert (np.diff(found.support[found.flagged()]) >= 0).all()


def test_verify_refuses_what_it_cannot_learn_and_flags_nothing():
    pairs, _ = comparisons(300, random_labels=True)
    found = verify(pairs, repeats=1)
    assert "can't verify this data: held-out" in found.refused
    assert len(found.flagged()) == 0


def test_gold_pairs_tell_how_many_labels_are_right():
    pairs, flipped = comparisons(900, flips=0.15)
    gold = np.where(np.arange(900) < 400, (~flipped).astype(float), np.nan)
    found = verify(pairs, gold, repeats=1)
    assert found.label_accuracy.low < 0.85 < found.label_accuracy.high
    assert found.agreement.value < found.label_accuracy.value


def test_the_correction_is_the_formula_and_refuses_a_weak_model():
    found = corrected_accuracy(wilson(700, 1000), wilson(80, 100))
    assert found.value == pytest.approx((0.7 + 0.8 - 1) / (2 * 0.8 - 1))
    assert corrected_accuracy(wilson(700, 1000), wilson(55, 100)) is None


def test_the_correction_stays_in_bounds_and_refuses_what_it_cannot_explain():
    # More often of the labels' opinion than right: its errors and the labels' are the same ones.
    assert corrected_accuracy(wilson(4600, 5000), wilson(320, 400)) is None
    assert corrected_accuracy(wilson(760, 1000), wilson(74, 100)) is None
    found = corrected_accuracy(wilson(735, 1000), wilson(74, 100))
    assert 0 <= found.low <= found.value < found.high == 1


def test_equal_scores_are_half_right():
    pairs, _ = comparisons(200)
    even = np.arange(200) % 5 < 2
    found = verify(pairs, opinion=ModelMargins(np.where(even, 0.0, 2.0)))
    assert found.agreement.value == pytest.approx(0.8)
    assert found.undecided == pytest.approx(0.4)
    assert found.refused is None


def test_the_corrections_interval_covers():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        right, model = rng.random(2000) < 0.85, rng.random(2000) < 0.8
        m = wilson(int((right == model).sum()), 2000)
        found = corrected_accuracy(m, wilson(int((rng.random(300) < 0.8).sum()), 300))
        covered += found.low <= 0.85 <= found.high
    assert covered / 400 > 0.92


# --- learning curve -------------------------------------------------------------------------


def test_the_law_is_found_again():
    n = np.geomspace(50, 5000, 8)
    a, _, c = fit_law(n, 0.8 - 1.5 * n**-0.5, np.full(8, 0.001))
    assert (a, c) == (pytest.approx(0.8, abs=0.005), pytest.approx(0.5, abs=0.06))


def test_a_curve_climbs_where_there_is_something_to_learn():
    pairs, _ = comparisons(700)
    curve = learning_curve(pairs, 0.2, np.array(["x", "y"] * 350), repeats=2)
    values = [point.value for point in curve.points]
    assert values[-1] > values[0]
    assert curve.doubled[0] <= curve.doubled[1] <= curve.doubled[2]
    assert {each["domain"] for each in curve.domains} <= {"x", "y"}
    assert all(low <= gain <= high for each in curve.domains for low, gain, high in (each["doubling"],))
    with pytest.raises(InputError, match="too few for a learning curve"):
        learning_curve(comparisons(100)[0], 0.2)


# --- the face -------------------------------------------------------------------------------

ROWS = [
    {"prompt": "q", "chosen": "a long answer", "rejected": "short"},
    {"prompt": "q", "chosen": "x", "rejected": "longer"},
]


class ByLength:
    def score(self, prompt, response):
        return float(len(response))


@pytest.mark.parametrize(
    "rm",
    [
        ByLength(),
        lambda prompt, response: len(response),
        type("B", (), {"scores": lambda self, p, r: [len(x) for x in r]})(),
    ],
)
def test_verify_with_reward_model_takes_anything_that_scores(rm):
    assert pw.verify_with_reward_model(rm, ROWS) == ([ROWS[0]], [ROWS[1]])


def test_verify_with_reward_model_has_a_threshold_in_the_models_units():
    assert pw.verify_with_reward_model(ByLength(), ROWS, threshold=100) == ([], ROWS)
    assert pw.verify_with_reward_model(ByLength(), [{**ROWS[0], "chosen": "short"}])[1]  # no margin at all


def test_verify_with_reward_model_names_what_is_wrong():
    with pytest.raises(InputError, match="annotation 1 has no rejected"):
        pw.verify_with_reward_model(ByLength(), [ROWS[0], {"prompt": "q", "chosen": "x"}])
    with pytest.raises(InputError, match="annotation 0 is str; it is a mapping"):
        pw.verify_with_reward_model(ByLength(), ["q"])
    with pytest.raises(InputError, match="annotation 0: the reward model's score is no number"):
        pw.verify_with_reward_model(lambda p, r: float("nan"), ROWS)
    with pytest.raises(InputError, match="cannot be called"):
        pw.verify_with_reward_model("rm", ROWS)


def test_a_trained_model_is_one_for_the_face():
    pairs, _ = comparisons(200)
    rows = [
        {"prompt": p, "chosen": c, "rejected": r}
        for p, c, r in zip(pairs.prompts, pairs.chosen, pairs.rejected, strict=True)
    ]
    verified, flagged = pw.verify_with_reward_model(train(pairs), rows)
    assert len(verified) > 150
    assert len(verified) + len(flagged) == 200


def test_repairs_of_doubted_labels_make_a_better_model():
    pairs, flipped = comparisons(800, flips=0.3)
    right = {
        name: ((margins > 0) != flipped).mean()
        for name, margins in repairs(pairs, review=0.15, strength=1.0).items()
    }
    assert min(right["flipped"], right["dropped"], right["softened"]) > right["as they are"]


def test_repairs_win_nothing_where_there_is_nothing_to_learn():
    # Coins for labels: were doubts found with the labels held out, flipping them would seem to help by 4 points.
    gains = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        pairs = replace(comparisons(400)[0], labels=(rng.random(400) < 0.5).astype(float))
        gold = rng.random(400) < 0.5
        told = repairs(pairs, open_=~gold, strength=0.2, seed=seed)
        sides = np.sign(pairs.labels - 0.5)[gold]
        gains.append([
            (halves(told[name][gold], sides) - halves(told["as they are"][gold], sides)).mean()
            for name in ("flipped", "dropped")
        ])  # fmt: skip
    assert np.abs(np.mean(gains, 0)).max() < 0.02


def test_repairs_by_a_model_that_never_saw_the_labels_are_by_its_margins():
    pairs, flipped = comparisons(400, flips=0.3)
    told = repairs(pairs, margins=np.where(flipped, -2.0, 2.0), review=0.3, strength=1.0)
    none = repairs(pairs, margins=np.full(400, 2.0), review=0.3, strength=1.0)
    assert ((told["flipped"] > 0) != flipped).mean() > ((told["as they are"] > 0) != flipped).mean()
    assert np.array_equal(none["flipped"], none["as they are"])


def test_a_softened_label_weighs_what_was_thought_and_what_the_model_says():
    assert softened(0.9, 0.5) == pytest.approx(0.9)
    assert softened(0.9, 0.1) == pytest.approx(0.5)
    assert softened(0.5, 0.2) == pytest.approx(0.2)
    assert softened(1.0, 0.0) == pytest.approx(0.5)


# --- any model's margins, and what is kept of them ------------------------------------------


def test_scores_in_any_unit_become_log_odds_and_scores_of_nothing_become_none():
    pairs, _ = comparisons(2000)
    rng = np.random.default_rng(0)
    truth = rng.normal(size=2000) * 1.5
    labels = (rng.random(2000) < 1 / (1 + np.exp(-truth))).astype(float)
    told = Comparisons(pairs.prompts, pairs.chosen, pairs.rejected, labels, pairs.groups)
    assert np.allclose(calibrated(1000 * truth, told), truth, atol=0.5)
    assert np.array_equal(calibrated(-truth, told), np.zeros(2000))


def test_folds_that_were_kept_are_not_fitted_again(tmp_path):
    pairs, _ = comparisons(100)
    kept, fitted = KeptMargins(tmp_path / "folds"), []

    def fit(rows, seed):
        fitted.append(seed)
        if len(fitted) == 3:
            raise KeyboardInterrupt
        return train(pairs, rows, strength=1.0, seed=seed)

    with pytest.raises(KeyboardInterrupt):
        cross_fit_by(fit, pairs, repeats=1, kept=kept)
    margins, _ = cross_fit_by(fit, pairs, repeats=1, kept=kept)
    assert fitted == [0, 1, 2, 2, 3, 4]
    whole, _ = cross_fit_by(lambda rows, seed: train(pairs, rows, strength=1.0, seed=seed), pairs, repeats=1)
    assert np.array_equal(margins, whole)
