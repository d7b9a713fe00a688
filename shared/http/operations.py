"""What operators and their tools ask: is it alive, is it ready, how is it doing."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from shared.http.lifecycle import Lifecycle


def operations_of(lifecycle: Lifecycle) -> APIRouter:
    """The routes ``/healthz``, ``/readyz`` and ``/metrics``; open to all, they tell nothing about people."""
    router = APIRouter(tags=["运维"])

    @router.get("/healthz", summary="进程是否存活")
    async def healthz() -> Response:
        return _json({"status": "alive"}, 200)

    @router.get(
        "/readyz",
        summary="各部分是否就绪，以及未就绪的原因",
        responses={503: {"content": {"application/json": {}}, "description": "尚未就绪"}},
    )
    async def readyz() -> Response:
        parts = [
            {"name": name, "is_ready": health.is_ready, "detail": health.detail}
            for name, health in lifecycle.health().items()
        ]
        is_ready = lifecycle.is_open() and lifecycle.crash is None and all(each["is_ready"] for each in parts)
        status = "ready" if is_ready else "not-ready"
        return _json({"status": status, "components": parts}, 200 if is_ready else 503)

    @router.get(
        "/metrics",
        summary="Prometheus 指标",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )
    async def metrics() -> Response:
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return router


def _json(content: dict[str, Any], status: int) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
