"""What a judging strategy prepares once a prompt: made at most once, kept, and never paid for twice."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from functools import partial

from pairwright.judging.chat import JudgeOptions
from pairwright.judging.strategies import STRATEGIES, Strategy
from pairwright.keys import content_key
from pairwright.models.chat import CallFailed, ChatClient
from pairwright.models.settings import ModelSettings
from pairwright.stages.calls import Payer, most_tokens_out, tokens_of
from pairwright.store.store import Store
from pairwright.store.work import aid_call
from pairwright.store.writer import GroupCommit
from pairwright.types import Prompt

KEPT = 4096  # in memory; both orders of a pair come one after the other
MOST_TOKENS = 1024


class Aids:
    """The prepared texts of one run."""

    def __init__(
        self,
        store: Store,
        client: ChatClient,
        model: ModelSettings,
        options: JudgeOptions,
        writer: GroupCommit,
        payer: Payer,
    ) -> None:
        self._store, self._client, self._model = store, client, model
        self._writer, self._payer = writer, payer
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
            known, attempts = aid_call(connection, key)
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
        payer, size = self._payer, sum(len(message["content"].encode()) for message in body["messages"])
        most = most_tokens_out(body, payer.run.budget.limit, payer.model)
        ask = partial(
            self._client.chat, body, expected_tokens=tokens_of(size) + most, repeat_billed=payer.repeats
        )
        try:
            reply = await payer.pay(ask, size, most)
        except CallFailed as failed:
            # Booked here, once, though every pair of this prompt fails by it.
            await self._writer.put(payer.lost_rows(key, attempts + 1, failed, size, most))
            raise CallFailed(failed.kind, str(failed), status=failed.status, tries=failed.tries) from None
        text = str(reply.text).strip()
        outcome = "used" if text else "empty"
        await self._writer.put([payer.row(key, attempts + 1, outcome, reply, size, raw=text)])
        if not text:
            raise CallFailed("bad_reply", f"what {payer.model} was to prepare for judging came back empty")
        return text
