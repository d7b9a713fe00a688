"""Settings shared by every service: the one place, with each service's ``settings.py``, that reads the environment.

Every setting is ``DAFANGTAN_<NAME>``; ``dafangtan settings`` prints them all with their meaning. There is no
default secret: keys are files that somebody made (``dafangtan keys init``).
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class DafangtanSettings(BaseSettings):
    """The base of all settings classes: prefix, frozen, unknown names in the environment ignored."""

    model_config = SettingsConfigDict(env_prefix="DAFANGTAN_", frozen=True, extra="ignore")


class Settings(DafangtanSettings):
    """What every process needs to know."""

    log_url: str = Field(
        "sqlite:///var/run/log.db",
        description="the event log: sqlite:///PATH or kafka://HOST:PORT[,HOST:PORT]",
    )
    store_url: str = Field(
        "sqlite:///var/run/store.db",
        description="the store: sqlite:///PATH or mongodb://HOST/DATABASE?replicaSet=NAME",
    )
    clock: str = Field(
        "system",
        pattern=r"^(system|replay:.+)$",
        description="the campaign's clock: system, or replay:PATH, never for a real campaign: a file that "
        "dafangtan demo --days-per-second keeps",
    )
    topic_prefix: str = Field("", description="put before the name of every topic, to share a cluster")
    partition_count: int = Field(8, ge=1, le=1024, description="partitions of a topic that is made at start")
    campaigns_dir: Path = Field(
        Path("deploy/campaigns"), description="a folder with one folder per campaign definition"
    )
    keys_file: Path = Field(
        Path("var/run/keys.json"),
        description="the campaign keys for sealing and pseudonyms; made by: dafangtan keys init",
    )
    channel_keys_file: Path = Field(
        Path("var/run/channel-keys.json"),
        description="the hashed keys of channel frontends; made by: dafangtan channel-key add",
    )
    interviewers_file: Path = Field(
        Path("var/run/interviewers.json"),
        description="who may sign in with ODK Collect, sealed; made by: dafangtan interviewer add",
    )
    signing_keys_file: Path = Field(
        Path("var/run/signing-keys.json"),
        description="the keys of backends that sign what they send, sealed; made by: dafangtan signing-key add",
    )
    oidc_issuer: str = Field(
        "urn:dafangtan:local", description="the issuer that bearer tokens must name (claim iss)"
    )
    oidc_audience: str = Field(
        "dafangtan", description="the audience that bearer tokens must name (claim aud)"
    )
    oidc_keys_url: str = Field(
        "file:var/run/issuer-public.json",
        description="the issuer's public keys (JWKS): file:PATH or https://…",
    )
    issuer_file: Path = Field(
        Path("var/run/issuer.json"),
        description="the private key of the local issuer behind: dafangtan token (embedded mode)",
    )
    http_body_limit_bytes: int = Field(
        262_144, ge=1024, description="the longest body of a request that is not a batch"
    )
    http_batch_limit_bytes: int = Field(
        52_428_800, ge=1024, description="the longest body of a batch request"
    )
    http_attachment_limit_bytes: int = Field(
        104_857_600, ge=1024, description="the longest attachment, in one request or in several"
    )
    stop_grace_s: float = Field(
        20.0, gt=0, description="how long requests and batches under way may take after SIGTERM"
    )
