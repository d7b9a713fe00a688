"""Settings of notify."""

from __future__ import annotations

from pydantic import Field, SecretStr, model_validator

from services.notify.smtp import MailServer
from shared.settings import DafangtanSettings


class NotifySettings(DafangtanSettings):
    """What notify needs to know beyond the shared settings."""

    smtp_url: SecretStr = Field(
        SecretStr(""),
        title="邮件服务器：smtps://用户:密码@主机:端口，或用 STARTTLS 的 smtp://…（不用则加 ?starttls=off）；"
        "留空则不发邮件，通知只在站内",
        description="the mail server: smtps://USER:PASSWORD@HOST:PORT, or smtp://… with STARTTLS "
        "(?starttls=off without); empty: no mail, notices lie in the inbox only",
    )
    smtp_sender: str = Field(
        "", title="发出通知的邮箱地址", description="the mail address that notices come from"
    )

    @property
    def mail_server(self) -> MailServer | None:
        """The configured mail server; None without one."""
        url = self.smtp_url.get_secret_value()
        return MailServer.at(url, self.smtp_sender) if url else None

    @model_validator(mode="after")
    def _check_mail(self) -> NotifySettings:
        """A wrong address is told at the start, not with the first notice."""
        if self.mail_server is not None and not _is_address(self.smtp_sender):
            raise ValueError("设置了 DAFANGTAN_SMTP_URL 时，DAFANGTAN_SMTP_SENDER 应为发件邮箱地址")
        return self


def _is_address(text: str) -> bool:
    name, at, domain = text.rpartition("@")
    return bool(name and at and domain) and text.isascii()
