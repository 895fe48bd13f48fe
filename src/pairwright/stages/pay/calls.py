"""How calls are made: at once, or planned and made by somebody else, and read when their reply is here.

A stage asks the same way whichever it is. Where a call has to wait, `Deferred` ends that piece of work; the
next run comes to the same call, finds its reply, and goes on from there. So everything that a stage does
with an answer (asking again, a second draw, an aid before the question) works in waves, one call deeper
each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, Self

import orjson

from pairwright.errors import EndpointError
from pairwright.models.chat import ChatClient, Client
from pairwright.models.ledger import Ledger, Tried
from pairwright.models.meanings import tried_of
from pairwright.models.replies import ChatReply, ReplyContent
from pairwright.models.transport import HttpAnswer
from pairwright.stages.pay.dispatch import Dispatch
from pairwright.stages.pay.paid_calls import Deferred
from pairwright.stages.pay.payer import Account
from pairwright.stages.project.project import Project
from pairwright.store.pay import planned
from pairwright.store.schema import planned_call


class EndpointCalls(Client):
    """Calls to one endpoint. Use as an async context manager.

    Of a call that was not made yet, "live" makes it, "batch" and "files" plan it. What is planned and sent is
    waited for, and a reply that is here is used, in all three.
    """

    def __init__(self, project: Project, endpoint: str, dispatch: Dispatch) -> None:
        settings = project.settings.endpoints[endpoint]
        self._store, self._endpoint, self._dispatch = project.store, endpoint, dispatch
        self._live = ChatClient(endpoint, settings)
        self._price_share = settings.batch_price if dispatch.via == "batch" else 1.0
        self._planned_keys: set[bytes] = set()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        if self._dispatch.via != "files":  # who makes them has the key
            await self._stack.enter_async_context(self._live)
        with self._store.read() as connection:
            self._planned_keys = planned.all_keys(connection)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()
        if self._dispatch.via == "live":
            self._dispatch.used(self._endpoint, self._live.use())

    async def post(
        self,
        path: str,
        body: Mapping[str, Any],
        read: Callable[[Any], ReplyContent],
        *,
        expected_tokens: int = 0,
        ledger: Ledger | None = None,
    ) -> ChatReply:
        """As `ChatClient.post`. Raises Deferred, too, where the call waits."""
        if isinstance(ledger, Account) and (self._planned_keys or self._dispatch.via != "live"):
            reply = await self._planned(path, body, read, ledger)
            if reply is not None:
                return reply
        return await self._live.post(path, body, read, expected_tokens=expected_tokens, ledger=ledger)

    async def _planned(
        self, path: str, body: Mapping[str, Any], read: Callable[[Any], ReplyContent], account: Account
    ) -> ChatReply | None:
        """The reply to a planned call; None where it is to be made now."""
        text, tries = orjson.dumps(body).decode(), 0
        while True:
            key = account.planned_key(path, text)
            found = self._find(key) if key in self._planned_keys else None
            if found is None or not (found.sent or found.status is not None):
                if self._dispatch.via == "live":
                    return None
                if found is None:
                    await account.plan(self._endpoint, path, text, self._price_share, tries)
                    self._planned_keys.add(key)
                elif found.at < self._dispatch.began:
                    with self._store.write() as connection:
                        planned.touch(connection, found.key)
                raise Deferred
            if found.status is None:
                raise Deferred
            reply = self._read(found, path, body, read, account)
            if isinstance(reply, ChatReply):
                return reply
            tries = found.tries + 1  # it was charged for, and is in the books: the next try is another call

    def _find(self, key: bytes) -> planned.Planned | None:
        with self._store.read() as connection:
            return planned.planned(connection, key)

    def _read(
        self,
        found: planned.Planned,
        path: str,
        body: Mapping[str, Any],
        read: Callable[[Any], ReplyContent],
        account: Account,
    ) -> ChatReply | None:
        """The answer in a reply; None where it failed in a way that is tried again, and was charged for.

        Raises CallFailed, EndpointError, and Deferred where the same call goes once more.
        """
        assert found.status is not None
        assert found.reply is not None
        answer = HttpAnswer(found.status, {}, found.reply.encode(), 0.0)
        account.arrived(found.worst_usd)
        tried = Tried((None, None), failed=True)  # as long as nothing is known of it
        try:
            outcome = self._live.meaning(path, answer, found.tries + 1, read, body)
            tried = replace(tried_of(outcome), price_share=found.price_share)
        except EndpointError:
            # No call to this model can be had so: all that were refused are planned anew once that is mended.
            tried = Tried(None, failed=True)
            with self._store.write() as connection:
                planned.forget_refused(connection, self._endpoint, account.model)
            raise
        finally:
            account.after(tried)
        if isinstance(outcome, ChatReply):
            return outcome
        if (failed := self._live.given_up(outcome, found.tries + 1)) is not None:
            raise failed
        if tried.usage is not None:
            return None
        self._again(found, account)
        raise Deferred

    def _again(self, found: planned.Planned, account: Account) -> None:
        with self._store.write() as connection:
            planned.again(connection, planned_call.c.key == found.key)
        account.planned_again(found.worst_usd)
