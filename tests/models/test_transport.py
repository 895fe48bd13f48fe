"""What is between a client and an endpoint: redirects, descriptors, replies without end."""

import asyncio
import subprocess
import sys
import textwrap

import pytest
from provider_replies import GOOD, Provider, http

from pairwright.errors import EndpointError
from pairwright.models.chat import ChatClient
from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.models.settings import EndpointSettings

BODY = {"model": "small", "messages": [{"role": "user", "content": "Why?"}]}


async def ask(url, **settings):
    async with ChatClient("main", EndpointSettings(url=url, **settings), first_wait_s=0.01) as client:
        return await client.chat(BODY)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_so_that_nobody_else_gets_the_key_or_the_texts(monkeypatch, status):
    monkeypatch.setenv("PAIRWRIGHT_TEST_KEY", "sk-secret-0123456789")
    with Provider(GOOD, 0) as elsewhere, Provider(http(b"", status, Location=elsewhere.url), 1) as endpoint:
        with pytest.raises(EndpointError, match="sends calls on to http://127.0.0.1.*set the endpoint's url"):
            asyncio.run(ask(endpoint.url, api_key_env="PAIRWRIGHT_TEST_KEY"))
        assert (len(endpoint.requests), elsewhere.requests) == (1, [])


MANY = """
import asyncio, resource, sys
from pairwright.models.chat import ChatClient
from pairwright.models.settings import EndpointSettings

async def main():
    settings = EndpointSettings(url=sys.argv[1], concurrency=100, max_tries=1)
    async with ChatClient("main", settings, first_wait_s=0.02) as client:
        bodies = [{"model": "small", "messages": [{"role": "user", "content": str(n)}]} for n in range(200)]
        replies = await asyncio.gather(*(client.chat(body) for body in bodies))
    print(len(replies), max(reply.tries for reply in replies))

soft, hard = int(sys.argv[2]), int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
asyncio.run(main())
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
@pytest.mark.parametrize(
    ("soft", "hard", "then"), [(40, 4096, 356), (40, 40, 40)], ids=["raised", "waited for"]
)
def test_out_of_descriptors_a_call_waits_for_others(soft, hard, then):
    with LoopbackServer(Behaviour(latency_ms=50)) as server:
        arguments = [server.url, str(soft), str(hard)]
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(MANY), *arguments],
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["200", "1", str(then)]
