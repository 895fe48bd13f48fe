"""What a judging strategy prepares once a prompt: made at most once, kept, and never paid for twice."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from pairwright.judging.chat import JudgeOptions
from pairwright.judging.strategies import STRATEGIES, Strategy
from pairwright.keys import content_key
from pairwright.models.chat import CallFailed
from pairwright.models.settings import ModelSettings
from pairwright.store import schema
from pairwright.store.store import Store
from pairwright.store.work import used_call
from pairwright.store.writer import GroupCommit
from pairwright.types import Prompt

KEPT = 4096  # in memory; both orders of a pair come one after the other
MOST_TOKENS = 1024

Pay = Callable[[dict[str, Any], int], Awaitable[tuple[Any, dict[str, Any]]]]


class Aids:
    """The prepared texts of one run. `pay` makes a call within the budget: (reply, columns of its row)."""

    def __init__(
        self,
        store: Store,
        name: str,
        model: ModelSettings,
        options: JudgeOptions,
        writer: GroupCommit,
        pay: Pay,
    ) -> None:
        self._store, self._name, self._model, self._pay, self._writer = store, name, model, pay, writer
        self._strategy: Strategy = STRATEGIES[options.strategy]
        self._made: OrderedDict[bytes, asyncio.Task[str]] = OrderedDict()

    async def of(self, prompt: Prompt) -> str | None:
        """The text for this prompt, None where the strategy prepares nothing. Raises CallFailed."""
        if self._strategy.aid is None:
            return None
        key = content_key(
            "aid",
            self._strategy.name,
            self._strategy.version,
            self._model.model,
            self._model.extra,
            prompt.key,
        )
        if key not in self._made:
            self._made[key] = asyncio.create_task(self._text(key, prompt))
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
        try:
            return await asyncio.shield(self._made[key])
        except CallFailed:
            self._made.pop(key, None)
            raise

    async def _text(self, key: bytes, prompt: Prompt) -> str:
        with self._store.read() as connection:
            known = used_call(connection, key)
        if known is not None:
            return known
        assert self._strategy.aid is not None  # asked in `of`
        body = {
            "model": self._model.model,
            "messages": self._strategy.aid(prompt),
            "temperature": 0.0,
            self._model.max_tokens_field: MOST_TOKENS,
            **self._model.extra,
        }
        for name in self._model.omit:
            body.pop(name, None)
        size = sum(len(message["content"].encode()) for message in body["messages"])
        reply, columns = await self._pay(body, size)
        text = str(reply.text).strip()
        if not text:
            raise CallFailed("bad_reply", f"what {self._name} was to prepare for judging came back empty")
        row = {
            "work_key": key,
            "attempt": 1,
            "stage": "judge",
            "model": self._name,
            "outcome": "used",
            "raw": text,
            **columns,
            "at": time.time(),
        }
        await self._writer.put([(schema.call, row)])
        return text
