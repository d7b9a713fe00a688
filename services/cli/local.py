"""The secrets of a system on this machine: made once, in files that only their owner may read."""

from __future__ import annotations

from pathlib import Path

from services.cli.ground import load_campaigns
from shared.access import LocalIssuer
from shared.errors import Invalid
from shared.privacy import create_keys
from shared.settings import Settings


def local_issuer(settings: Settings) -> LocalIssuer:
    """The issuer of this machine's tokens; its key is made when it isn't there.

    Raises Invalid where the settings trust an issuer elsewhere: tokens come from there then.
    """
    scheme, _, path = settings.oidc_keys_url.partition(":")
    if scheme != "file":
        raise Invalid(f"本系统信任的签发者在 {settings.oidc_keys_url}，请向它申请令牌。")
    return LocalIssuer(
        settings.issuer_file, Path(path), issuer=settings.oidc_issuer, audience=settings.oidc_audience
    )


def make_local_secrets(settings: Settings) -> None:
    """Make what isn't there yet: the campaigns' keys, and the local issuer's where it is trusted."""
    create_keys(settings.keys_file, list(load_campaigns(settings)))
    if settings.oidc_keys_url.startswith("file:"):
        local_issuer(settings)
