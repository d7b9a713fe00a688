from __future__ import annotations

from pathlib import Path

from shared.campaign import load_campaign


def _edit(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_version_is_sixteen_hexadecimal_digits_and_repeats(folder: Path) -> None:
    version = load_campaign(folder).version
    assert len(version) == 16
    assert int(version, 16) >= 0
    assert load_campaign(folder).version == version


def test_comments_and_layout_do_not_change_the_version(folder: Path) -> None:
    version = load_campaign(folder).version
    _edit(folder, "quotas.yaml", "quota_lines:", "# another comment\n\nquota_lines:  # here too")
    _edit(
        folder,
        "campaign.yaml",
        "milestones: [25, 50, 75, 90, 100]",
        "milestones:\n  - 25\n  - 50\n  - 75\n  - 90\n  - 100",
    )
    assert load_campaign(folder).version == version


def test_any_change_of_content_changes_the_version(folder: Path) -> None:
    seen = {load_campaign(folder).version}
    for file, old, new in [
        ("campaign.yaml", "2024-08-31", "2024-09-01"),
        ("units.yaml", "count: 34", "count: 33"),
        ("quotas.yaml", "target_count: 1000", "target_count: 1001"),
        ("questionnaires/general.yaml", "非常满意", "十分满意"),
        ("notices.yaml", "请审批", "请予审批"),
    ]:
        _edit(folder, file, old, new)
        seen.add(load_campaign(folder).version)
    assert len(seen) == 6


def test_a_file_that_only_others_read_is_part_of_the_version(folder: Path) -> None:
    version = load_campaign(folder).version
    (folder / "topics.yaml").write_text("topics: {pay: 工资}\n", encoding="utf-8")
    assert load_campaign(folder).version != version
