"""How this side of a TLS connection trusts the other: by the authorities that come with the HTTP client."""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def client_tls() -> ssl.SSLContext:
    """For every client of this process: reading the authorities takes a while."""
    return httpx.create_ssl_context()
