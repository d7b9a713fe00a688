"""Settings shared by every service: the one place, with each service's ``settings.py``, that reads the environment.

Every setting is ``DAFANGTAN_<NAME>``. What it means stands with it, twice: its ``title`` is what ``dafangtan settings``
prints, in the operator's language, its ``description`` stands in the reference of the documentation. There is no
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
        title="事件日志：sqlite:///路径，或 kafka://主机:端口[,主机:端口]",
        description="the event log: sqlite:///PATH or kafka://HOST:PORT[,HOST:PORT]",
    )
    store_url: str = Field(
        "sqlite:///var/run/store.db",
        title="存储：sqlite:///路径，或 mongodb://主机/库名?replicaSet=名称",
        description="the store: sqlite:///PATH or mongodb://HOST/DATABASE?replicaSet=NAME",
    )
    clock: str = Field(
        "system",
        pattern=r"^(system|replay:.+)$",
        title="活动的时钟：system；或 replay:路径，即 dafangtan demo --days-per-second 写的文件，真实的活动绝不可用",
        description="the campaign's clock: system, or replay:PATH, never for a real campaign: a file that "
        "dafangtan demo --days-per-second keeps",
    )
    topic_prefix: str = Field(
        "",
        title="加在每个主题名前面，与别的系统共用一个集群时用",
        description="put before the name of every topic, to share a cluster",
    )
    partition_count: int = Field(
        8,
        ge=1,
        le=1024,
        title="启动时新建的主题有几个分区",
        description="partitions of a topic that is made at start",
    )
    campaigns_dir: Path = Field(
        Path("deploy/campaigns"),
        title="活动定义所在的文件夹，一个活动一个子文件夹",
        description="a folder with one folder per campaign definition",
    )
    keys_file: Path = Field(
        Path("var/run/keys.json"),
        title="各活动密封和假名用的密钥；用 dafangtan keys init 生成",
        description="the campaign keys for sealing and pseudonyms; made by: dafangtan keys init",
    )
    channel_keys_file: Path = Field(
        Path("var/run/channel-keys.json"),
        title="渠道前端的密钥（只存摘要）；用 dafangtan channel-key add 生成",
        description="the hashed keys of channel frontends; made by: dafangtan channel-key add",
    )
    interviewers_file: Path = Field(
        Path("var/run/interviewers.json"),
        title="可以用 ODK Collect 登录的访问员，密封保存；用 dafangtan interviewer add 登记",
        description="who may sign in with ODK Collect, sealed; made by: dafangtan interviewer add",
    )
    signing_keys_file: Path = Field(
        Path("var/run/signing-keys.json"),
        title="给所发内容签名的后端的密钥，密封保存；用 dafangtan signing-key add 生成",
        description="the keys of backends that sign what they send, sealed; made by: dafangtan signing-key add",
    )
    oidc_issuer: str = Field(
        "urn:dafangtan:local",
        title="访问令牌必须写明的签发者（iss）",
        description="the issuer that bearer tokens must name (claim iss)",
    )
    oidc_audience: str = Field(
        "dafangtan",
        title="访问令牌必须写明的使用方（aud）",
        description="the audience that bearer tokens must name (claim aud)",
    )
    oidc_keys_url: str = Field(
        "file:var/run/issuer-public.json",
        title="签发者的公钥（JWKS）：file:路径 或 https://…",
        description="the issuer's public keys (JWKS): file:PATH or https://…",
    )
    issuer_file: Path = Field(
        Path("var/run/issuer.json"),
        title="dafangtan token 所用本地签发者的私钥（嵌入式）",
        description="the private key of the local issuer behind: dafangtan token (embedded mode)",
    )
    http_body_limit_bytes: int = Field(
        262_144,
        ge=1024,
        title="单个请求体最长多少字节，批量请求除外",
        description="the longest body of a request that is not a batch",
    )
    http_batch_limit_bytes: int = Field(
        52_428_800, ge=1024, title="批量请求体最长多少字节", description="the longest body of a batch request"
    )
    http_attachment_limit_bytes: int = Field(
        104_857_600,
        ge=1024,
        title="一个附件最长多少字节，一次或分几次传都一样",
        description="the longest attachment, in one request or in several",
    )
    stop_grace_s: float = Field(
        20.0,
        gt=0,
        title="收到 SIGTERM 后，进行中的请求和批次还可以用多少秒",
        description="how long requests and batches under way may take after SIGTERM",
    )
