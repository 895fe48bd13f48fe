"""What is asked once and serves several votes: made at most once, kept, and never paid for twice.

An aid to judging is asked once a prompt, a ranking once a prompt and order, a
score once a response. Each stands as one row of `call` under a key of its own,
with its cost; the votes made from it cost nothing more.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from pairwright.models.chat import CallFailed
from pairwright.models.replies import ChatReply
from pairwright.stages.pay.payer import Payer, Send
from pairwright.store.judge.pending import aid_call
from pairwright.store.store import Store
from pairwright.store.writer import GroupCommit

Unread = tuple[str, str] | None

KEPT = 4096  # in memory; what needs the same text comes one after the other


@dataclass(frozen=True, slots=True)
class Asking:
    """One request: how to send it, its size in bytes and the most tokens of an answer.

    `problem` says what is wrong with an answer, None where it is of use; an answer
    that is not is paid for and asked again, `attempts` times in all. `about` is the
    prompt, where several requests are about one.
    """

    send: Send
    size: int
    most: int
    problem: Callable[[ChatReply], str | None]
    attempts: int = 1
    about: Hashable = None
    images: int = 0  # of the size


class Prepared:
    """The texts of one run, by their key."""

    def __init__(self, store: Store, writer: GroupCommit, payer: Payer) -> None:
        self._store, self._writer, self._payer = store, writer, payer
        self._made: OrderedDict[bytes, asyncio.Task[str]] = OrderedDict()

    async def text(self, key: bytes, ask: Callable[[Unread], Asking]) -> str:
        """The text under this key: from memory, from the store, or asked for now.

        `ask` is given an answer that could not be used and what was wrong with it.
        Raises CallFailed, the same for everybody who needs this text in this run.
        """
        if key not in self._made:
            self._made[key] = asyncio.create_task(self._find(key, ask))
            self._payer.run.tasks.add(self._made[key])
            self._made[key].add_done_callback(self._payer.run.tasks.discard)
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
        return await asyncio.shield(self._made[key])

    async def _find(self, key: bytes, ask: Callable[[Unread], Asking]) -> str:
        with self._store.read() as connection:
            known, before = aid_call(connection, key)
        if known is not None:
            return known
        unread: Unread = None
        account, asked = None, 0
        while True:
            asking, asked = ask(unread), asked + 1
            account = account or self._payer.account(key, before + 1, asking.about or key)
            reply = await account.pay(asking.send, asking.size, asking.most, images=asking.images)
            text, found = str(reply.raw).strip(), asking.problem(reply)
            await self._writer.put([account.row("unreadable" if found else "used", raw=text)])
            if not found:
                return text
            if asked >= asking.attempts or reply.declined:
                times = f" in {asked} attempts" if asked > 1 else ""
                message = f"{self._payer.model} gave nothing that can be used{times}: {found}"
                raise CallFailed("bad_reply", message)
            unread = text, found
