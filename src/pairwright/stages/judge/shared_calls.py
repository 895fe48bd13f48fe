"""Judges whose calls serve several pairs: a ranking of all responses to a prompt, a score of one response."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from functools import partial
from typing import Protocol

from pairwright.judging.parsing import Unreadable
from pairwright.judging.ranking import ANSWER, VERSION, answer_of, parse_ranking, ranking_messages
from pairwright.judging.rubric import ask_again
from pairwright.judging.scores import PATHS, compared, read_score, score_request
from pairwright.keys import content_key
from pairwright.models.chat import Client
from pairwright.models.chat_judge import ChatJudge, read_text
from pairwright.models.ledger import Ledger
from pairwright.models.replies import ChatReply, ReplyContent
from pairwright.stages.judge.session import JudgeSession
from pairwright.stages.pay.asked_once import KEPT, Asking, Prepared, Unread
from pairwright.stages.pay.bounds import tokens_of
from pairwright.stages.pay.images import ImagesSent
from pairwright.stages.pay.paid_calls import Deferred
from pairwright.store.judge.pending import JudgeWork, responses_beside
from pairwright.types import Answer


class SharedJudge(Protocol):
    async def answer(self, work: JudgeWork) -> Answer:
        """What it says of the two responses as shown. Raises CallFailed."""


class Rankings:
    """Asks for a ranking once a prompt and way of showing it; every pair is read off it.

    Responses are shown in an order drawn from their own text, and in the reverse:
    of any two, each comes first once, and a pair's vote in an order is read
    off the ranking that showed it so.
    """

    def __init__(self, session: JudgeSession, judge: ChatJudge, prepared: Prepared) -> None:
        self._session, self._judge, self._prepared = session, judge, prepared
        self._images = ImagesSent(session.project, session.model)
        self._beside: OrderedDict[bytes, list[str]] = OrderedDict()

    async def answer(self, work: JudgeWork) -> Answer:
        shown = self._shown(work)
        if shown.index(work.first) > shown.index(work.second):
            shown = shown[::-1]
        key = content_key("ranking", VERSION, self._session.rater.key, work.prompt.key, shown, work.round)
        raw = await self._prepared.text(key, partial(self._asking, work, shown))
        places = dict(zip(shown, parse_ranking(raw, len(shown)), strict=True))
        return answer_of(places[work.first], places[work.second], len(shown))

    def _shown(self, work: JudgeWork) -> list[str]:
        """Every response of this prompt that is in a pair, in the order shown first."""
        if work.prompt.key not in self._beside:
            with self._session.project.store.read() as connection:
                texts = responses_beside(
                    connection, work.pair_id, reasoning=self._session.settings.show_reasoning
                )
            texts = list(dict.fromkeys(map(self._session.shown, texts)))
            self._beside[work.prompt.key] = sorted(texts, key=partial(content_key, "shown", work.prompt.key))
            while len(self._beside) > KEPT:
                self._beside.popitem(last=False)
        return self._beside[work.prompt.key]

    def _asking(self, work: JudgeWork, shown: list[str], unread: Unread) -> Asking:
        asked = ranking_messages(
            work.prompt, shown, self._session.project.guidelines, secret=self._session.secret
        )
        if unread is not None:
            asked += ask_again(*unread, ANSWER)
        messages = self._images.messages(asked)
        size, of_images = self._images.size(messages)
        most = self._session.most_out
        send = partial(self._judge.ask, messages, tokens_of(size) + most)
        problem, about = partial(_problem, len(shown)), work.prompt.key
        return Asking(send, size, most, problem, self._session.settings.attempts, about, of_images)


def _problem(n: int, reply: ChatReply) -> str | None:
    if reply.refused:
        return "the model refused to rank these responses"
    try:
        read_text(reply, partial(parse_ranking, n=n), "a ranking")
    except Unreadable as problem:
        return str(problem)
    return None


class ScoredResponses:
    """Asks for a score once a response; a pair's margin is the difference."""

    def __init__(self, session: JudgeSession, client: Client, prepared: Prepared) -> None:
        self._session, self._client, self._prepared = session, client, prepared

    async def answer(self, work: JudgeWork) -> Answer:
        try:
            first = await self._score(work, work.first)
        except Deferred:
            await self._score(work, work.second)  # planned too: one wave, not two
            raise
        second = await self._score(work, work.second)
        return replace(compared(first, second), reason=f"scores {first:.6g} and {second:.6g}")

    async def _score(self, work: JudgeWork, response: str) -> float:
        key = content_key("score", self._session.rater.key, work.prompt.key, response, work.round)
        return float(await self._prepared.text(key, lambda _unread: self._asking(work, response)))

    def _asking(self, work: JudgeWork, response: str) -> Asking:
        settings, model = self._session.settings, self._session.project.settings.models[self._session.model]
        body = {**score_request(settings.api, model.model, work.prompt, response), **model.extra}
        size = len(str(body).encode())

        async def send(ledger: Ledger) -> ChatReply:
            return await self._client.post(
                PATHS[settings.api],
                body,
                lambda reply: ReplyContent(repr(read_score(reply, settings.label))),
                expected_tokens=tokens_of(size),
                ledger=ledger,
            )

        return Asking(send, size, 0, lambda _reply: None, about=work.prompt.key)
