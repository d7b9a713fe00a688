"""A filled-in form as it is sent: an XML instance, read with bounds. Pure.

The text is decoded as UTF-8 before it is parsed, whatever it says of its encoding itself; without NUL in it the
parser can't take it for UTF-16. So a document type, and with it every entity, can only begin with the characters
``<!DOCTYPE``, which are refused, and the number of elements is bounded by that of ``<``, before anything is built.
That is what defusedxml refuses, at a third of its time: it can't take the parser that is written in C.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections import Counter
from xml.etree.ElementTree import Element, ParseError, fromstring

import msgspec

from shared.errors import FieldProblem, Invalid

XML_LIMIT_BYTES = 1_048_576
DEPTH_LIMIT = 32
ELEMENT_LIMIT = 10_000
TAG_LIMIT = 2 * ELEMENT_LIMIT + 100
"""Each element has two tags at most; the rest is for comments."""
ID_LIMIT_CHARS = 200
DOCUMENT_TYPE = "<!DOCTYPE"
ENCRYPTED_NAMESPACE = "{http://www.opendatakit.org/xforms/encrypted}"


_NONE: frozenset[str] = frozenset()


class Instance(msgspec.Struct, frozen=True, gc=False):
    """A filled-in form. ``version`` is the questionnaire's; an empty one is None.

    ``deprecated_id`` names the instance that this one takes the place of: it was edited after it was sent.
    """

    form_id: str
    version: str | None
    root: Element
    instance_id: str | None
    deprecated_id: str | None


def read_instance(content: bytes) -> Instance:
    """The instance in ``content``.

    Raises Invalid with the code ``broken-encoding``, ``broken-xml``, ``forbidden-xml``, ``form-too-large`` or
    ``encrypted``.
    """
    root = _root(_text(content))
    meta = _child(root, "meta")
    if root.get("encrypted") == "yes" or root.tag.startswith(ENCRYPTED_NAMESPACE):
        raise Invalid("本系统不接收加密的表单，请使用从本服务器下载的表单。", code="encrypted")
    form_id = root.get("id")
    if not form_id:
        raise Invalid("表单没有编号（根元素的 id 属性）。", code="broken-xml")
    return Instance(
        form_id=form_id,
        version=root.get("version") or None,
        root=root,
        instance_id=_meta_id(meta, "instanceID"),
        deprecated_id=_meta_id(meta, "deprecatedID"),
    )


def flat(instance: Instance, repeats: frozenset[str]) -> dict[str, str | None]:
    """Every path under the root to its text, without blanks around it; None where it is empty.

    Names are without namespaces: whichever prefix a client writes, the answers are the same. The rows of ``repeats``
    (paths without numbers) have their number, from 1: ``children/child[2]/name``. So have elements of one name
    that stand beside each other though no repeat is declared. Raises Invalid for endless nesting.
    """
    found: dict[str, str | None] = {}
    _gather(found, instance.root, "", "", repeats, 1)
    return found


def _gather(
    found: dict[str, str | None],
    element: Element,
    path: str,
    declared: str,
    repeats: frozenset[str],
    depth: int,
) -> None:
    if depth > DEPTH_LIMIT:
        raise Invalid(f"表单的嵌套超过 {DEPTH_LIMIT} 层。", code="form-too-large")
    names = [child.tag.rpartition("}")[2] for child in element]
    many = _NONE
    if len(set(names)) < len(names):
        many = frozenset(name for name, count in Counter(names).items() if count > 1)
    if repeats:
        many = many.union(name for name in names if declared + name in repeats)
    numbers: dict[str, int] = {}
    for name, child in zip(names, element, strict=True):
        child_path = path + name
        if name in many:
            numbers[name] = number = numbers.get(name, 0) + 1
            child_path += f"[{number}]"
        if len(child):
            _gather(found, child, child_path + "/", f"{declared}{name}/", repeats, depth + 1)
        else:
            text = child.text
            found[child_path] = (text.strip() or None) if text else None


def _text(content: bytes) -> str:
    if len(content) > XML_LIMIT_BYTES:
        raise Invalid(f"表单超过 {XML_LIMIT_BYTES:,} 字节的上限。", code="form-too-large")
    try:
        text = content.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError:
        raise _broken_encoding() from None
    if "\0" in text:
        raise _broken_encoding()
    if DOCUMENT_TYPE in text:
        raise Invalid("表单不能带有文档类型声明或实体。", code="forbidden-xml")
    if text.count("<") > TAG_LIMIT:
        raise Invalid(f"表单最多有 {ELEMENT_LIMIT:,} 个元素。", code="form-too-large")
    return text


def _broken_encoding() -> Invalid:
    return Invalid("表单的文字编码应为 UTF-8。", code="broken-encoding")


def _root(text: str) -> Element:
    try:
        return fromstring(text)  # noqa: S314 - without document type, bounded
    except ParseError as error:
        line, _ = error.position
        raise Invalid(f"表单不是有效的 XML（第 {line} 行）。", code="broken-xml") from None


def _child(element: Element, name: str) -> Element | None:
    for child in reversed(element):  # that is where ``meta`` stands
        if child.tag.rpartition("}")[2] == name:
            return child
    return None


def _meta_id(meta: Element | None, name: str) -> str | None:
    found = None if meta is None else _child(meta, name)
    id = "" if found is None else (found.text or "").strip()
    if len(id) > ID_LIMIT_CHARS:
        allowed = f"最多 {ID_LIMIT_CHARS} 个字符，收到 {len(id)} 个"
        raise Invalid("表单的实例编号过长。", [FieldProblem(f"meta/{name}", allowed)])
    return id or None
