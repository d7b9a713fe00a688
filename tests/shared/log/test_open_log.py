"""The URL chooses the adapter."""

from pathlib import Path

import pytest

from shared.log import open_log
from shared.log.kafka import KafkaEventLog
from shared.log.sqlite import SqliteEventLog


async def test_the_scheme_chooses_the_adapter() -> None:
    assert isinstance(open_log("sqlite:///var/log.db", topic_prefix=""), SqliteEventLog)
    assert isinstance(open_log("kafka://a:9092,b:9092", topic_prefix=""), KafkaEventLog)


async def test_three_slashes_are_relative_and_four_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for url, path in [
        ("sqlite:///new/relative.db", Path("new/relative.db")),
        (f"sqlite:///{tmp_path}/absolute.db", tmp_path / "absolute.db"),
    ]:
        log = open_log(url, topic_prefix="")
        await log.open(["t"], partition_count=1)
        await log.close()
        assert path.is_file()


@pytest.mark.parametrize(
    "url", ["", "log.db", "sqlite:log.db", "sqlite://", "sqlite:///", "kafka://", "redis://x"]
)
async def test_another_url_is_refused_with_what_is_possible(url: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite:///.*kafka://"):
        open_log(url, topic_prefix="")
