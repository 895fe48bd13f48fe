"""Planned calls as files for the user's own machines, and their replies read back.

Lines have the shape of OpenAI's batch files, which `vllm run-batch` and others read and answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from secrets import token_hex
from typing import Any

import orjson

from pairwright.errors import EndpointError, InputError
from pairwright.extras import needed
from pairwright.models.batch.openai import reply_of
from pairwright.models.batch.provider import BatchReply, reply_from
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result
from pairwright.store.pay import batches, planned
from pairwright.store.pay.planned import call_key
from pairwright.whole_file import whole_file

PAGE = 500  # replies in one transaction
MOST_NAMED = 5


@dataclass(frozen=True, slots=True, repr=False)
class ExportCallsResult(Result):
    """`files` with so many calls in all."""

    files: tuple[str, ...]
    calls: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True, repr=False)
class ImportCallsResult(Result):
    """What `lines` of files came to.

    `replies` are new, `already` were known; `unknown` ones are of no call that waits here, `not_made` calls
    stay open, `unreadable` lines are no replies: `named` are the first of these, by file:line. `waiting`
    calls of files have no reply yet.
    """

    lines: int = 0
    replies: int = 0
    already: int = 0
    unknown: int = 0
    not_made: int = 0
    unreadable: int = 0
    named: list[str] = field(default_factory=list)
    waiting: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def name(self, what: str) -> None:
        if len(self.named) < MOST_NAMED:
            self.named.append(what)

    def sentences(self) -> list[str]:
        return self.named


def export_calls(project: Project, folder: Path, shards: int = 1) -> ExportCallsResult:
    """Write the planned calls that nobody has, `shards` files a model, in the order planned.

    From then on the files have them: no run makes them, until they are imported or cancelled. Raises
    InputError where nothing is planned.
    """
    with project.store.read() as connection:
        unsent = [each for each in planned.waiting(connection) if each.unsent]
    if not unsent:
        raise InputError(
            "no call is planned that is not sent yet. Plan some: `pairwright judge --via files` or "
            "`pairwright generate --via files`"
        )
    folder.mkdir(parents=True, exist_ok=True)
    files: list[str] = []
    calls = 0
    for endpoint, model in dict.fromkeys((each.endpoint, each.model) for each in unsent):
        with project.store.read() as connection:
            keys = [request.key for request in planned.unsent(connection, endpoint, model)]
        each_has = -(-len(keys) // shards)
        for number, at in enumerate(range(0, len(keys), each_has), 1):
            name = model.replace("/", "-")
            path = folder / f"{name}-{token_hex(3)}-{number:05d}-of-{shards:05d}.jsonl"
            part = keys[at : at + each_has]
            digest = _write(project, path, endpoint, model, set(part))
            with project.store.write() as connection:
                mark = f"pairwright-{token_hex(12)}"
                batch = batches.intend(connection, mark, endpoint, model, digest, part, via="files")
                batches.note(connection, batch, remote_id=str(path.resolve()))
            files.append(str(path))
        calls += len(keys)
    return ExportCallsResult(tuple(files), calls)


def _write(project: Project, path: Path, endpoint: str, model: str, wanted: set[bytes]) -> bytes:
    digest = blake2b(digest_size=16)
    with whole_file(path) as file, project.store.read() as connection:
        for request in planned.unsent(connection, endpoint, model):
            if request.key in wanted:
                line = {
                    "custom_id": request.key.hex(),
                    "method": "POST",
                    "url": f"/v1{request.path}",
                    "body": orjson.loads(request.body),
                }
                raw = orjson.dumps(line) + b"\n"
                digest.update(raw)
                file.write(raw)
    return digest.digest()


def import_calls(project: Project, paths: Sequence[Path]) -> ImportCallsResult:
    """Keep the replies in these files, in any order, also of a part of the calls. Repeating it adds nothing.

    Raises InputError where a file can't be read, and where no line is a reply to a call of this project.
    """
    result = ImportCallsResult()
    for path in paths:
        replies = _replies(path, result)
        while page := list(islice(replies, PAGE)):
            _keep(project, page, result)
    with project.store.write() as connection:
        for each in batches.open_batches(connection):
            if each.via == "files":
                left = planned.unanswered(connection, each.id)
                result.waiting += left
                if not left:
                    batches.end(connection, each.id)
    if result.lines and not (result.replies or result.already or result.not_made):
        first = "; ".join(result.named)
        raise InputError(f"none of {result.lines:,} lines is a reply to a call of this project: {first}")
    return result


def _parquet(path: Path, result: ImportCallsResult) -> Iterator[tuple[str, BatchReply]]:
    """Replies as `calls make --on ray` writes them; status 0 is no reply."""
    with needed("parquet", f"reading {path.name}"):
        import pyarrow as pa
        import pyarrow.parquet as parquet
    try:
        with parquet.ParquetFile(path) as file:
            for group in file.iter_batches(PAGE, columns=["custom_id", "status", "body"]):
                for row in group.to_pylist():
                    result.lines += 1
                    place = f"{path}: row {result.lines}"
                    yield place, BatchReply(row["custom_id"], row["status"] or None, row["body"])
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None


def _keep(project: Project, page: list[tuple[str, BatchReply]], result: ImportCallsResult) -> None:
    with project.store.write() as connection:
        known = planned.known_keys(connection, [key for _, each in page if (key := call_key(each.id))])
        rows = []
        for place, reply in page:
            key = call_key(reply.id)
            if key is None or key not in known:
                result.unknown += 1
                result.name(f'{place}: no call "{reply.id}" waits in this project')
            elif reply.status is None:
                result.not_made += 1
                result.name(f"{place}: the call was not made")
            else:
                rows.append((key, reply.status, reply.body))
        new = planned.answer_from_files(connection, rows)
    result.replies += new
    result.already += len(rows) - new


def _replies(path: Path, result: ImportCallsResult) -> Iterator[tuple[str, BatchReply]]:
    if path.suffix == ".parquet":
        yield from _parquet(path, result)
        return
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                result.lines += 1
                place = f"{path}:{number}"
                try:
                    reply = reply_from(line, reply_of, f"{place}:")
                except EndpointError as error:
                    result.unreadable += 1
                    result.name(str(error))
                    continue
                yield place, reply
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
