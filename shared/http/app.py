"""The app factory: services in, one ASGI app out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from shared.errors import DafangtanError
from shared.http.boundary import Boundary
from shared.http.direct import Directly, DirectRoute
from shared.http.document import DocumentedApp
from shared.http.faces import answer_error, answer_http_error, answer_validation_error
from shared.http.lifecycle import Lifecycle
from shared.http.operations import operations_of
from shared.http.reference import add_reference
from shared.http.service import Service
from shared.platform import Platform

App = FastAPI
"""What the factory makes, for those who may not name the framework."""


def create_app(services: Sequence[Service], platform: Platform, *, title: str) -> FastAPI:
    """One app that serves ``services``, with health, readiness, metrics and reference.

    ``app.state.lifecycle`` brings it up with the app's lifespan and down after it.
    """
    lifecycle = Lifecycle(services, platform)
    app = DocumentedApp(
        title=title,
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # The framework's own costs 8 us a request; ours is in shared.metrics.
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
        lifespan=_lifespan,
        exception_handlers={
            DafangtanError: answer_error,
            HTTPException: answer_http_error,
            RequestValidationError: answer_validation_error,
        },
    )
    app.state.platform = platform
    app.state.lifecycle = lifecycle
    # The routes themselves rather than include_router, whose wrapping costs 7 us a request.
    for service in services:
        app.router.routes.extend(service.router.routes)
    app.router.routes.extend(operations_of(lifecycle).routes)
    add_reference(app)
    app.faces = [face for service in services for face in service.faces]
    direct = [route for route in app.routes if isinstance(route, DirectRoute)]
    app.add_middleware(Directly, routes=direct)
    app.add_middleware(Boundary, settings=platform.settings, is_open=lifecycle.is_open, faces=app.faces)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    lifecycle: Lifecycle = app.state.lifecycle
    lifecycle.start()
    try:
        yield
    finally:
        await lifecycle.stop()
