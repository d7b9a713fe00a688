"""Routes that most requests go to: found first, and called without the framework between."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send


class DirectRoute(APIRoute):
    """A documented route whose endpoint takes the request as it is; the parameters of its path are text.

    Working out an endpoint's parameters costs the framework more than taking in a submission costs us.
    """


class Directly:
    """ASGI middleware that hands requests to direct routes before ``app`` looks for others.

    What an endpoint raises is for the boundary to answer.
    """

    def __init__(self, app: ASGIApp, *, routes: Sequence[DirectRoute]) -> None:
        self._app = app
        self._routes = [
            (method, route.path_regex.match, route) for route in routes for method in route.methods or ()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; everything that isn't HTTP goes through as it is."""
        if scope["type"] == "http":
            method, path = scope["method"], scope["path"]
            for its_method, match, route in self._routes:
                if method == its_method and (found := match(path)):
                    scope["route"], scope["path_params"] = route, found.groupdict()
                    response: Response = await route.endpoint(Request(scope, receive))
                    await response(scope, receive, send)
                    return
        await self._app(scope, receive, send)
