"""What a project file says about endpoints and models. Unknown keys are refused."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from pairwright.models.secrets import looks_like_key, no_keys_in

BatchApi = Literal["openai", "together", "mistral", "anthropic", "gemini"]

# Further fields of a request, which are part of what was asked and so are kept with each vote.
Extra = Annotated[dict[str, Any], AfterValidator(no_keys_in)]


class Settings(BaseModel):
    # A value that is refused may be a key that stands in the wrong place.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


class ServerSettings(Settings):
    """Where calls are sent, and with which key."""

    url: str = Field(description="base URL up to and including /v1", pattern=r"^https?://")
    api_key_env: str | None = Field(None, description="name of the environment variable that holds the key")

    @field_validator("url")
    @classmethod
    def _shows_no_secret(cls, url: str) -> str:
        if "@" in url.split("/")[2]:
            raise ValueError(
                "the endpoint's url has a user name or password in it, and messages show the url: "
                "put the key in an environment variable and name that in api_key_env"
            )
        if any(looks_like_key(value) for _, value in parse_qsl(urlsplit(url).query)):
            raise ValueError("the endpoint's url has a key in it, and messages show the url: use api_key_env")
        return url

    @field_validator("api_key_env")
    @classmethod
    def _is_a_name(cls, name: str | None) -> str | None:
        if name is not None and (looks_like_key(name) or not re.fullmatch(r"[A-Za-z_]\w*", name)):
            raise ValueError(
                "api_key_env is the name of an environment variable, such as OPENAI_API_KEY, and what stands "
                "there is none. If it is the key itself, take it out of the file, change it where it was "
                "issued, and put the new one in the environment"
            )
        return name


class EndpointSettings(ServerSettings):
    """An OpenAI-compatible chat endpoint and how hard it may be used.

    Limits are each server's, where there are several.
    """

    also: list[ServerSettings] = Field(
        default_factory=list,
        description="further servers of its models, each {url, api_key_env}: calls go to those that work",
    )
    concurrency: int = Field(
        256, ge=1, le=4096, description="the most calls in flight at once; how many of these is found out"
    )
    requests_per_minute: float | None = Field(None, gt=0, description="the endpoint's limit; default: none")
    tokens_per_minute: float | None = Field(
        None, gt=0, description="the endpoint's limit, of prompts and answers together; default: none"
    )
    connect_timeout_s: float = Field(10, gt=0, description="seconds to wait for a connection")
    read_timeout_s: float = Field(120, gt=0, description="longest silence while waiting for an answer")
    total_timeout_s: float = Field(300, gt=0, description="seconds one send may take in all")
    max_tries: int = Field(6, ge=1, le=50, description="sends of one call before it is a failure")
    headers: dict[str, str] = Field(default_factory=dict, description="extra headers; never put a key here")
    batch: BatchApi | None = Field(
        None, description="the batch API that --via batch speaks to it; default: known by the url's host"
    )
    batch_price: float = Field(0.5, ge=0, le=1, description="what a call in a batch costs, of the list price")
    batch_listed_s: float = Field(
        120, ge=0, description="seconds until the provider's list of batches shows a new one for certain"
    )

    @model_validator(mode="after")
    def _no_server_twice(self) -> Self:
        seen = set()
        for each in self.servers:
            if (which := (each.url.rstrip("/"), each.api_key_env)) in seen:
                raise ValueError(f'also names "{each.url}" twice: one of an address and key is enough')
            seen.add(which)
        return self

    @property
    def servers(self) -> list[ServerSettings]:
        """All that calls may be sent to, the endpoint's own first."""
        return [self, *self.also]

    @property
    def most_in_flight(self) -> int:
        """Calls to all servers together."""
        return self.concurrency * len(self.servers)


class ModelSettings(Settings):
    """One model behind an endpoint, and how to sample from it."""

    endpoint: str = Field(description="a name from [endpoints]")
    model: str = Field(description="the name the endpoint knows it by")
    temperature: float = Field(1.0, ge=0, le=2, description="for responses; judges have their own")
    max_tokens: int = Field(1024, ge=1, description="longest response; one that reaches it is truncated")
    thinks: bool = Field(
        False, description="a reasoning model: as a judge it has room for 4,096 tokens, unless told otherwise"
    )
    system: str | None = Field(None, description="system message put before prompts that have none")
    extra: Extra = Field(default_factory=dict, description="further request fields, sent as they are")
    omit: list[str] = Field(default_factory=list, description="request fields this model refuses")
    max_tokens_field: str = Field("max_tokens", description="some models want max_completion_tokens")
    images: bool = Field(False, description="it takes images; rows with images are refused where it does not")
    image_tokens: int = Field(
        5000, ge=1, description="the most tokens one image is charged as; budgets hold that back for each"
    )
    price_in: float | None = Field(None, ge=0, description="USD per million prompt tokens")
    price_out: float | None = Field(None, ge=0, description="USD per million completion tokens")
    price_cached: float | None = Field(
        None,
        ge=0,
        description="USD per million prompt tokens read from a cache; default: price_in",
    )
