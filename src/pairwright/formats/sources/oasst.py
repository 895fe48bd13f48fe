"""OpenAssistant: trees of messages in which the replies to one message are ranked; rank 0 is the best.

Two shapes: a tree a row (the .trees.jsonl files), and a message a row in the order of the trees (oasst1 and
oasst2 on the Hub). Only the assistant's replies are answers; a reply of the prompter's goes on with the
conversation. Read from LAION-AI/Open-Assistant's exporter (ExportMessageNode, ExportMessageTree); that rank 0
is the best and the order of the flat files are from memory. Ranks are the volunteers' merged, which is no
vote of one person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pairwright.errors import InputError
from pairwright.formats.canonical import Canonical, Rated, fractional
from pairwright.formats.carried import beside_of, whole
from pairwright.formats.format import Format, Left, Row, Source
from pairwright.formats.message import KEYS, as_message
from pairwright.formats.messages import number_of
from pairwright.formats.reading import BadRow, Record, Records
from pairwright.types import Message

_ROLES = {"prompter": "user", "assistant": "assistant"}
_READ = KEYS | {
    "message_id",
    "parent_id",
    "message_tree_id",
    "text",
    "rank",
    "replies",
    "model_name",
    "deleted",
}


def read(row: Row, place: str) -> Iterator[Canonical | Left]:
    root = whole(row, "prompt")
    row.get("message_tree_id")
    if not isinstance(root, dict):
        raise InputError('"prompt" is not the first message of a tree')
    beside = tuple(dict.fromkeys(beside_of(root, _READ, "prompt")))
    for found in _answered(root, (), root.get("lang"), place):
        yield found if isinstance(found, Left) else replace(found, beside=beside)


def _answered(
    node: Mapping[str, Any], before: tuple[Message, ...], lang: Any, place: str
) -> Iterator[Canonical | Left]:
    """What stands under a message: the replies to it, and the replies to these."""
    asked = (*before, _message(node))
    replies = [each for each in node.get("replies") or () if not each.get("deleted")]
    answers = [each for each in replies if each.get("role") == "assistant"]
    if len(answers) == 1:
        yield Left(place, "single_response", "response")
    elif answers:
        ranks = [number_of(each.get("rank")) for each in answers]
        whole_ranking = [rank for rank in ranks if rank is not None]
        ranks = list(fractional(whole_ranking)) if len(whole_ranking) == len(ranks) else ranks
        yield Canonical(
            asked,
            tuple(_rated(each, rank) for each, rank in zip(answers, ranks, strict=True)),
            str(node["message_id"]) if node.get("message_id") else None,
            source=lang if isinstance(lang, str) else None,
            place=place,
        )
    for each in replies:
        yield from _answered(each, asked, lang, place)


def _rated(node: Mapping[str, Any], rank: float | None) -> Rated:
    return replace(Rated.of((_message(node),), node.get("model_name")), rank=rank)


def _message(node: Mapping[str, Any]) -> Message:
    role = _ROLES.get(str(node.get("role")))
    where = f"message {node.get('message_id', '')}".strip()
    if role is None:
        raise InputError(f'{where} has role "{node.get("role")}", not prompter or assistant')
    return as_message({**node, "role": role, "content": node.get("text")}, where)


# --- a message a row ------------------------------------------------------------------------------


def trees(records: Records) -> Records:
    """The messages of one tree stand one after another, each after the one it replies to."""
    held: list[Record] = []
    for record in records:
        if isinstance(record, BadRow):
            yield record
            continue
        if held and held[0].row.get("message_tree_id") != record.row.get("message_tree_id"):
            yield _tree(held)
            held = []
        held.append(record)
    if held:
        yield _tree(held)


def _tree(records: list[Record]) -> Record | BadRow:
    place = records[0].place
    nodes = {str(each.row.get("message_id")): {**each.row, "replies": []} for each in records}
    roots = []
    for node in nodes.values():
        parent = node.get("parent_id")
        if parent is None:
            roots.append(node)
        elif str(parent) not in nodes:
            return BadRow(
                place, f"message {node['message_id']} replies to {parent}, which is not in its tree"
            )
        else:
            nodes[str(parent)]["replies"].append(node)
    if len(roots) != 1:
        return BadRow(place, f"a tree has one first message, and this has {len(roots)}")
    return Record(place, {"message_tree_id": roots[0].get("message_tree_id"), "prompt": roots[0]})


def _looks_tree(row: Mapping[str, Any]) -> bool:
    root = row.get("prompt")
    return isinstance(root, dict) and "replies" in root and "message_tree_id" in row


FORMATS = (
    Format("oasst", "OpenAssistant's trees: ranked replies", Source(read, _looks_tree, "oasst")),
    Format(
        "oasst-messages",
        "OpenAssistant, a message a row (oasst1, oasst2)",
        Source(
            read,
            lambda row: {"message_id", "parent_id", "message_tree_id", "text", "role"} <= row.keys(),
            "oasst",
            gather=trees,
        ),
    ),
)
