"""The protocol of uploads: what clients learn, and what is refused with which status."""

import pytest

from tests.services.intake.attachments.client import TUS, metadata


async def test_clients_learn_what_the_server_can(client):
    answer = await client.ask("OPTIONS")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,expiration"
    assert answer.headers["tus-max-size"] == "104857600"


async def test_another_version_of_the_protocol_is_refused_with_the_one_that_is_spoken(client):
    where = await client.begin(10)
    answer = await client.ask("HEAD", where, tus_resumable="0.2.2")
    assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 422),
        (metadata(filename=""), 422),
        (metadata(filename="a/b"), 422),
        (metadata(filename="a\nb"), 422),
        (metadata(filename="x" * 256), 422),
        (metadata(filename="a", kind="recording"), 422),
        (metadata(filename="a", filetype="no type"), 422),
        ({"upload-metadata": "filename =!!"}, 422),
        ({"upload-metadata": "filename /w=="}, 422),
        ({**metadata(filename="a"), **TUS, "upload-length": "-1"}, 422),
        ({**metadata(filename="a"), **TUS, "upload-length": "1e3"}, 422),
        ({**metadata(filename="a"), **TUS, "upload-length": "9" * 5000}, 422),
        ({**metadata(filename="a"), **TUS, "upload-length": "104857601"}, 413),
        ({**metadata(filename="a"), "upload-length": "10"}, 412),
    ],
)
async def test_what_does_not_say_rightly_what_it_is_is_refused_with_the_reason(client, headers, status):
    answer = await client.ask("POST", body=b"x", **headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert client.files() == []


async def test_a_part_of_another_media_type_is_refused(client):
    where = await client.begin(10)
    answer = await client.ask("PATCH", where, body=b"x", **TUS, upload_offset="0", content_type="audio/mp4")
    assert answer.status_code == 415
