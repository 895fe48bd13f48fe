"""What a judging strategy prepares once a prompt: the judge's own answer, its questions."""

from __future__ import annotations

from pairwright.judging.strategies import STRATEGIES
from pairwright.judging.thinking import response_in
from pairwright.keys import content_key
from pairwright.models.chat import Client
from pairwright.models.chat_judge import JudgeOptions
from pairwright.models.ledger import Ledger
from pairwright.models.replies import ChatReply
from pairwright.models.settings import ModelSettings
from pairwright.stages.pay.asked_once import Asking, Prepared
from pairwright.stages.pay.bounds import most_tokens_out, tokens_of
from pairwright.stages.pay.images import ImagesSent
from pairwright.stages.pay.payer import Payer
from pairwright.types import Prompt

MOST_TOKENS = 1024


class Aids:
    """The prepared texts of one run."""

    def __init__(
        self,
        client: Client,
        model: ModelSettings,
        options: JudgeOptions,
        payer: Payer,
        prepared: Prepared,
        images: ImagesSent,
    ) -> None:
        self._client, self._model, self._payer, self._prepared = client, model, payer, prepared
        self._strategy, self._images = STRATEGIES[options.strategy], images

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
        return response_in(await self._prepared.text(key, lambda _unread: self._asking(prompt)))

    def _asking(self, prompt: Prompt) -> Asking:
        assert self._strategy.aid is not None  # asked in `of`
        body = {
            "model": self._model.model,
            "messages": self._images.messages(self._strategy.aid(prompt)),
            "temperature": 0.0,
            self._model.max_tokens_field: MOST_TOKENS,
            **self._model.extra,
        }
        for name in self._model.omit:
            body.pop(name, None)
        payer, (size, of_images) = self._payer, self._images.size(body["messages"])
        most = most_tokens_out(body, payer.run.budget.limit, payer.model)

        async def send(ledger: Ledger) -> ChatReply:
            return await self._client.chat(body, expected_tokens=tokens_of(size) + most, ledger=ledger)

        return Asking(send, size, most, _empty, images=of_images)


def _empty(reply: ChatReply) -> str | None:
    if response_in(reply.text):
        return None
    cut = " (it was cut off at the token limit while thinking)" if reply.finish_reason == "length" else ""
    return f"what it was to prepare for judging came back empty{cut}"
