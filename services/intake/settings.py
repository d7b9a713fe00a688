"""Settings of intake."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from shared.settings import DafangtanSettings


class IntakeSettings(DafangtanSettings):
    """What intake needs to know beyond the shared settings."""

    intake_spool_dir: Path = Field(
        Path("var/run/spool"), description="where accepted submissions wait while the event log is away"
    )
    intake_when_log_is_away: Literal["spool", "refuse"] = Field(
        "spool",
        description="spool: keep submissions on disk and accept them; refuse: answer 503 (pods without a disk)",
    )
    intake_spool_limit_bytes: int = Field(
        10_737_418_240, ge=1_048_576, description="the most that may wait on disk; then submissions get 507"
    )
    intake_key_bytes_per_s: int = Field(
        4_194_304,
        ge=1024,
        description="how much a channel key, an interviewer or a person may bring in the long run, attachments and "
        "workbooks included; above it, 429",
    )
    intake_key_burst_bytes: int = Field(
        536_870_912, ge=1024, description="how much they may bring at once before that rate holds"
    )
    intake_line_limit_bytes: int = Field(
        65_536, ge=1024, description="the longest line of an NDJSON batch, as for a single submission"
    )
    intake_ahead_s: int = Field(
        600,
        ge=0,
        description="by how much the time of an interview may lie after now: the clocks of phones differ",
    )
    intake_quarantine_days: int = Field(
        90, ge=1, description="how long what lies in quarantine waits for somebody before it is destroyed"
    )
    intake_attachments_dir: Path = Field(
        Path("var/run/attachments"),
        description="where attachments lie, sealed; pods of intake share it (a volume that all can write)",
    )
    intake_imports_dir: Path = Field(
        Path("var/run/imports"), description="where uploaded workbooks lie, sealed, until they are worked off"
    )
    intake_import_days: int = Field(
        14, ge=1, description="how long the results of an uploaded workbook can be fetched, row by row"
    )
    intake_upload_expires_s: int = Field(
        604_800, ge=60, description="how long an upload that was begun may wait for its rest"
    )
    intake_free_space_floor_bytes: int = Field(
        268_435_456,
        ge=0,
        description="room on the disk that is never used up: what would need it is refused (507)",
    )
    intake_public_url: str = Field(
        "",
        description="where followers' browsers reach intake (https://…); WeChat sends them back there on their way "
        "to the questionnaire; empty: no such way",
    )
    intake_wechat_accounts: SecretStr = Field(
        SecretStr(""),
        description='the official accounts of campaigns, JSON: {"CAMPAIGN": {"app_id", "token", '
        '"encoding_aes_key" (safe mode), "app_secret" (media, questionnaire), "questionnaire_url"}}; empty: none',
    )
    intake_wechat_api_url: str = Field(
        "https://api.weixin.qq.com", description="where WeChat's API for official accounts answers"
    )
    intake_wechat_open_url: str = Field(
        "https://open.weixin.qq.com", description="where WeChat's web authorization answers browsers"
    )
    intake_wechat_fresh_s: int = Field(
        600,
        ge=0,
        description="how far the time of a push from WeChat may lie from this machine's; 0: any distance",
    )
