"""The report's first screen: what this dataset is, whether it is good enough, and what to do first."""

from __future__ import annotations

from typing import Any

from pairwright.amounts import counted
from pairwright.routing import wording

FLOOR = 0.67  # Krippendorff's alpha under which people do not measure the same thing
UNFINISHED = 0.2  # share of pairs without a decision, over which a dataset is not done
OFTEN = 0.1  # share of a judge's answers that failed, from which they are asked for again first
FEW = 500  # rows under which no fine-tuning moves a model; about 10,000 move one of 7B measurably
BAD = ("no better than chance", "worse than chance")


def todo_of(of: dict[str, Any]) -> list[dict[str, str]]:
    """What needs somebody now, worst first: `section` where it is told, `text`, `do` (a command or "")."""
    return [*_labels(of), *_checks(of), *_judges(of), *_people(of), *_work(of)]


def _item(section: str, text: str, do: str = "") -> dict[str, str]:
    return {"section": section, "text": text, "do": do}


def _labels(of: dict[str, Any]) -> list[dict[str, str]]:
    found = []
    if alarm := wording.alarm(of["status"]["calibration"]):
        found.append(_item("promise", *alarm))
    if _apart(of):
        found.append(
            _item(
                "agreement",
                f"people agree little (alpha {of['agreement']['alpha']['value']:.2f}): "
                "make the guidelines clearer",
                "pairwright annotate",
            )
        )
    return found


def _checks(of: dict[str, Any]) -> list[dict[str, str]]:
    found = []
    for each in (of["checks"] or {"open": ()})["open"]:
        if each["severity"] == "error":
            name = each["check"] + (f".{each['part']}" if each["part"] else "")
            text = f"{counted(each['n'], 'error')} of {name}, such as: {each['examples'][0]['reason']}"
            found.append(_item("checks", text, f"pairwright check list --check {each['check']}"))
    if circles := of["wins"]["n_cycles"]:
        sets = "set of labels goes" if circles == 1 else "sets of labels go"
        text = f"{circles:,} {sets} round in a circle (a over b over c over a)"
        found.append(_item("cycles", text, "pairwright browse"))
    return found


def _judges(of: dict[str, Any]) -> list[dict[str, str]]:
    found = []
    standing = {judge["judge"]: judge["standing"] for judge in of["judges"]}
    for name, how in standing.items():
        if how in BAD:
            text = f"judge {name} is {how} against people: name a stronger one in pairwright.toml"
            found.append(_item("judges", text, "pairwright judge"))
    for name, closely in of["judges_closely"].items():
        if closely["failed"] >= OFTEN * (closely["votes"] + closely["failed"]) > 0:
            text = f"judge {name} {closely['why_failed'][0]}"
            found.append(_item("judges", text, "pairwright judge --retry-failed"))
        if closely["models"] and standing.get(name) not in BAD:
            likes = "; ".join(_likes(each, "people") for each in closely["models"])
            found.append(_item("judges", f"judge {name} {likes}"))
    return found


def _people(of: dict[str, Any]) -> list[dict[str, str]]:
    """One line a person: all that is off about their answers belongs together."""
    found, closely = [], of["closely"]["people"]
    for person in of["people"]:
        models = closely.get(person["name"], {"models": ()})["models"]
        worries = [*person.get("worries", ()), *(_likes(each, "others") for each in models)]
        if worries:
            found.append(_item("people", f"{person['name']}: {'; '.join(worries)}", "pairwright annotate"))
    if of["agreement"]["conflicts"]:
        text = (
            f"{counted(of['agreement']['conflicts'], 'conflict waits', 'conflicts wait')} for a "
            "lead's decision"
        )
        found.append(_item("agreement", text, "pairwright annotate"))
    return found


def _likes(of: dict[str, Any], others: str) -> str:
    more = "more" if of["chosen"]["value"] > of["others"] else "less"
    return (
        f"chooses {of['model']} {more} often than {others} on the same pairs "
        f"({of['chosen']['value']:.0%}, {others} {of['others']:.0%})"
    )


def _work(of: dict[str, Any]) -> list[dict[str, str]]:
    """What is left to do for the dataset to be whole."""
    status, funnel, found = of["status"], of["funnel"], []
    if status["for_people"]:
        text = (
            f"{status['for_people']:,} of {counted(status['pairs'], 'pair')} "
            f"{_waits(status['for_people'])} for people"
        )
        stands = status["open"]
        if half := stands["half_answered"]:
            text += f", {half:,} of them half answered"
        if stands["answers"] > status["for_people"] + stands["skipped"] + stands["disputed"]:
            text += f", {counted(stands['answers'], 'answer')} wanted"
        text += "".join(f", {n:,} of them away in {tool}" for tool, n in status["away"].items())
        command = status["next"].partition("   ")[0]
        found.append(_item("funnel", text, command if " take " in command else "pairwright annotate"))
    skipped, disputed = status["open"]["skipped"], status["open"]["disputed"]
    if skipped or disputed:
        told = [f"{n:,} {what}" for n, what in ((skipped, "skipped"), (disputed, "disputed")) if n]
        need = "pair needs" if skipped + disputed == 1 else "pairs need"
        text = f"{' and '.join(told)} {need} somebody who has not answered"
        found.append(_item("funnel", text, "pairwright annotate"))
    if status["outdated"]:
        text = f"{counted(status['outdated'], 'pair has', 'pairs have')} votes that routing has not heard"
        found.append(_item("funnel", text, "pairwright route"))
    if funnel["stale"]:
        text = f"the newest export is out of date: {funnel['stale']}"
        found.append(_item("funnel", text, "pairwright export"))
    elif funnel["rows"] and not funnel["exports"]:
        found.append(
            _item(
                "funnel",
                f"{counted(funnel['rows'], 'row is', 'rows are')} ready and not exported",
                "pairwright export",
            )
        )
    return found


def _waits(n: int) -> str:
    return "waits" if n == 1 else "wait"


def _apart(of: dict[str, Any]) -> bool:
    alpha = of["agreement"]["alpha"]
    return bool(alpha and alpha["high"] < FLOOR)


def summary_of(of: dict[str, Any]) -> dict[str, Any]:
    """`what` it is; `enough`: yes, nearly or no; `why`, by sentences; `first`: the one thing to do."""
    blocks, doubts = _blocks(of), _doubts(of)
    red = [each for each in of["todo"] if each["section"] != "funnel"]
    enough = "no" if blocks else "nearly" if red or doubts else "yes"
    todo = of["todo"]
    first = todo[0] if todo else {"section": "", "text": of["status"]["next"], "do": ""}
    return {
        "what": _what(of),
        "enough": enough,
        "red": bool(red),
        "why": [*blocks, *doubts, *_how_right(of)],
        "first": first,
    }


def _what(of: dict[str, Any]) -> str:
    status, rows = of["status"], of["funnel"]["rows"]
    ready = f"{counted(rows, 'preference row')} ready to train on"
    of_all = f"from {counted(status['pairs'], 'pair')} of {counted(status['prompts'], 'prompt')}"
    by = [
        counted(n, one, many)
        for n, one, many in (
            (status["judges_heard"], "judge", "judges"),
            (len(status["people"]), "person", "people"),
        )
        if n
    ]
    parts = [f"{ready}, {of_all}", f"compared by {' and '.join(by) or 'nobody yet'}"]
    decided = status["decided"]
    whose = {
        "from judges": status["accepted_from_judges"],
        "from unknown raters": status["accepted_from_unknown"],
        "from people": status["accepted_from_people"] - sum(decided.values()),
        "decided by a lead": decided["lead"],
        "from the answers of gold pairs": decided["key"],
        "turned round by a check": decided["flipped"],
    }
    told = [f"{n:,} {name}" for name, n in whose.items() if n]
    if told:
        total = sum(whose.values())
        parts.append(f"of {counted(total, 'label')} {', '.join(told)}")
    return "; ".join(parts) + "."


def _blocks(of: dict[str, Any]) -> list[str]:
    """Why it should not be trained on yet."""
    status, found = of["status"], []
    if not of["funnel"]["rows"]:
        alone = sum(status["response_labels"][name] for name in ("good", "bad", "rated"))
        only = f" of pairs, only {counted(alone, 'label')} of single responses" if alone else ""
        found.append(f"There is no row to train on yet{only}.")
    waits = ("for_people", "undecided", "uncalibrated", "stuck", "for_judges")
    open_ = sum(status[name] for name in waits) + status["open"]["flagged"]
    if of["funnel"]["rows"] and open_ > UNFINISHED * status["pairs"]:
        found.append(f"{open_ / status['pairs']:.0%} of the pairs have no label yet.")
    if wording.alarm(of["status"]["calibration"]):
        found.append("The audit found what was accepted worse than promised: nothing of that frame stands.")
    if _apart(of):
        found.append("People agree too little with each other for labels to mean the same thing.")
    return found


def _doubts(of: dict[str, Any]) -> list[str]:
    """Why nobody can call it good yet, though nothing is known to be wrong."""
    found, rows = [], of["funnel"]["rows"]
    if 0 < rows < FEW:
        found.append(
            f"{counted(rows, 'row is', 'rows are')} few: about 10,000 good pairs move a 7B model measurably."
        )
    if n := of["status"]["accepted_from_unknown"]:
        found.append(f"Whether people or models made {n:,} of the labels is not on record.")
    tested = wording.labels(of["status"]["calibration"])
    if untested := of["status"]["accepted_from_judges"] - tested:
        whose = f"{untested:,} of the judges' labels" if tested else "the judges' labels"
        found.append(f"Nobody has tested how often {whose} agree with people.")
    return found


def _how_right(of: dict[str, Any]) -> list[str]:
    """What is known of how right the labels are."""
    found = []
    audit, reward = of["audit"], of["reward"]
    found += _guaranteed(of)
    if audit and audit["accuracy"]:
        found.append(f"The audit puts what was accepted at {_share(audit['accuracy'])} right.")
    if of["agreement"]["agreement"]:
        found.append(f"Two people say the same on {_share(of['agreement']['agreement'])} of shared pairs.")
    if reward and not reward["refused"] and reward["label_accuracy"]:
        old = " (out of date: labels have changed since)" if reward["out_of_date"] else ""
        found.append(
            f"Asked about {counted(reward['pairs'], 'label')} and corrected by gold pairs: "
            f"{reward['by']}. It puts "
            f"them at {_share(reward['label_accuracy'])} right{old}, if its errors are not theirs and gold "
            "pairs are as hard as the others."
        )
    elif reward and reward["label_accuracy_missing"]:
        found.append(f"How many labels are right, by {reward['by']}: {reward['label_accuracy_missing']}.")
    return found


def _guaranteed(of: dict[str, Any]) -> list[str]:
    """Of which pairs a guarantee stands, and of which it does not, frame by frame."""
    stands, found = of["status"]["calibration"], list[str]()
    if stands is None:
        return found
    labels, stand = wording.labels(stands), [frame for frame in stands["frames"] if wording.stands(frame)]
    if labels and stand:
        each = "" if len(stand) == 1 else f" of each of frames {', '.join(str(f['frame']) for f in stand)}"
        found.append(
            f"At least {stands['target']:.0%} of the {counted(labels, 'label')} no person "
            f"saw{each} agree with "
            f"people, with probability {1 - stands['delta']:.0%}."
        )
    for frame in stands["frames"]:
        tested = frame["certificate"]
        if tested and tested["threshold"] is None and not frame["alarm"]:
            found.append(
                f"{wording.name(frame)}: judges can't keep a guarantee of {stands['target']:.0%} here by the "
                f"{counted(tested['labels'], 'label')} at hand, so people are asked about these pairs."
            )
    return found + wording.outside(stands)


def _share(of: dict[str, Any]) -> str:
    return f"{of['value']:.0%} [{of['low']:.0%}, {of['high']:.0%}]"
