"""``dafangtan campaign check`` looks at the hotline too."""

import shutil
from pathlib import Path

from typer.testing import CliRunner

from services.cli import app


def test_what_is_wrong_with_the_hotline_is_told_by_its_line(tmp_path):
    folder = tmp_path / "suzhou-2024"
    shutil.copytree(Path("deploy/campaigns/suzhou-2024"), folder)
    assert CliRunner().invoke(app, ["campaign", "check", str(folder)]).exit_code == 0
    (folder / "hotline.yaml").write_text("categories:\n  pay: 工资\n  wages: 工资\n", encoding="utf-8")
    checked = CliRunner().invoke(app, ["campaign", "check", str(folder)])
    assert (checked.exit_code, "hotline.yaml:3:" in checked.output) == (1, True)
