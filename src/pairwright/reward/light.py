"""The light reward model: text features and a Bradley-Terry head, trained on a laptop in seconds.

Kept as one .npz of plain arrays beside a card in JSON; nothing is ever unpickled.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from pairwright.errors import InputError
from pairwright.reward import features
from pairwright.reward.actions import NAMES, SHARE, all_actions
from pairwright.reward.head import fit_head, log_loss
from pairwright.whole_file import whole_file

STRENGTHS = (0.05, 0.2, 1.0)
VECTOR_SHARE = 0.03  # how much a change of one standard deviation of an embedding's dimension weighs
_ARRAYS = ("form", "words", "scale", "idf", "vectors")
_ACTIONS = "actions"  # not in models that were saved before there were any
Embed = Callable[[Sequence[str]], np.ndarray]
_FOLDS = 3  # of the prompts, by which the penalty is chosen


@dataclass(frozen=True)
class Comparisons:
    """Pairs to learn from. `labels` (n,): how surely the chosen one is better; a tie is 0.5.

    A label of nan is none: such a pair is asked about, and nothing is learned from it.
    `groups` (n,) are prompts: what shares one is never on both sides of a split.
    `conversations` (n) are the prompts as messages, for models that tell turns apart; `vectors`
    are embeddings of the chosen and of the rejected responses, (n, d) each. `reasoning` is how many
    characters each of the chosen and of the rejected was thought, where that counts.
    """

    prompts: tuple[str, ...]
    chosen: tuple[str, ...]
    rejected: tuple[str, ...]
    labels: np.ndarray
    groups: np.ndarray
    conversations: tuple[Any, ...] = ()
    vectors: tuple[np.ndarray, np.ndarray] | None = None
    reasoning: tuple[tuple[int, ...], tuple[int, ...]] | None = None

    def __len__(self) -> int:
        return len(self.prompts)

    @property
    def asked(self) -> Sequence[Any]:
        """The prompts as messages where they are known, else as text."""
        return self.conversations or self.prompts

    @cached_property
    def seen(self) -> tuple[np.ndarray, sparse.csr_matrix, np.ndarray, sparse.csr_matrix]:
        """(forms of chosen, words of chosen, forms of rejected, words of rejected), made once."""
        return (
            features.forms(self.prompts, self.chosen),
            features.words(self.chosen),
            features.forms(self.prompts, self.rejected),
            features.words(self.rejected),
        )

    @cached_property
    def actions(self) -> tuple[np.ndarray, np.ndarray] | None:
        """(n, k) figures of what the chosen and the rejected did; None where no response did anything."""
        thought = self.reasoning or ((), ())
        chosen = all_actions(self.prompts, self.chosen, thought[0])
        rejected = all_actions(self.prompts, self.rejected, thought[1])
        return (chosen, rejected) if chosen.any() or rejected.any() else None


@dataclass(frozen=True)
class LightModel:
    """`score(prompt, response)`: higher is better; only differences mean anything.

    `form` (k,) and `words` (HASHES,) are weights; `scale` (k,) and `idf` (HASHES,) how
    features are measured. `strength` is the inverse penalty that was chosen. `vectors` (d,)
    are weights of the embeddings that `embed` makes of responses; d is 0 where there are none. `actions`
    (k,) are weights of what responses did (`pairwright.reward.actions`); k is 0 where none did anything.
    """

    form: np.ndarray
    words: np.ndarray
    scale: np.ndarray
    idf: np.ndarray
    strength: float
    vectors: np.ndarray = field(default_factory=lambda: np.zeros(0))
    embed: Embed | None = None
    actions: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def score(self, prompt: str, response: str) -> float:
        return float(self.scores([prompt], [response])[0])

    def scores(self, prompts: Sequence[str], responses: Sequence[str]) -> np.ndarray:
        """(n,) scores of many at once. Raises InputError for a model of embeddings without its `embed`."""
        vectors = None
        if len(self.vectors):
            if self.embed is None:
                raise InputError("this reward model was trained with embeddings: load it with the same embed")
            vectors = np.asarray(self.embed(responses), float)
        done = all_actions(prompts, responses) if len(self.actions) else None
        return self.of_features(features.forms(prompts, responses), features.words(responses), vectors, done)

    def of_features(
        self,
        forms: np.ndarray,
        counts: sparse.csr_matrix,
        vectors: np.ndarray | None = None,
        actions: np.ndarray | None = None,
    ) -> np.ndarray:
        """(n,) scores of responses whose features were made before."""
        found = (
            forms * (features.SHARES / self.scale) @ self.form
            + features.weighed(counts, self.idf) @ self.words
        )
        if actions is not None and len(self.actions):
            found = found + actions @ self.actions
        return np.asarray(found if vectors is None else found + vectors @ self.vectors)

    def margins(self, pairs: Comparisons, rows: np.ndarray) -> np.ndarray:
        """(n,) score of chosen minus that of rejected for these n rows of `pairs`, in log-odds."""
        fc, wc, fr, wr = pairs.seen
        vc, vr = (None, None) if pairs.vectors is None else (each[rows] for each in pairs.vectors)
        ac, ar = (None, None) if pairs.actions is None else (each[rows] for each in pairs.actions)
        chosen = self.of_features(fc[rows], wc[rows], vc, ac)
        return np.asarray(chosen - self.of_features(fr[rows], wr[rows], vr, ar))

    def save(self, path: Path, card: Mapping[str, Any]) -> None:
        """`path` (.npz) and, beside it, the card as .json."""
        card = {"features": features.VERSION, "strength": self.strength, **card}
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            np.savez_compressed(
                file,
                form=self.form,
                words=self.words.astype(np.float32),
                scale=self.scale,
                idf=self.idf.astype(np.float32),
                vectors=self.vectors,
                actions=self.actions,
            )
        with whole_file(path.with_suffix(".json")) as file:
            file.write(json.dumps(card, indent=2).encode())

    @classmethod
    def load(cls, path: Path, embed: Embed | None = None) -> LightModel:
        """`embed` is what it was trained with, where it was.

        Raises InputError for a file that is none, or was made by other features.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                found = [np.asarray(arrays[name], float) for name in _ARRAYS]
                actions = np.asarray(arrays[_ACTIONS], float) if _ACTIONS in arrays else np.zeros(0)
            card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError) as error:
            raise InputError(
                f"{path} is no light reward model ({error}). Make one with `pairwright verify`."
            ) from None
        if card.get("features") != features.VERSION or len(actions) not in (0, len(NAMES)):
            raise InputError(
                f"{path} was made by another version: its card says {card.get('features')}. Train it again."
            )
        form, words, scale, idf, vectors = found
        return cls(form, words, scale, idf, float(card["strength"]), vectors, embed, actions)


def train(
    pairs: Comparisons,
    rows: np.ndarray | None = None,
    *,
    strength: float | None = None,
    weights: np.ndarray | None = None,
    seed: int = 0,
    use_form: bool = True,
    use_words: bool = True,
) -> LightModel:
    """Fit on `rows` of `pairs` (all by default).

    Without a `strength` it is chosen by cross-validation, prompts kept whole.
    `use_form` and `use_words` leave a kind of features out, for comparison. Raises NotConverged.
    """
    rows = np.arange(len(pairs)) if rows is None else rows
    rows = rows[np.isfinite(pairs.labels[rows])]
    if weights is not None:
        rows = rows[weights[rows] > 0]
    fc, wc, fr, wr = pairs.seen
    # Around zero, not around the mean: which response is called chosen must not matter.
    scale = np.maximum(np.sqrt(((fc[rows] - fr[rows]) ** 2).mean(0)), 1e-9)
    idf = features.inverse_frequency(sparse.vstack([wc[rows], wr[rows]]).tocsr())
    form = (fc - fr)[rows] * (features.SHARES / scale) * use_form
    words = features.weighed(wc[rows], idf) - features.weighed(wr[rows], idf)
    vectors, spread = np.zeros((len(rows), 0)), np.ones(0)
    if pairs.vectors is not None:
        vectors = (pairs.vectors[0] - pairs.vectors[1])[rows]
        spread = np.maximum(np.sqrt((vectors**2).mean(0)), 1e-9) / VECTOR_SHARE
    done, far = np.zeros((len(rows), 0)), np.ones(0)
    if pairs.actions is not None:
        done = (pairs.actions[0] - pairs.actions[1])[rows] * use_form
        far = np.maximum(np.sqrt((done**2).mean(0)), 1e-9) / SHARE
    parts = [
        sparse.csr_matrix(form),
        words * float(use_words),
        sparse.csr_matrix(vectors / spread),
        sparse.csr_matrix(done / far),
    ]
    differences = sparse.hstack(parts).tocsr()
    labels, count = pairs.labels[rows], None if weights is None else weights[rows]
    if strength is None:
        strength = _chosen_strength(differences, labels, pairs.groups[rows], count, seed)
    found = fit_head(differences, labels, strength, count)
    form, words, vectors, actions = np.split(found, np.cumsum([each.shape[1] for each in parts])[:-1])
    return LightModel(form, words, scale, idf, strength, vectors / spread, actions=actions / far)


def _chosen_strength(
    differences: sparse.csr_matrix,
    labels: np.ndarray,
    groups: np.ndarray,
    count: np.ndarray | None,
    seed: int,
) -> float:
    """The one that explains held-out labels best, by cross-validation over prompts."""
    names, group = np.unique(groups, return_inverse=True)
    if len(names) < _FOLDS:
        return STRENGTHS[0]
    fold = (np.random.default_rng(seed).permutation(len(names)) % _FOLDS)[group]
    losses = np.zeros(len(STRENGTHS))
    for each in range(_FOLDS):
        held = fold == each
        told = None if count is None else count[~held]
        for i, strength in enumerate(STRENGTHS):
            w = fit_head(differences[~held], labels[~held], strength, told)
            losses[i] += log_loss(differences[held] @ w, labels[held]) * held.sum()
    return STRENGTHS[int(np.argmin(losses))]
