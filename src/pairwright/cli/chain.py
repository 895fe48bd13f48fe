"""Printing a chain of custody for people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rich.panel import Panel
from rich.text import Text

from pairwright.cli.output import out, usd
from pairwright.stages.result import in_short
from pairwright.turns import laid_out
from pairwright.types import messages_from

LONGEST = 1500  # characters of a text shown; --json has all of it


def print_chain(chain: dict[str, Any]) -> None:
    """The chain of a prompt, a pair or a response, from its source to what is believed now."""
    if "prompt" in chain:
        _prompt(chain["prompt"])
    if "response" in chain:
        _response("Response", chain["response"])
        _line("in pairs", ", ".join(chain["pairs"]) or "none")
    for response in chain.get("responses", ()):
        _response("Response", response)
    if "pair" in chain:
        _pair(chain)
    _failures(chain.get("failures", ()))
    for pair in chain.get("pairs", ()):
        if isinstance(pair, dict):
            _pair(pair)


def _prompt(prompt: dict[str, Any]) -> None:
    text = "\n\n".join(f"[{each.role}] {laid_out(each)}" for each in messages_from(prompt["messages"]))
    _panel(f"Prompt {prompt['id']}", text, _facts(prompt, "external_id", "source", "meta"))


def _response(title: str, response: dict[str, Any]) -> None:
    facts = _facts(response, "model", "mark", "source")
    if response["calls"]:
        facts += "  " + "; ".join(_call(call) for call in response["calls"])
    _panel(f"{title} {response['id']}", response["text"], facts)
    for vote in response["votes"]:
        word = {True: "good", False: "bad", None: f"rated {vote['rating']}"}[vote["good"]]
        taken_back = "" if vote["counts"] else "  (taken back: changed since)"
        said = f"{vote['rater']} ({vote['kind']}): {word}  {_facts(vote, 'reason', 'source')}"
        _line(f"vote {vote['number']} on it", f"{said}{taken_back}  {_when(vote)}")


def _pair(chain: dict[str, Any]) -> None:
    pair = chain["pair"]
    out.rule(f"Pair {pair['id']}", align="left")
    _line("made", _facts(pair, "policy", "external_id", "source", "meta"))
    for side in ("a", "b"):
        if side in chain:
            _response(f"{side} =", chain[side])
    for vote in chain["votes"]:
        said = f"{vote['rater']} ({vote['kind']}), shown {vote['order']}: {vote['verdict']}"
        facts = _facts(vote, "confidence", "prob_a", "both", "strength", "seconds", "reason", "retracted")
        if follows := vote.get("follows_from"):
            facts += f"  follows from votes {follows[0]} and {follows[1]} on the responses"
        facts += "".join(f"  because of {each}" for each in vote.get("reasons", ()))
        facts += "".join(f'  "{in_short(each["text"])}" in {each["side"]}' for each in vote.get("spans", ()))
        costs = "; ".join(_call(call) for call in vote["calls"])
        _line(f"vote {vote['id']}", f"{said}  {facts}  {costs}  {_when(vote)}")
    for flag in chain["flags"]:
        _line("flag", f"{flag['check']} ({flag['severity']}): {flag['reason']}")
    for finding in chain["findings"]:
        became = f" -> {finding['action']}" if finding["action"] else ""
        became += f" by {finding['by']}" if finding["by"] else ""
        became += f": {finding['because']}" if finding["because"] else ""
        _line(
            f"finding {finding['id']}",
            f"{finding['check']} ({finding['severity']}): {finding['reason']}{became}",
        )
    _failures(chain["failures"])
    for belief in chain["beliefs"]:
        verdict = f" {belief['verdict']}" if belief["verdict"] else ""
        _line("belief", f"{belief['decision']}{verdict}: {belief['reason']}  {_when(belief)}")
    if chain.get("guarantee"):
        _line("guarantee", chain["guarantee"])
    for row in chain.get("exports", ()):
        what = "the pair" if "pair" in row["says"] else f"{row['says']['response']} alone"
        _line("exported", f"{row['file']}:{row['row']} ({what}), {row['made']}")


def _failures(failures: Any) -> None:
    for failure in failures:
        where = " ".join(
            str(failure[name]) for name in ("rater", "order", "slot") if failure[name] is not None
        )
        _line(
            "failure",
            f"{failure['stage']} {where}: {failure['kind']}: {failure['message']}  {_when(failure)}",
        )


def _call(call: dict[str, Any]) -> str:
    about = "" if call["cost_known"] else "about "
    tokens = f"{call['prompt_tokens']}+{call['completion_tokens']} tokens"
    return f"{call['outcome']} call: {tokens}, {about}{usd(call['cost_usd'])}, {call['seconds']:.1f} s"


def _facts(row: dict[str, Any], *names: str) -> str:
    return "  ".join(f"{name}: {row[name]}" for name in names if row.get(name) not in (None, {}, ""))


def _when(row: dict[str, Any]) -> str:
    return datetime.fromtimestamp(row["at"], UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _panel(title: str, text: str, facts: str) -> None:
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}\n... ({len(text):,} characters; --json shows all)"
    out.print(
        Panel(Text(text), title=Text(title), title_align="left", subtitle=Text(facts), subtitle_align="left")
    )


def _line(label: str, text: str) -> None:
    out.print(Text.assemble((f"{label}: ", "bold"), text.strip()), soft_wrap=True)
