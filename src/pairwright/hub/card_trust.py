"""The card's sections on how far to trust the labels, and on what nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pairwright.amounts import counted
from pairwright.hub.card_made import takes_sides
from pairwright.hub.exports import Export
from pairwright.hub.markdown import bullets, coefficient, percent, plain, share, table, told
from pairwright.quality.language import LANGUAGES
from pairwright.quality.names import WHAT
from pairwright.routing import wording

_WHAT = {**WHAT, "reward_model": "labels that a reward model doubts"}
# A share this far from a half, interval and all, is worth a warning.
_LEAN = 0.05
_FLOOR = 0.67  # of alpha, as usual (Krippendorff, "Content Analysis")


def how_far_to_trust(of: Mapping[str, Any]) -> str:
    parts = [
        "## How far to trust the labels\n\n" + bullets((*_promise(of), *_audit(of), *_agreement(of))),
        _reward(of["reward"]),
        _checks(of["checks"]),
    ]
    return "\n\n".join(part for part in parts if part)


_UNTESTED = {
    "given": "came with the data, by judges whose votes they hold",
    "unknown": "came with the data, by nobody knows whom",
    "stated": "rest on judges alone, by their own word",
    "consistent": "rest on judges alone, by their own word",
}


def _promise(of: Mapping[str, Any]) -> Iterator[str]:
    promise, accepted = of["promise"], of["accepted"]
    if not of["status"]["accepted_from_judges"] + of["status"]["accepted_from_unknown"]:
        if any(accepted.values()):
            yield "No judge's word stands alone: every label rests on people's answers or decisions."
        return
    certified = wording.labels(promise)
    if certified:
        yield (
            f"Guarantee: at least {percent(promise['target'])} of the "
            f"{counted(certified, 'label')} by judges alone "
            f"that stand on a certificate agree with people, with {percent(1 - promise['delta'])} "
            "confidence. It is about labels as a whole, not about any one row."
        )
    if left := accepted.get("guarantee", 0) - certified:
        yield lapsed_in_words(left)
    for text in wording.lines(promise):
        yield told(text)
    for how, what in _UNTESTED.items():
        if n := accepted.get(how, 0):
            yield f"{counted(n, 'label')} {what}: no guarantee was tested on people's answers."


def lapsed_in_words(labels: int) -> str:
    """Of labels that were accepted on a certificate which stands no longer."""
    return (
        f"{counted(labels, 'label')} by judges alone {'was' if labels == 1 else 'were'} accepted under a "
        "guarantee that does not stand at present: judges, labels or the rule have changed since, or an "
        "audit found more errors than was promised."
    )


def _audit(of: Mapping[str, Any]) -> Iterator[str]:
    found = of["audit"]
    if not found or not found["drawn"]:
        return
    text = (
        f"Audit: of the pairs accepted without a person {found['drawn']:,} were drawn for people to check; "
        f"{found['checked']:,} are checked, {found['wrong']:,} of them wrong"
    )
    if found["accuracy"]:
        text += f"; estimated right of all that was accepted: {share(found['accuracy'])}"
    yield text + "."
    if found["alarm"]:
        yield f"**Warning: {told(found['alarm'])}**"


def _agreement(of: Mapping[str, Any]) -> Iterator[str]:
    found = of["agreement"]
    if of["people"]["answers"]:
        if found["alpha"]:
            yield (
                f"Agreement of people: Krippendorff's alpha {coefficient(found['alpha'])} (1 is perfect, 0 "
                f"is chance, 0.67 a usual floor); two people say the same in {share(found['agreement'])}."
            )
        else:
            twice = any(heads > 1 for heads in of["people"]["by_overlap"])
            why = plain(found["alpha_missing"]) if twice else "no pair was answered by two people"
            yield f"Agreement of people: not known ({why})."
    if found["with_judge"]:
        pairs = "pair" if found["with_judge"]["n"] == 1 else "pairs"
        told = f"{share(found['with_judge'])} {pairs}"
        yield f"People and judges lean to the same side in {told} both answered."


def _reward(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    rows = [
        (told, share(found[name]))
        for name, told in (
            ("agreement", "agrees with the labels, by text alone"),
            ("with_others", "... the prompts' other labels heard"),
            ("words_only", "a model of words only"),
            ("length_only", "a model of length only"),
            ("on_gold", "right on pairs whose answer is known"),
            ("label_accuracy", "labels that are right, corrected for its errors"),
        )
        if found.get(name)
    ]
    if found.get("label_accuracy_missing"):
        rows.append(("labels that are right", plain(found["label_accuracy_missing"])))
    text = (
        f"### Checked by a reward model\n\nAsked about {counted(found['pairs'], 'label')}: "
        f"{plain(found['by'])}. Agreement is not accuracy: such a model errs too."
    )
    if found["own"]:
        text += (
            f" {counted(found['own'], 'label')} that rest on the judge's own votes were left out: it can't "
            "verify itself."
        )
    if found["out_of_date"]:
        text += " **Out of date: labels have changed since.**"
    text += "\n\n" + table(("", ""), rows)
    if found["refused"]:
        return f"{text}\n\nIt was too weak to doubt single labels: {plain(found['refused'])}."
    text += (
        f"\n\n{counted(found['findings'], 'label')} it doubts most became findings"
        f" ({percent(found['findings'] / found['pairs'])} of all)."
    )
    precision = found["precision"]
    if precision["margin"]:
        control = (
            f" (of others, drawn by chance: {share(precision['control'])})" if precision["control"] else ""
        )
        text += (
            f" Asked anew about doubted ones, the surest wrong among them, people said otherwise than the "
            f"label in {share(precision['margin'])}{control}."
        )
    if precision["flagged"]:
        text += f" Of all it flagged, by a random sample: {share(precision['flagged'])}."
    return text


def _checks(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "### Checks\n\n**No checks were run on this dataset.**"
    looked = f"{counted(len(found['checks']), 'check')} looked at {counted(found['pairs'], 'pair')}"
    text = f"### Checks\n\n{looked}: " + ", ".join(f"`{name}`" for name in found["checks"]) + "."
    if found["not_run"]:
        text += " Not run: " + ", ".join(f"`{name}`" for name in found["not_run"]) + "."
    if found["open"]:
        rows = [
            (
                each["severity"],
                _name(each),
                f"{each['n']:,}",
                plain(each["reason"] or _WHAT.get(each["check"], "")),
            )
            for each in found["open"]
        ]
        text += "\n\nFound and still open (pairs with an error are left out, others are in):\n\n"
        text += table(("", "Check", "Found", "What"), rows)
    else:
        text += " Nothing they found is open."
    if found["settled"]:
        done = ", ".join(f"{n:,} {plain(name)}" for name, n in sorted(found["settled"].items()))
        text += f"\n\nSettled by people: {done}."
    return text


def _name(of: Mapping[str, Any]) -> str:
    return f"`{of['check']}" + (f".{plain(of['part'])}`" if of["part"] else "`")


# --- what is not known ----------------------------------------------------------------------------


def limits(of: Mapping[str, Any], license: str | None, exports: Sequence[Export]) -> str:
    """Known limits, in plain words."""
    found = (
        *_languages(of["texts"]),
        *_length(of["texts"]),
        *_position(of),
        *_disagreement(of),
        *_makers(of),
        *_unchecked(of, exports),
        *(() if license else ("Licence: unknown. Ask before you use it for more than looking.",)),
        *(() if of["about"] else ("Nobody wrote down what these prompts are meant to stand for.",)),
    )
    return "## Known limits\n\n" + bullets(found)


def _languages(texts: Mapping[str, Any]) -> Iterator[str]:
    total = sum(texts["languages"].values())
    if not total:
        return
    named = [
        f"{LANGUAGES.get(code, 'in a language that could not be told')} {percent(n / total)}"
        for code, n in texts["languages"].items()
        if n >= 0.005 * total
    ]
    yield (
        f"Languages, by {counted(total, 'label')} looked at: {', '.join(named)}. It says nothing "
        "about others."
    )


def _length(texts: Mapping[str, Any]) -> Iterator[str]:
    longer = texts["longer"]
    if longer is None:
        if texts["labels"]:
            yield "Length: chosen and rejected have equally many words in every label."
        return
    words = texts["words"]
    text = (
        f"Length: the longer response is the chosen one in {share(longer)} labels of unequal length "
        f"({words['chosen']:.0f} words against {words['rejected']:.0f} on average)"
    )
    by = texts["longer_by"]
    if len(by) > 1:
        whose = {"people": "people", "judge": "judges alone", "unknown": "unknown raters"}
        told = [f"{share(by[each])} by {who}" for each, who in whose.items() if each in by]
        text += f"; in {', '.join(told)}"
    text += "."
    if longer["low"] > 0.5 + _LEAN:
        text += " A model can learn from it that longer is better."
    elif longer["high"] < 0.5 - _LEAN:
        text += " A model can learn from it that shorter is better."
    yield text


def _position(of: Mapping[str, Any]) -> Iterator[str]:
    asked = [each for each in of["judges"] if takes_sides(each) and each["given"] < each["votes"]]
    one_order = [plain(each["name"]) for each in asked if not each["both"]]
    # Where a vote came with the data, who was shown first is a coin this program tossed.
    given = [plain(each["name"]) for each in of["judges"] if takes_sides(each) and each["given"]]
    firsts = [
        f"{plain(each['name'])} {share(each['worth']['first_shown'])}"
        for each in asked
        if each["both"] and not each["given"]
        if each["worth"] and each["worth"]["first_shown"]
    ]
    if firsts:
        yield (
            "Position: judges were asked in both orders; how often each chose the response shown first "
            f"(half is no bias): {'; '.join(firsts)}."
        )
    if one_order:
        yield f"Position: {', '.join(one_order)} saw each pair in one order only; its bias is unknown."
    if given:
        yield f"Position: in which order {', '.join(given)} saw pairs is not on record; its bias is unknown."
    if of["left"]:
        yield f"Position: people saw the sides shuffled and chose the left one in {share(of['left'])}."
    elif of["people"]["answers"]:
        yield "Position: on which side people saw which response is not on record, so their bias is unknown."


def _makers(of: Mapping[str, Any]) -> Iterator[str]:
    models = {each["model"] for each in of["answering"] if each["model"]}
    unknown = sum(each["responses"] for each in of["answering"] if not each["model"])
    if unknown:
        yield f"Who or what wrote {counted(unknown, 'response')} is not on record."
    if len(models) == 1 and not unknown:
        yield f"All responses are by one model ({plain(next(iter(models)))}): nothing tells models apart."
    alone = of["people"]["by_overlap"].get(1, 0)
    if alone:
        yield (
            f"{counted(alone, 'pair')} {'was' if alone == 1 else 'were'} answered by one person only. Two "
            "people usually agree on 65 to 90 % of such pairs, so a label that rests on one answer may be "
            "a matter of taste, or wrong."
        )


def _disagreement(of: Mapping[str, Any]) -> Iterator[str]:
    alpha = of["agreement"]["alpha"]
    if alpha and alpha["value"] < _FLOOR:
        yield (
            f"People agree little (alpha {alpha['value']:.2f}, under {_FLOOR}): expect labels that others "
            "would not give."
        )


def _unchecked(of: Mapping[str, Any], exports: Sequence[Export]) -> Iterator[str]:
    if not of["fact_checked"]:
        yield "Facts in the responses were not checked: a chosen response may say what is false."
    if not of["contamination"]:
        yield "Prompts were not compared with any benchmark: some may be in tests you use."
    if of["reward"] is None:
        yield "No reward model was asked to look for wrong labels."
    if of["people"]["answers"] == 0 and not any(of["status"]["decided"].values()):
        yield "**No person looked at any label.**"
    flagged = [export.name for export in exports if export.include_flagged]
    if flagged:
        yield f"{', '.join(flagged)} also holds pairs that checks or people flagged as unfit."
