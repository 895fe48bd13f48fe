"""Everything a dataset's card says, taken from the project: how it was made and how far to trust it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from pairwright.errors import ConfigError
from pairwright.hub.pseudonyms import Pseudonyms
from pairwright.quality.language import language_of
from pairwright.quality.names import WHAT
from pairwright.routing.judge_accuracy import judges_worth
from pairwright.stages.check.check import summary
from pairwright.stages.figures.dashboard import dashboard_of
from pairwright.stages.figures.status import Status, status_of
from pairwright.stages.people.annotators import people_of
from pairwright.stages.project.judge_kinds import kind_of
from pairwright.stages.project.project import Project
from pairwright.stages.route.calibrate import calibration_of
from pairwright.stages.verify.verified import verified
from pairwright.stats.intervals import wilson
from pairwright.store.export.labelled_pairs import labelled_pairs
from pairwright.store.figures import origins
from pairwright.store.people.annotators import person_names
from pairwright.store.route.ballots import read_said
from pairwright.store.route.combinations import newest_facts
from pairwright.turns import laid_out
from pairwright.types import SETTLED_BY

# Labels whose language is looked at: enough to find one that has a share of a few per mille.
SAMPLED = 2000
ABOUT = "card.md"
ASKED_WITH = ("temperature", "top_p", "max_tokens", "reasoning_effort")


def facts_of(project: Project) -> dict[str, Any]:
    """All figures and texts of the card that don't depend on which export is sent."""
    names = pseudonyms_of(project)
    stands = calibration_of(project)
    status = status_of(project, stands)
    with project.store.read() as connection:
        people = origins.people(connection)
        used = origins.guidelines_used(connection)
        made = {
            "prompt_files": [(name and names.scrub(name), n) for name, n in origins.prompt_files(connection)],
            "answering": [_asked(each, names) for each in origins.answering(connection)],
            "pairing": origins.pairing(connection),
            "accepted": origins.accepted(connection),
            "model_hours": origins.model_seconds(connection) / 3600,
        }
        unknown = origins.unknown_raters(connection)
        combination = newest_facts(connection)
        newest = origins.newest(connection)
    return {
        **made,
        "status": status.as_dict(),
        "people": {**asdict(people), "count": people.count, "answers": people.answers},
        "combined_by": combination["method"] if combination and "method" in combination else None,
        "usd_per_answer": project.settings.annotate.usd_per_pair,
        "judges": _judges(project, status),
        "unknown": [(names.scrub(name), n) for name, n in unknown],
        "guidelines": _guidelines(project, names, used),
        "about": _about(project, names),
        "promise": _promise(project, status, names),
        "audit": stands.audit,
        "agreement": _agreement(project),
        "left": _left(project),
        "checks": _checks(project, names),
        "fact_checked": project.settings.check.fact_check is not None,
        "contamination": bool(project.settings.check.contamination),
        "reward": verified(project),
        "texts": _texts(
            project,
            status.accepted_from_judges + status.accepted_from_people + status.accepted_from_unknown,
        ),
        "dates": _dates(people),
        "newest": datetime.fromtimestamp(newest, UTC).date().isoformat(),
    }


def pseudonyms_of(project: Project) -> Pseudonyms:
    """What stands for everybody who ever voted or signed in."""
    with project.store.read() as connection:
        names = person_names(connection)
    return Pseudonyms(names[number] for number in sorted(names))


def _asked(each: origins.Answering, names: Pseudonyms) -> dict[str, Any]:
    """A model and how it was asked; one that is called like a person may be that person."""
    params = each.params
    shown = {name: params[name] for name in ASKED_WITH if name in params}
    return {
        "model": each.model and names.scrub(each.model),
        "asked_as": params.get("model"),
        "params": shown,
        "system": names.scrub(str(params["system"])) if params.get("system") else None,
        "drawn": each.drawn,
        "responses": each.responses,
    }


def _judges(project: Project, status: Status) -> list[dict[str, Any]]:
    """Each judge that was heard: how it was asked, and what it is worth against people."""
    counted = {each.name: each for each in status.judges}
    with project.store.read() as connection:
        heard = origins.judging(connection)
        said = read_said(connection, [each.name for each in heard if each.kind == "judge"])
    worth = {each.judge: each.as_dict() for each in judges_worth(said.ballots, said.labels)}
    return [
        {
            "name": each.name,
            "in_words": kind_of(each.spec.get("kind", "chat")).in_words,
            "scores": kind_of(each.spec.get("kind", "chat")).scores,
            "spec": {name: value for name, value in each.spec.items() if name not in ("guideline", "extra")},
            "votes": each.votes,
            "given": each.given,
            "versions": each.versions,
            "pairs": each.pairs,
            "both": each.both,
            "failed": counted[each.name].failed if each.name in counted else 0,
            "refused": counted[each.name].refused if each.name in counted else None,
            "worth": worth.get(each.name),
        }
        for each in heard
    ]


def _guidelines(project: Project, names: Pseudonyms, used: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """The text as it is now, earlier ones people voted under, and how many votes were under each."""
    try:
        now = project.guidelines
    except ConfigError:  # gone or empty: then those on record are what there is to show
        now = used[-1][0] if used else ""
    votes = Counter(dict(used))
    earlier = [(names.scrub(text), n) for text, n in used if text != now]
    return {"now": names.scrub(now), "votes": votes[now], "earlier": earlier, "named": names.found_in(now)}


def _about(project: Project, names: Pseudonyms) -> str | None:
    """What the project's own people wrote for the card, where they did."""
    path = project.root / ABOUT
    if not path.exists():
        return None
    try:
        return names.scrub(path.read_text(encoding="utf-8")).strip() or None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text ({error.reason} at byte {error.start})") from None


def _promise(project: Project, status: Status, names: Pseudonyms) -> dict[str, Any]:
    """By which rule judges' labels are accepted, and what was certified of which pairs, if anything."""
    route = project.settings.route
    found: dict[str, Any] = {"rule": route.accept, "target": route.target, "delta": route.delta}
    if status.calibration is None:
        return found | {"frames": [], "outside": {}, "labels": {}, "alarm": None}
    frames = [
        frame | {"about": {kind: _scrubbed(of, names) for kind, of in frame["about"].items()}}
        for frame in status.calibration["frames"]
    ]
    kept = {name: status.calibration[name] for name in ("outside", "labels", "alarm")}
    return found | kept | {"frames": frames, "test": route.test}


def _scrubbed(named: dict[str, int], names: Pseudonyms) -> dict[str, int]:
    return {names.scrub(each): n for each, n in named.items()}


def _agreement(project: Project) -> dict[str, Any]:
    wanted = ("alpha", "alpha_missing", "agreement", "with_judge")
    return {name: value for name, value in dashboard_of(project).as_dict().items() if name in wanted}


def _left(project: Project) -> dict[str, Any] | None:
    """How often people chose what stood left, all together."""
    shares = [each.figures.left for each in people_of(project) if each.figures and each.figures.left]
    n = sum(share.n for share in shares)
    return asdict(wilson(round(sum(share.value * share.n for share in shares)), n)) if n else None


def _checks(project: Project, names: Pseudonyms) -> dict[str, Any] | None:
    """What was looked for and what is open, without the findings' own words, which may hold names."""
    found = summary(project)
    if found is None:
        return None
    return {
        "pairs": found["pairs"],
        "checks": found["checks"],
        "not_run": [name for name in WHAT if name not in found["checks"]],
        "open": [
            {
                "check": each["check"],
                "part": each["part"],
                "severity": each["severity"],
                "n": each["n"],
                "reason": _whole(each, names),
            }
            for each in found["open"]
        ],
        "settled": found["settled"],
    }


def _whole(of: dict[str, Any], names: Pseudonyms) -> str | None:
    """What a finding about the whole set says, where it can't be about one person."""
    of_set = of["examples"][0]["pair_id"] is None
    told = of_set and of["check"] in ("shortcuts", "judge_health") and of["part"] != "shown"
    if not told:
        return None
    more = f" (and {of['n'] - 1:,} more)" if of["n"] > 1 else ""
    return names.scrub(str(of["examples"][0]["reason"])) + more


def _texts(project: Project, about: int) -> dict[str, Any]:
    """Of the labels as they stand (`about` so many): languages, lengths, how often the longer is chosen."""
    languages: Counter[str] = Counter()
    longer: dict[str, list[int]] = {source: [0, 0] for source in SETTLED_BY}
    words = [0, 0]
    turns = systems = n = 0
    step = max(1, about // SAMPLED)
    with project.store.read() as connection:
        for n, label in enumerate(labelled_pairs(connection), 1):
            chosen, rejected = len(label.chosen.split()), len(label.rejected.split())
            words[0] += chosen
            words[1] += rejected
            if chosen != rejected:
                longer[label.source][0] += chosen > rejected
                longer[label.source][1] += 1
            turns += sum(message.role == "user" for message in label.prompt.messages) > 1
            systems += any(message.role == "system" for message in label.prompt.messages)
            if (n - 1) % step == 0:
                asked = laid_out(label.prompt.messages[-1]) if label.prompt.messages else ""
                languages[language_of(f"{asked}\n{label.chosen}") or "unknown"] += 1
    every = [sum(each[i] for each in longer.values()) for i in (0, 1)]
    return {
        "labels": n,
        "languages": dict(languages.most_common()),
        "longer": asdict(wilson(*every)) if every[1] else None,
        "longer_by": {name: asdict(wilson(*each)) for name, each in longer.items() if each[1]},
        "words": {"chosen": words[0] / n, "rejected": words[1] / n} if n else None,
        "several_turns": turns,
        "with_system": systems,
    }


def _dates(people: origins.People) -> dict[str, str] | None:
    if people.first is None or people.last is None:
        return None
    days = [datetime.fromtimestamp(each, UTC).date().isoformat() for each in (people.first, people.last)]
    return {"first": days[0], "last": days[1]}
