"""The API reference as one plain page, made here from the OpenAPI document, with nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import FastAPI, Response

Schema = Mapping[str, Any]

HEADERS = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}
STYLE = """
body { font: 1rem/1.6 sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
h2 { border-bottom: 1px solid; margin-top: 2.5rem; } h3 { margin-bottom: .3rem; }
code { font-size: 1.05em; overflow-wrap: anywhere; } .method { font-weight: bold; }
table { border-collapse: collapse; } td, th { border: 1px solid; padding: .2rem .6rem; text-align: left; }
"""


def add_reference(app: FastAPI) -> None:
    """Serve the reference at ``/docs``."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return Response(reference_page(app.openapi()), media_type="text/html; charset=utf-8", headers=HEADERS)


def reference_page(document: Schema) -> str:
    """The HTML page of an OpenAPI 3 ``document``."""
    title = escape(document["info"]["title"])
    return "".join(
        (
            f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title} · 接口</title>',
            f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>',
            f'<h1>{title} · 接口</h1><p>完整定义：<a href="/openapi.json">/openapi.json</a>。',
            "出错时的答复均为 <code>application/problem+json</code>（RFC 9457），",
            "其中 <code>code</code> 固定不变。</p>",
            *_sections(document),
            "</body></html>",
        )
    )


def _sections(document: Schema) -> Iterator[str]:
    by_tag: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tag = (operation.get("tags") or ["其他"])[0]
            by_tag.setdefault(tag, []).append(_operation(document, path, method, operation))
    for tag, pieces in by_tag.items():
        yield f"<h2>{escape(tag)}</h2>{''.join(pieces)}"


def _operation(document: Schema, path: str, method: str, operation: Schema) -> str:
    rows = [*_parameter_rows(operation), *_body_rows(document, operation)]
    table = f"<table><tr><th>名称<th>位置<th>类型<th>必填<th>说明</tr>{''.join(rows)}</table>" if rows else ""
    description = operation.get("description", "")
    return (
        f'<h3><span class="method">{method.upper()}</span> <code>{escape(path)}</code></h3>'
        f"<p>{escape(operation.get('summary', ''))}</p>"
        + (f"<p>{escape(description)}</p>" if description else "")
        + table
    )


def _parameter_rows(operation: Schema) -> Iterator[str]:
    places = {"path": "路径", "query": "查询", "header": "请求头", "cookie": "Cookie"}
    for each in operation.get("parameters", ()):
        description = each.get("description", "")
        yield _row(each["name"], places[each["in"]], each["schema"], each.get("required", False), description)


def _body_rows(document: Schema, operation: Schema) -> Iterator[str]:
    for media in operation.get("requestBody", {}).get("content", {}).values():
        schema = _resolved(document, media.get("schema", {}))
        required = schema.get("required", ())
        for name, part in schema.get("properties", {}).items():
            yield _row(name, "内容", part, name in required, part.get("description", ""))


def _row(name: str, place: str, schema: Schema, is_required: bool, description: str) -> str:
    cells = (f"<code>{escape(name)}</code>", place, escape(_type(schema)), "是" if is_required else "")
    return f"<tr><td>{'<td>'.join(cells)}<td>{escape(description)}</tr>"


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(_type(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items', {}))}]"
    return str(schema.get("format") or schema.get("type") or "")


def _resolved(document: Schema, schema: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    resolved: Schema = document["components"]["schemas"][str(schema["$ref"]).rpartition("/")[2]]
    return resolved
