"""Files that belong to the blank forms."""

from dataclasses import replace
from hashlib import md5
from xml.etree import ElementTree

import pytest

from tests.services.intake.openrosa.collect import BASE, DEVICE, message_of
from tests.services.intake.openrosa.conftest import serving

LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
PICTURE = b"\x89PNG\r\n"


@pytest.fixture
async def openrosa(engine, tmp_path, clock):
    media = tmp_path / "campaigns" / "suzhou-2024" / "media"
    media.mkdir(parents=True)
    (media / "访谈卡 1.png").write_bytes(PICTURE)
    (tmp_path / "campaigns" / "suzhou-2024" / "secret.txt").write_bytes(b"secret")

    def with_media(platform):
        settings = platform.settings.model_copy(update={"campaigns_dir": tmp_path / "campaigns"})
        return replace(platform, settings=settings)

    async with serving(engine, tmp_path, clock, with_media) as openrosa:
        yield openrosa


async def test_the_list_leads_to_the_manifest_and_that_to_the_files(openrosa):
    forms = ElementTree.fromstring((await openrosa.lu.get(f"{BASE}/formList?{DEVICE}")).content)
    url = forms.find(f"{LIST}xform").findtext(f"{LIST}manifestUrl")
    manifest = await openrosa.lu.get(url)
    assert (manifest.status_code, manifest.headers["x-openrosa-version"]) == (200, "1.0")
    (file,) = ElementTree.fromstring(manifest.content)
    assert file.findtext(f"{MANIFEST}filename") == "访谈卡 1.png"
    assert file.findtext(f"{MANIFEST}hash") == f"md5:{md5(PICTURE).hexdigest()}"
    answer = await openrosa.lu.get(file.findtext(f"{MANIFEST}downloadUrl"))
    assert (answer.content, answer.headers["content-type"]) == (PICTURE, "image/png")


@pytest.mark.parametrize(
    "path",
    [
        "media/nothing.png",
        "media/..%2Fsecret.txt",
        "media/%2E%2E/secret.txt",
        "forms/a/manifest",
        "forms/a.xml",
    ],
)
async def test_nothing_else_can_be_had(openrosa, path):
    answer = await openrosa.lu.get(f"{BASE}/{path}")
    assert (answer.status_code, bool(message_of(answer))) == (404, True)
