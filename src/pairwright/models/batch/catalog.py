"""The batch APIs there are, and which one an endpoint has. A further one: its file, and a line here."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from pairwright.errors import ConfigError
from pairwright.models.batch import anthropic, gemini
from pairwright.models.batch.http import BatchHttp, Headers, bearer
from pairwright.models.batch.mistral import Mistral
from pairwright.models.batch.openai import OpenAI, Together
from pairwright.models.batch.provider import BatchProvider
from pairwright.models.settings import BatchApi, EndpointSettings


@dataclass(frozen=True, slots=True)
class Api:
    """`host` is the end of the provider's host name, `headers` carry the key."""

    provider: BatchProvider
    host: str
    headers: Headers = bearer


APIS: dict[BatchApi, Api] = {
    "openai": Api(OpenAI(), "api.openai.com"),
    "together": Api(Together(), "api.together.xyz"),
    "mistral": Api(Mistral(), "api.mistral.ai"),
    "anthropic": Api(anthropic.Anthropic(), "api.anthropic.com", anthropic.headers),
    "gemini": Api(gemini.Gemini(), "generativelanguage.googleapis.com", gemini.headers),
}


def batch_api(name: str, settings: EndpointSettings) -> BatchApi:
    """Which batch API an endpoint has. Raises ConfigError where none is known."""
    if settings.batch is not None:
        return settings.batch
    host = urlsplit(settings.url).hostname or ""
    for api, each in APIS.items():
        if host == each.host:
            return api
    raise ConfigError(
        f"no batch API is known at {host}, the host of endpoint {name}. If it has one, say whose shape it "
        f"has: batch = one of {', '.join(APIS)} under [endpoints.{name}]. For machines of your own use "
        "--via files."
    )


def batch_http(name: str, settings: EndpointSettings) -> BatchHttp:
    return BatchHttp(name, settings, APIS[batch_api(name, settings)].headers)
