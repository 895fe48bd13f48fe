"""A reward model behind an endpoint, for programs that are not async: `RemoteModel(url).score(prompt, text)`.

In a project the same endpoint is a judge of kind "scores", whose calls are priced,
recorded and resumed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np

from pairwright.judging.scores import PATHS, Api, read_score, score_request
from pairwright.literals import checked
from pairwright.models.chat import ChatClient
from pairwright.models.replies import ReplyContent
from pairwright.models.settings import EndpointSettings
from pairwright.types import Message, Prompt


class RemoteModel:
    """Scores of responses, higher is better; only differences mean anything.

    `api` is how the endpoint is asked: "pooling" (vLLM), "classify" (vLLM, SGLang), "predict"
    (text-embeddings-inference) or "text-classification"; `label` is the class that means good
    where there are several; `api_key_env` names the environment variable with the key.
    """

    @checked
    def __init__(
        self,
        url: str,
        model: str = "",
        *,
        api: Api = "pooling",
        label: str | None = None,
        api_key_env: str | None = None,
        concurrency: int = 16,
    ) -> None:
        self.endpoint = EndpointSettings(url=url, api_key_env=api_key_env, concurrency=concurrency)
        self.model, self.api, self.label = model, api, label

    def score(self, prompt: Any, response: str) -> float:
        return float(self.scores([prompt], [response])[0])

    def scores(self, prompts: Sequence[Any], responses: Sequence[str]) -> np.ndarray:
        """(n,) scores; a prompt is text or a list of messages.

        Raises CallFailed where one could not be had after all tries: a failure is never a zero.
        """
        return np.array(asyncio.run(self._all(prompts, responses)))

    async def _all(self, prompts: Sequence[Any], responses: Sequence[str]) -> list[float]:
        async with ChatClient("reward model", self.endpoint) as client:

            async def one(prompt: Any, response: str) -> float:
                body = score_request(self.api, self.model, _prompt(prompt), response)
                reply = await client.post(
                    PATHS[self.api], body, lambda reply: ReplyContent(repr(read_score(reply, self.label)))
                )
                return float(reply.text)

            asked = zip(prompts, responses, strict=True)
            return list(await asyncio.gather(*(one(prompt, response) for prompt, response in asked)))


def _prompt(prompt: Any) -> Prompt:
    if isinstance(prompt, str):
        return Prompt.of(prompt)
    return Prompt(tuple(each if isinstance(each, Message) else Message(**each) for each in prompt))
