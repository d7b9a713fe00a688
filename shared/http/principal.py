"""The principal of a request, for routes to ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from shared.access import Access, Principal


async def principal_of(request: Request) -> Principal:
    """Who sent ``request``. Raises NotAuthenticated; RetryLater when that can't be checked now."""
    access: Access = request.app.state.platform.access
    return await access.authenticate(request.headers.get("authorization"))


CurrentPrincipal = Annotated[Principal, Depends(principal_of)]
"""A route's parameter of this type is the principal of its request."""
