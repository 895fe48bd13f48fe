"""Faults of a whole set, planted in real pairs: copies, prompts on both sides of a split, benchmark texts,
answers in another language, refusals the wrong way round, labels that go by length, judges that contradict
themselves.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np
from data import SETS, rows
from planted import Measured, with_chosen

from pairwright.quality.checks import Limits, make_checks
from pairwright.quality.example import Example, RaterVote
from pairwright.quality.refusals import looks_like_refusal
from pairwright.quality.run import run_checks
from pairwright.quality.safety import refuses
from pairwright.stats.intervals import wilson

SHARE = 0.05

# Universal Declaration of Human Rights, article 1.
OTHER_LANGUAGES = (
    (
        "Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como "
        "están de razón y conciencia, deben comportarse fraternalmente los unos con los otros."
    ),
    (
        "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués "
        "de raison et de conscience et doivent agir les uns envers les autres dans un esprit de "
        "fraternité."
    ),
    (
        "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft "
        "und Gewissen begabt und sollen einander im Geiste der Brüderlichkeit begegnen."
    ),
    (
        "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. Essi sono dotati "
        "di ragione e di coscienza e devono agire gli uni verso gli altri in spirito di "
        "fratellanza."
    ),
    (
        "Todos os seres humanos nascem livres e iguais em dignidade e em direitos. Dotados de "
        "razão e de consciência, devem agir uns para com os outros em espírito de fraternidade."
    ),
    (
        "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены "
        "разумом и совестью и должны поступать в отношении друг друга в духе братства."
    ),
)
NAMED = (
    "I am Claude, an AI assistant made by Anthropic.",
    "As a language model trained by OpenAI, I can only guess.",
    "My name is Qwen and I was created by Alibaba Cloud.",
    "I'm Gemini, a large language model built by Google.",
    "This is ChatGPT speaking.",
    "I was developed by Meta AI, so I would not know.",
)
REFUSALS = (
    "I'm sorry, but I can't help with that.",
    "I cannot provide that information.",
    "Unfortunately, I am unable to assist with this request.",
    "As an AI language model, I can't write this for you.",
    "I won't be able to do that. Is there anything else?",
    "I'm afraid that is not something I can do.",
)


def base() -> list[Example]:
    """Pairs with a prompt of their own each, so that what is alike was planted."""
    found: dict[str, Example] = {}
    for load in SETS.values():
        for example in load():
            if example.decided and example.a and example.b and example.model_a != "NullModel":
                found.setdefault(" ".join(example.asked.lower().split()), example)
    return list(found.values())


def changed(text: str, rng: random.Random, share: float) -> str:
    words = text.split()
    for place in rng.sample(range(len(words)), max(1, int(share * len(words)))) if words else ():
        words[place] = "other"
    return " ".join(words)


def shouted(text: str) -> str:
    return "  " + text.upper() + " "


def _again(example: Example, rng: random.Random) -> Example:
    return replace(example, id=f"{example.id}-again", prompt=shouted(example.prompt), a=shouted(example.a))


def _opposite(example: Example, rng: random.Random) -> Example:
    return replace(example, id=f"{example.id}-again", a=example.b, b=example.a)


def _nearly(example: Example, rng: random.Random) -> Example | None:
    if min(len(example.a.split()), len(example.b.split()), len(example.asked.split())) < 60:
        return None
    return replace(
        example, id=f"{example.id}-again", prompt=changed(example.prompt, rng, 0.02),
        asked=changed(example.asked, rng, 0.02), a=changed(example.a, rng, 0.02),
        b=changed(example.b, rng, 0.02),
    )  # fmt: skip


def copies() -> Iterator[Measured]:
    """Copies added to the set."""
    pairs = base()
    for check, part, what, copy in (
        ("duplicates", "same_pair", "in capitals, other white space", _again),
        ("duplicates", "opposite_labels", "sides changed, label not", _opposite),
        ("near_duplicates", "pair", "2 % of words changed, texts over 60 words", _nearly),
    ):
        rng = random.Random(5)
        made = [made for example in pairs if (made := copy(example, rng)) is not None]
        rng.shuffle(made)
        made = made[: int(SHARE * len(pairs))]
        yield _measured(check, part, what, [*pairs, *made], {example.id for example in made})


def splits_and_benchmarks() -> Iterator[Measured]:
    rng = random.Random(6)
    pairs = [replace(example, split="test" if rng.random() < 0.2 else "train") for example in base()]
    long = [example for example in pairs if len(example.prompt.split()) >= 60]
    leaked = [
        replace(
            e, id=f"{e.id}-leak", split="test" if e.split == "train" else "train",
            prompt=changed(e.prompt, rng, 0.02),
        )
        for e in rng.sample(long, int(SHARE * len(pairs)))
    ]  # fmt: skip
    # A finding names the one in the test split, the leak or what it was made from.
    ids = {e.id if e.split == "test" else e.id.removesuffix("-leak") for e in leaked}
    yield _measured(
        "split_overlap", None, "a prompt in the other split, 2 % of words changed", [*pairs, *leaked], ids
    )
    benchmark = tuple(row["prompt"] for row in rows("llmbar/pairs") if len(row["prompt"].split()) >= 15)
    others = [example for example in pairs if not example.id.startswith("llmbar")]
    held, mixed = set(), []
    for example in others:
        if rng.random() < SHARE:
            asked = f"{example.asked}\n\nBy the way: {rng.choice(benchmark)}"
            example = replace(example, asked=asked, prompt=asked)
            held.add(example.id)
        mixed.append(example)
    yield _measured(
        "contamination",
        None,
        "a text of the list added to a prompt",
        mixed,
        held,
        Limits(contamination=benchmark),
    )


def texts() -> Iterator[Measured]:
    """Chosen responses replaced or added to."""
    for check, part, what, texts_, usable in (
        ("language_mismatch", None, "chosen in one of 6 other languages", OTHER_LANGUAGES,
         lambda e: len(e.asked.split()) >= 12),
        ("identity_leak", "named", "a sentence that names a model or maker", NAMED, lambda e: True),
        ("over_refusal", None, "chosen replaced by a refusal (AlpacaEval)", REFUSALS,
         lambda e: e.id.startswith("ae-") and not refuses(e.rejected)),
    ):  # fmt: skip
        rng = random.Random(8)
        mixed, planted = [], set()
        for example in base():
            if usable(example) and rng.random() < 0.2:
                text = rng.choice(texts_)
                text = f"{example.chosen}\n{text}" if check == "identity_leak" else text
                example = with_chosen(example, text)
                planted.add(example.id)
            mixed.append(example)
        yield _measured(check, part, what, mixed, planted)
    swapped, mixed = set(), []
    for example in SETS["hh_rlhf"]():
        if looks_like_refusal(example.chosen) and not refuses(example.rejected):
            example = replace(example, verdict="B")
            swapped.add(example.id)
        mixed.append(example)
    yield _measured(
        "harmful_compliance", None, "HH-RLHF: labels flipped where only the chosen refuses", mixed, swapped
    )


def _measured(
    check: str,
    part: str | None,
    what: str,
    pairs: Iterable[Example],
    faulty: set[str],
    limits: Limits | None = None,
) -> Measured:
    pairs = list(pairs)
    found = {
        finding.example
        for finding in run_checks(pairs, make_checks(limits or Limits(), only=[check]))
        if finding.example is not None and (part is None or finding.part == part)
    }
    hits, alarms = len(found & faulty), len(found - faulty)
    return Measured(
        f"{check}.{part}" if part else check, what, len(faulty), wilson(hits, len(faulty)),
        wilson(alarms, len(pairs) - len(faulty)), wilson(hits, max(1, len(found))),
    )  # fmt: skip


def shortcuts(draws: int = 60, size: int = 300) -> Iterator[tuple[str, str]]:
    """(share in which the longer one is chosen, how often that is said) of sets made from AlpacaEval."""
    pairs = [
        e for e in SETS["alpaca_eval"]() if e.model_a != "NullModel" and len(e.words_a) != len(e.words_b)
    ]
    for share in (0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9):
        rng = np.random.default_rng(int(share * 100))
        said = 0
        for _ in range(draws):
            drawn = [pairs[i] for i in rng.choice(len(pairs), size, replace=False)]
            labels = [
                replace(
                    e, verdict="A" if (len(e.words_a) > len(e.words_b)) == (rng.random() < share) else "B"
                )
                for e in drawn
            ]
            found = run_checks(labels, make_checks(only=["shortcuts"]))
            said += any(finding.part == "longer" for finding in found)
        yield f"{share:.0%}", wilson(said, draws).percent


def judges() -> Iterator[tuple[str, str, str, str]]:
    """(judge, of how many pairs its verdict changed with the order by a plain count, said so, failed)."""
    by: dict[str, dict[str, list[RaterVote]]] = {}
    for row in rows("llmbar/judge_verdicts"):
        name = f"{row['judge']}/{row['strategy']}"
        said = RaterVote(
            name, "judge", row["order"], row["verdict"], problem=None if row["verdict"] else "unreadable"
        )
        by.setdefault(name, {}).setdefault(row["id"], []).append(said)
    for name, pairs in sorted(by.items()):
        if not name.endswith("/Vanilla"):
            continue
        both = [{s.order: s.verdict for s in said if s.verdict} for said in pairs.values()]
        both = [verdicts for verdicts in both if len(verdicts) == 2]
        changed_ = sum(verdicts["AB"] != verdicts["BA"] for verdicts in both)
        examples = [Example(pair, "q", "q", "a", "b", said=tuple(said)) for pair, said in pairs.items()]
        parts = {
            str(f.part).partition(":")[0] for f in run_checks(examples, make_checks(only=["judge_health"]))
        }
        told = ", ".join(sorted(parts)) or "nothing"
        failed = sum(s.verdict is None for said in pairs.values() for s in said)
        yield name, wilson(changed_, len(both)).percent, f"{failed:,}", told


ALL: tuple[Callable[[], Iterator[Measured]], ...] = (copies, splits_and_benchmarks, texts)
