"""Structured logs."""

import asyncio
import io
import json
import logging

import pytest
from pydantic import BaseModel, ValidationError

from shared.logging import WITHHELD, configure_logging, get_logger, log_context


@pytest.fixture
def lines():
    """All that is logged in the test, decoded."""
    stream = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    root.handlers.clear()
    configure_logging(level="DEBUG", stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines() if '"asyncio"' not in line]
    root.handlers[:], root.level = before


log = get_logger("test.part")


def test_an_event_is_one_line_of_json_with_its_fields(lines):
    log.info("spooled", spooled_count=3, topic="submissions", reason="第一行\n第二行")
    (line,) = lines()
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "test.part",
        "event": "spooled",
        "spooled_count": 3,
        "topic": "submissions",
        "reason": "第一行\n第二行",
    }


def test_each_level_is_told(lines):
    log.debug("a")
    log.info("b")
    log.warning("c")
    log.error("d")
    assert [line["level"] for line in lines()] == ["debug", "info", "warning", "error"]


async def test_ids_of_the_context_are_on_every_line_of_their_task_alone(lines):
    async def work(id):
        with log_context(request_id=id):
            await asyncio.sleep(0)
            with log_context(event_id=f"e-{id}"):
                log.info("inside")
            log.info("outside")

    await asyncio.gather(work("r1"), work("r2"))
    log.info("after")
    found = {(line.get("request_id"), line.get("event_id"), line["event"]) for line in lines()}
    assert found == {
        ("r1", "e-r1", "inside"), ("r2", "e-r2", "inside"),
        ("r1", None, "outside"), ("r2", None, "outside"), (None, None, "after"),
    }  # fmt: skip


def test_personal_fields_and_secrets_are_withheld(lines):
    log.info("x", name="张三", phone="13812345678", texts={"q1": "…"}, token="abc", unit="gusu")
    (line,) = lines()
    assert {line[field] for field in ("name", "phone", "texts", "token")} == {WITHHELD}
    assert line["unit"] == "gusu"


def test_personal_details_inside_texts_are_redacted_and_ids_are_not(lines):
    id = "550e8400-e29b-41d4-a716-446655440000"
    log.warning("x", reason=f"{id}: bad phone 13812345678")
    assert lines()[0]["reason"] == f"{id}: bad phone 〔电话〕"


def crash_with(error):
    try:
        raise error
    except type(error):
        log.exception("crashed", part="x")


@pytest.mark.parametrize("id", ["baa1234567890ecb75d127b9a49c19a0", "8005fe45-494c-5f88-8865-123456789012"])
def test_an_id_of_ours_is_shown_whole_whatever_digits_are_in_it(lines, id):
    log.info("import-ended", job=id, detail=f"{id}，电话 15400000001")
    (line,) = lines()
    assert line["job"] == id
    assert "15400000001" not in line["detail"]


def test_an_exception_comes_with_its_traceback_on_the_same_line(lines):
    crash_with(KeyError("13812345678"))
    (line,) = lines()
    assert line["level"] == "error"
    assert "crash_with" in line["traceback"]
    assert "KeyError" in line["traceback"]
    assert "13812345678" not in line["traceback"]


def test_an_exception_that_isnt_being_handled_can_be_given(lines):
    log.exception("crashed", error=ValueError("earlier"))
    assert "ValueError: earlier" in lines()[0]["traceback"]


def test_what_pydantic_quotes_of_an_input_is_left_out(lines):
    class Form(BaseModel):
        age: int

    answers = {"age": "张三" + "三十岁"}
    with pytest.raises(ValidationError) as caught:
        Form.model_validate(answers)
    log.exception("crashed", error=caught.value)
    (line,) = lines()
    assert "张三三十岁" not in line["traceback"]
    assert "int_parsing" in line["traceback"]


def test_libraries_log_in_the_same_form_and_redacted(lines):
    logging.getLogger("some.library").warning("lost %s", "13812345678")
    (line,) = lines()
    assert (line["logger"], line["event"]) == ("some.library", "lost 〔电话〕")


def test_whatever_is_logged_the_line_is_written(lines):
    class Odd:
        def __repr__(self):
            return "<odd>"

    log.info(
        "x", odd=Odd(), big=2**80, bytes=b"\xff", broken="\ud800", mapping={1: {2}}, event_count=float("nan")
    )
    (line,) = lines()
    assert line["odd"] == "<odd>"
    assert line["big"] == 2**80


def test_fields_cant_pose_as_the_line_itself(lines):
    log.info("x", time="never", logger="another")
    (line,) = lines()
    assert line["logger"] == "test.part"
    assert line["time"] != "never"


def test_what_is_below_the_level_costs_no_formatting(lines):
    class Expensive:
        def __repr__(self):
            raise AssertionError("formatted")

    logging.getLogger().setLevel("WARNING")
    log.info("x", expensive=Expensive())
    assert lines() == []
