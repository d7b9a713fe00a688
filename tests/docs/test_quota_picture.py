"""The picture of docs/quota.md shows what the service works out today."""

from tests.docs.quota_picture import PICTURE, picture


def test_the_picture_is_what_schedule_forecast_and_statuses_come_to() -> None:
    assert PICTURE.read_text(encoding="utf-8") == picture(), (
        "draw it anew: python -m tests.docs.quota_picture"
    )
