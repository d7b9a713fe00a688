"""Settings of the commands that talk to running services."""

from __future__ import annotations

import os

from pydantic import Field

from shared.settings import DafangtanSettings

HERE = "http://127.0.0.1:8000"


class ClientSettings(DafangtanSettings):
    """Where the running services answer, for the commands that ask them."""

    intake_url: str = Field(HERE, description="where commands find the service intake")
    quota_url: str = Field(HERE, description="where commands find the service quota")
    analytics_url: str = Field(HERE, description="where commands find the service analytics")
    release_url: str = Field(HERE, description="where commands find the service release")
    token: str = Field("", description="the bearer token that commands send; empty: ask the local issuer")


class DemoSettings(DafangtanSettings):
    """The servers of the distributed demo."""

    demo_log_url: str = Field(
        "kafka://127.0.0.1:9092", description="the event log of the distributed demo; made by: make servers"
    )
    demo_store_url: str = Field(
        "mongodb://127.0.0.1:27017/dafangtan_demo?replicaSet=rs0",
        description="the store of the distributed demo; made by: make servers",
    )
    demo_topic_prefix: str = Field("demo.", description="the topic prefix of the distributed demo")


def own_environment() -> dict[str, str]:
    """The environment of this process, for processes that it starts."""
    return dict(os.environ)
