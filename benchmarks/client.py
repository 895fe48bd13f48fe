"""What the chat client adds to the model's own time: `python benchmarks/client.py [CALLS] [--in-flight N]`.

A loopback server in a process of its own answers after 50 ms; 64 calls are in
flight; each sends about 3 KB. Ideal is CALLS x 50 ms / 64. A bare aiohttp loop does
the same, and where they are installed httpx and the openai SDK, these with 2,000
calls, each in a fresh process. Figures are ratios to the ideal, since machines differ.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from stand_in import StandIn

LATENCY_MS, IN_FLIGHT = 50, 64
CALLS, CALLS_TO_COMPARE = 5000, 2000
TEXT = "It is so because of that, and what is known of it was written down. " * 43

Ask = Callable[[str], Awaitable[str]]


def messages(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


async def with_aiohttp(url: str, calls: int, in_flight: int) -> None:
    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight)) as session:

        async def ask(text: str) -> str:
            body = {"model": "m", "messages": messages(text)}
            async with session.post(f"{url}/chat/completions", json=body) as response:
                return str((await response.json())["choices"][0]["message"]["content"])

        await all_of(ask, calls, in_flight)


async def with_pairwright(url: str, calls: int, in_flight: int) -> None:
    from pairwright.models.chat import ChatClient
    from pairwright.models.settings import EndpointSettings

    settings = EndpointSettings(url=url, concurrency=in_flight)
    async with ChatClient("loopback", settings) as client:

        async def ask(text: str) -> str:
            return (await client.chat({"model": "m", "messages": messages(text)})).text

        await all_of(ask, calls, in_flight)


async def with_httpx(url: str, calls: int, in_flight: int) -> None:
    import httpx

    limits = httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:

        async def ask(text: str) -> str:
            body = {"model": "m", "messages": messages(text)}
            reply = await client.post(f"{url}/chat/completions", json=body)
            return str(reply.raise_for_status().json()["choices"][0]["message"]["content"])

        await all_of(ask, calls, in_flight)


async def with_openai(url: str, calls: int, in_flight: int) -> None:
    from openai import AsyncOpenAI

    async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:

        async def ask(text: str) -> str:
            reply = await client.chat.completions.create(model="m", messages=messages(text))
            return str(reply.choices[0].message.content)

        await all_of(ask, calls, in_flight)


CLIENTS = {"aiohttp": with_aiohttp, "pairwright": with_pairwright, "httpx": with_httpx, "openai": with_openai}


async def all_of(ask: Ask, calls: int, in_flight: int) -> None:
    """That many calls, `in_flight` at a time; every one is answered. Prints the figures."""
    numbers = iter(range(calls))

    async def work() -> None:
        for n in numbers:
            answer = await ask(f"Question {n}: {TEXT}")
            assert answer.startswith("Answer 1"), answer

    before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    await asyncio.gather(*(work() for _ in range(in_flight)))
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = after.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
    print(json.dumps({"wall": wall, "cpu": cpu, "peak_mb": peak}))


def measure(name: str, calls: int, in_flight: int, latency_ms: float) -> None:
    if not find_spec(name):
        print(f"{name:<18} skipped: not installed (pip install {name})")
        return
    with StandIn(latency_ms=latency_ms) as server:
        child = [sys.executable, __file__, "--client", name, "--url", server.url, str(calls)]
        told = subprocess.run(
            [*child, "--in-flight", str(in_flight)], check=True, stdout=subprocess.PIPE
        ).stdout
    done, wanted = json.loads(told), in_flight * 1000 / latency_ms
    ratio = done["wall"] / (calls / wanted)
    print(
        f"{name + ' ' + version(name):<18} {calls:>6,} calls: {ratio:.2f} x ideal, "
        f"CPU {done['cpu'] / calls * 1000:.2f} ms a call, peak memory {done['peak_mb']:.0f} MB; "
        f"{server.verdict(calls, wanted)}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="What the chat client adds to the model's own time.")
    parser.add_argument("calls", type=int, nargs="?", default=CALLS)
    parser.add_argument("--in-flight", type=int, default=IN_FLIGHT)
    parser.add_argument("--latency-ms", type=float, default=LATENCY_MS)
    parser.add_argument("--client", help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.client:
        asyncio.run(CLIENTS[given.client](given.url, given.calls, given.in_flight))
        return
    print(f"{given.latency_ms:g} ms latency, {given.in_flight} in flight, {len(TEXT) / 1000:.1f} KB a call")
    for name in CLIENTS:
        calls = given.calls if name in ("aiohttp", "pairwright") else CALLS_TO_COMPARE
        measure(name, calls, given.in_flight, given.latency_ms)


if __name__ == "__main__":
    main()
