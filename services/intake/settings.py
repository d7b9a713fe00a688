"""Settings of intake."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from shared.settings import DafangtanSettings


class IntakeSettings(DafangtanSettings):
    """What intake needs to know beyond the shared settings."""

    intake_spool_dir: Path = Field(
        Path("var/run/spool"),
        title="事件日志不可用时，已接收的提交暂存在哪个文件夹",
        description="where accepted submissions wait while the event log is away",
    )
    intake_when_log_is_away: Literal["spool", "refuse"] = Field(
        "spool",
        title="事件日志不可用时：spool 存在本机磁盘并照常接收；refuse 答以 503（没有磁盘的容器用）",
        description="spool: keep submissions on disk and accept them; refuse: answer 503 (pods without a disk)",
    )
    intake_spool_limit_bytes: int = Field(
        10_737_418_240,
        ge=1_048_576,
        title="本机最多暂存多少字节，再多答以 507",
        description="the most that may wait on disk; then submissions get 507",
    )
    intake_key_bytes_per_s: int = Field(
        4_194_304,
        ge=1024,
        title="一个渠道密钥、一名访问员或一个人长期每秒最多可传多少字节，含附件和工作簿；超过则答以 429",
        description="how much a channel key, an interviewer or a person may bring in the long run, attachments and "
        "workbooks included; above it, 429",
    )
    intake_key_burst_bytes: int = Field(
        536_870_912,
        ge=1024,
        title="在受上述速率限制以前，一次最多可传多少字节",
        description="how much they may bring at once before that rate holds",
    )
    intake_line_limit_bytes: int = Field(
        65_536,
        ge=1024,
        title="NDJSON 批量中一行最长多少字节，单个提交同此",
        description="the longest line of an NDJSON batch, as for a single submission",
    )
    intake_ahead_s: int = Field(
        600,
        ge=0,
        title="访谈的时间最多可比现在晚多少秒：手机的时钟有快有慢",
        description="by how much the time of an interview may lie after now: the clocks of phones differ",
    )
    intake_quarantine_days: int = Field(
        90,
        ge=1,
        title="隔离区里的内容等人处理多少天，过后销毁",
        description="how long what lies in quarantine waits for somebody before it is destroyed",
    )
    intake_attachments_dir: Path = Field(
        Path("var/run/attachments"),
        title="附件（密封）存放的文件夹；几个 intake 进程共用同一个，都要能写",
        description="where attachments lie, sealed; pods of intake share it (a volume that all can write)",
    )
    intake_imports_dir: Path = Field(
        Path("var/run/imports"),
        title="上传的工作簿（密封）在处理完以前存放的文件夹",
        description="where uploaded workbooks lie, sealed, until they are worked off",
    )
    intake_import_days: int = Field(
        14,
        ge=1,
        title="上传的工作簿的逐行结果可取回多少天",
        description="how long the results of an uploaded workbook can be fetched, row by row",
    )
    intake_upload_expires_s: int = Field(
        604_800,
        ge=60,
        title="开始了的上传等待其余部分多少秒",
        description="how long an upload that was begun may wait for its rest",
    )
    intake_free_space_floor_bytes: int = Field(
        268_435_456,
        ge=0,
        title="磁盘上始终留出的余量（字节）；会用到它的内容拒收（507）",
        description="room on the disk that is never used up: what would need it is refused (507)",
    )
    intake_public_url: str = Field(
        "",
        title="关注者的浏览器访问 intake 的地址（https://…），微信授权后跳回这里再去问卷；留空则没有这条路",
        description="where followers' browsers reach intake (https://…); WeChat sends them back there on their way "
        "to the questionnaire; empty: no such way",
    )
    intake_wechat_accounts: SecretStr = Field(
        SecretStr(""),
        title='各活动的公众号，JSON：{"活动": {"app_id"、"token"、"encoding_aes_key"（安全模式）、'
        '"app_secret"（媒体、问卷）、"questionnaire_url"}}；留空则没有',
        description='the official accounts of campaigns, JSON: {"CAMPAIGN": {"app_id", "token", '
        '"encoding_aes_key" (safe mode), "app_secret" (media, questionnaire), "questionnaire_url"}}; empty: none',
    )
    intake_wechat_api_url: str = Field(
        "https://api.weixin.qq.com",
        title="微信公众号接口的地址",
        description="where WeChat's API for official accounts answers",
    )
    intake_wechat_open_url: str = Field(
        "https://open.weixin.qq.com",
        title="微信网页授权对浏览器开放的地址",
        description="where WeChat's web authorization answers browsers",
    )
    intake_wechat_fresh_s: int = Field(
        600,
        ge=0,
        title="微信推送的时间与本机最多可相差多少秒；0 为不限",
        description="how far the time of a push from WeChat may lie from this machine's; 0: any distance",
    )
