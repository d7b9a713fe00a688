"""Settings of the commands that talk to running services."""

from __future__ import annotations

import os

from pydantic import Field

from shared.settings import DafangtanSettings

HERE = "http://127.0.0.1:8000"


class ClientSettings(DafangtanSettings):
    """Where the running services answer, for the commands that ask them."""

    intake_url: str = Field(
        HERE, title="命令到哪里找 intake 服务", description="where commands find the service intake"
    )
    quota_url: str = Field(
        HERE, title="命令到哪里找 quota 服务", description="where commands find the service quota"
    )
    analytics_url: str = Field(
        HERE, title="命令到哪里找 analytics 服务", description="where commands find the service analytics"
    )
    release_url: str = Field(
        HERE, title="命令到哪里找 release 服务", description="where commands find the service release"
    )
    token: str = Field(
        "",
        title="命令所用的访问令牌；留空则向本地签发者要",
        description="the bearer token that commands send; empty: ask the local issuer",
    )


class DemoSettings(DafangtanSettings):
    """The servers of the distributed demo."""

    demo_log_url: str = Field(
        "kafka://127.0.0.1:9092",
        title="分布式演示的事件日志；由 make servers 准备",
        description="the event log of the distributed demo; made by: make servers",
    )
    demo_store_url: str = Field(
        "mongodb://127.0.0.1:27017/dafangtan_demo?replicaSet=rs0",
        title="分布式演示的存储；由 make servers 准备",
        description="the store of the distributed demo; made by: make servers",
    )
    demo_topic_prefix: str = Field(
        "demo.", title="分布式演示的主题前缀", description="the topic prefix of the distributed demo"
    )


def own_environment() -> dict[str, str]:
    """The environment of this process, for processes that it starts."""
    return dict(os.environ)
