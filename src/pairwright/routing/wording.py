"""What is guaranteed of which pairs, in the words every command, page and card uses.

`found` is Calibration.as_dict() (stages/route/calibrate): its `frames` are the pairs each
certificate is about, `outside` the pairs no certificate is about, by reason. Where
`labels` are counted (stages/figures/status), they are those that stand on each frame's certificate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pairwright.amounts import counted
from pairwright.routing.decide import LEAST

Found = Mapping[str, Any]
NAMED = 3  # sources and domains of a frame that are named


def lines(found: Found) -> list[str]:
    """One line a frame, then one a reason for which pairs are outside."""
    frames = [f"{name(frame)}: {of_frame(found, frame)}" for frame in found["frames"]]
    return [*frames, *outside(found)]


def name(frame: Found) -> str:
    """`Frame 2 (450 pairs from law.jsonl, 30 of them joined later)`."""
    covered = frame["pairs"] + frame["joined"]
    later = f", {frame['joined']:,} of them joined later" if frame["joined"] else ""
    return f"Frame {frame['frame']} ({counted(covered, 'pair')}{_whence(frame['about'])}{later})"


def _whence(about: Found) -> str:
    parts = []
    for kind, word in (("sources", " from "), ("domains", ", ")):
        # Where a file stood is left off.
        named = {each.rpartition("/")[2]: n for each, n in about[kind].items() if each != "none"}
        if not named or (kind == "domains" and len(named) < 2):
            continue
        shown = [f"{each} {n:,}" if len(named) > 1 else each for each, n in list(named.items())[:NAMED]]
        parts.append(word + ", ".join(shown) + (", ..." if len(named) > NAMED else ""))
    return "".join(parts)


def stands(frame: Found) -> bool:
    """Whether pairs of this frame are accepted without a person now."""
    certificate = frame["certificate"]
    certified = certificate is not None and certificate["threshold"] is not None
    return bool(certified and not frame["alarm"] and not frame["waits"])


def labels(found: Found | None) -> int:
    """How many labels of judges stand on a certificate that holds now."""
    if found is None:
        return 0
    return sum(found["labels"].get(frame["frame"], 0) for frame in found["frames"] if stands(frame))


def of_frame(found: Found, frame: Found) -> str:
    """What is guaranteed of a frame's pairs, or what that waits for and what to do."""
    certificate = frame["certificate"]
    target = f"at least {found['target']:.0%} agreement with people"
    if frame["alarm"]:
        return f"alarm: {frame['alarm']}"
    if certificate is None:
        return _to_come(frame, target)
    if certificate["threshold"] is None:
        return _abstains(certificate, target)
    sure = certificate["threshold"]
    over = "all pairs" if sure == "every" or sure <= LEAST else f"pairs believed over {sure:.1%}"
    text = (
        f"Guaranteed: {target}, with probability {1 - found['delta']:.0%}. Without a person: {over} "
        f"({certificate['accepted']:,} of {certificate['labels']:,} calibration pairs, "
        f"{certificate['errors']:.0f} of them wrong{_unobserved(frame)})."
    )
    if frame["waits"]:
        text += f" It {frame['waits']}."
    return text + _audited(frame["audit"])


def _to_come(frame: Found, target: str) -> str:
    left = frame["drawn"] - frame["settled"]
    start = f"To guarantee {target}, what the judges are worth has to be measured first: "
    drawn = f"{counted(frame['drawn'], 'pair')} {_were(frame['drawn'])} drawn by chance"
    if not left:
        return (
            f"{start}{drawn} and people are done with them. `pairwright route` looks at their answers "
            "once all judges have been heard on them (`pairwright judge`)."
        )
    disputed = f", {frame['disputed']:,} of them disputed: a lead decides" if frame["disputed"] else ""
    return (
        f"{start}{drawn}, {left:,} of them still to be answered{disputed}. "
        "Run `pairwright annotate` (or `annotate --import`), then `pairwright route`."
    )


def _unobserved(frame: Found) -> str:
    parts = []
    if frame["unobserved"]:
        parts.append(
            counted(frame["unobserved"], "drawn pair counts", "drawn pairs count")
            + " as wrong: nobody answered"
        )
    if frame["ties"]:
        parts.append(counted(frame["ties"], "is", "are") + " left out: people call it a tie")
    return "".join(f"; {each}" for each in parts)


def _audited(audit: Found | None) -> str:
    if audit and audit["accuracy"]:
        share = audit["accuracy"]
        return (
            f" Audit: {share['value']:.1%} [{share['low']:.1%}, {share['high']:.1%}] of the accepted "
            f"agree with people, from {share['n']:,} that people checked."
        )
    if audit and audit["checked"]:
        return (
            f" Audit: people checked {counted(audit['checked'], 'accepted pair')}, {audit['wrong']:,} wrong."
        )
    return ""


def _abstains(certificate: Found, target: str) -> str:
    text = f"No threshold guarantees {target}, so people are asked about all of these pairs. "
    if certificate["would_do"]:
        more = max(1, certificate["would_do"] - certificate["labels"])
        return text + (
            f"{counted(certificate['would_do'], 'label')} instead of {certificate['labels']:,} "
            "would probably do: "
            f"`pairwright route --more {more}`."
        )
    return text + "More labels would not help: a better judge would, or a lower [route] target."


def outside(found: Found) -> list[str]:
    """Pairs no certificate is about: how many, why, and the way out."""
    return [
        f"{counted(n, 'pair')} {'is' if n == 1 else 'are'} outside the guarantee: {reason}."
        for reason, n in found["outside"].items()
    ]


def alarm(found: Found | None) -> tuple[str, str] | None:
    """(what an audit found, the command that settles it), where an alarm stands."""
    if found is None or not found["alarm"]:
        return None
    return found["alarm"], "pairwright route --recalibrate"


def _were(n: int) -> str:
    return "was" if n == 1 else "were"
