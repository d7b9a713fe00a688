"""Joins the services: each built over the platform, and an app that runs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module

from services.cli.books_watch import BooksWatch
from services.cli.clock_guard import CLOCKS, ClockGuard
from services.cli.ground import build_platform
from shared.errors import Invalid
from shared.http import App, Service, create_app
from shared.platform import Platform
from shared.settings import Settings

SERVICES = ("intake", "quota", "analytics", "release", "notify")


def build_service(name: str, platform: Platform) -> Service:
    """The service called ``name``. Only its own modules are imported: one that runs alone is smaller for it.

    Raises Invalid when there is none.
    """
    if name not in SERVICES:
        raise Invalid(f"没有名为“{name}”的服务，应为 {'、'.join(SERVICES)} 之一。")
    build: Callable[[Platform], Service] = import_module(f"services.{name}.app").build
    return build(platform)


def build_app(names: Sequence[str], settings: Settings) -> App:
    """An app that runs the services called ``names``. Raises Invalid."""
    platform = build_platform(settings)
    built = [build_service(name, platform) for name in names]
    guard, first = ClockGuard(platform), built[0]
    built[0] = replace(first, components=(guard, *first.components), collections=(CLOCKS, *first.collections))
    books = [service.books for service in built if service.books is not None]
    if len(books) > 1:
        watch = BooksWatch(books, platform.campaigns)
        built[-1] = replace(built[-1], components=(*built[-1].components, watch))
    return create_app(built, platform, title="大访谈")
