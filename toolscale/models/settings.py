"""How to reach a model and how much to spend on it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

OPENAI_URL = "https://api.openai.com/v1"


class ModelSettings(BaseModel):
    """One model at one endpoint, or in this process."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(min_length=1, description="The model's name at the endpoint; for vllm a name or folder.")
    backend: Literal["openai", "vllm"] = Field(
        default="openai", description="An OpenAI-compatible endpoint, or vLLM in this process."
    )
    base_url: str = Field(
        default_factory=lambda: os.environ.get("OPENAI_BASE_URL") or OPENAI_URL,
        description="The endpoint's address, up to and with /v1; by default that of OPENAI_BASE_URL, else OpenAI's.",
    )
    key_env: str = Field(default="OPENAI_API_KEY", description="The environment variable that holds the key.")
    provider: str | None = Field(
        default=None, description="Whose prices count (data/prices.yaml); None: by the address, then by the model."
    )
    price: tuple[float, float] | None = Field(
        default=None, description="Dollars per million tokens in and out, instead of the price table's."
    )
    structured: Literal["auto", "native", "prompt"] = Field(
        default="auto",
        description="JSON Schema by the endpoint, by the prompt, or by the prompt if the endpoint can't.",
    )
    stream: bool = Field(default=False, description="Receive answers piece by piece; the answer is the same.")
    temperature: float = Field(default=0.7, ge=0, le=2, description="Where a request does not say.")
    max_tokens: int = Field(default=4096, ge=1, description="Tokens of an answer, where a request does not say.")
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = Field(
        default="max_tokens",
        description="What the endpoint calls that; OpenAI's reasoning models take the second only.",
    )
    repairs: int = Field(default=2, ge=0, le=5, description="How often a malformed answer goes back with the fault.")
    timeout: float = Field(default=120, gt=0, description="Seconds without an answer until a request is given up.")
    retries: int = Field(default=5, ge=0, description="Tries after a 5xx or a cut connection; time-outs get at most 2.")
    patience: float = Field(default=600, ge=0, description="Seconds that one request waits for rate limits, in all.")
    backoff: float = Field(
        default=0.5, gt=0, description="Seconds of the first wait, on average twice it at each later."
    )
    engine: dict[str, Any] = Field(
        default_factory=dict, description="Arguments of vLLM's LLM(...), such as max_model_len."
    )
    concurrency_start: int = Field(default=8, ge=1, description="Requests in flight at first.")
    concurrency_max: int = Field(default=64, ge=1, description="Requests in flight at most.")
    cache: Path | None = Field(default=None, description="The SQLite file of paid answers; None: nothing is kept.")
    budget_usd: float | None = Field(default=None, ge=0, description="Dollars that one run may spend; None: no limit.")

    @field_validator("base_url")
    @classmethod
    def _has_a_scheme(cls, base_url: str) -> str:
        if not base_url.startswith(("http://", "https://")):
            raise ValueError(f"'{base_url}' is no address: it begins with http:// or https://")
        return base_url

    @model_validator(mode="after")
    def _start_below_most(self) -> ModelSettings:
        if self.concurrency_start > self.concurrency_max:
            raise ValueError("concurrency_start is above concurrency_max")
        return self

    @property
    def place(self) -> str:
        """What messages call the endpoint: its address, or this process."""
        return self.base_url.rstrip("/") if self.backend == "openai" else "vLLM in this process"
