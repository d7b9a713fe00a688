"""Each kind of mistake in a definition is told with its file, its line and the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.campaign import CampaignInvalid, ObligationKind, check, load_campaign

CAMPAIGN, UNITS, QUOTAS, NOTICES = "campaign.yaml", "units.yaml", "quotas.yaml", "notices.yaml"
GENERAL, MARGINS = "questionnaires/general.yaml", "reference_margins.yaml"
OBLIGATIONS = "obligations.yaml"

# (file, text to replace, its replacement, a text on the line that must be named, part of the reason)
# The line is in another file where a pair of file and text stands; None is a file's first line.
MUTATIONS: list[tuple[str, str, str, str | tuple[str, str] | None, str]] = [
    # what counts
    (
        QUOTAS,
        "channels: [offline]",
        "channels: [offline]\n  consents: [old]",
        "consents: [old]",
        "没有同意书版本“old”",
    ),
    (UNITS, "{kind: town, count: 10}", "{kind: town, count: 10, target_count: 0}", "count: 0", "不能小于 1"),
    # YAML itself
    (CAMPAIGN, "id: suzhou-2024", "id: [suzhou-2024", "name: 百日", "YAML 写法有误"),
    (CAMPAIGN, "id: suzhou-2024", "id: suzhou-2024\nid: other", "id: other", "“id”重复出现"),
    (
        CAMPAIGN,
        "ends_on: 2024-08-31",
        "ends_on: 2024-08-32",
        "2024-08-32",
        "“2024-08-32”不是有效的日期或数字",
    ),
    (
        CAMPAIGN,
        "target_interviews: 10000",
        "target_interviews: !!python/name:os.system x",
        "python",
        "YAML 写法有误",
    ),
    (UNITS, "members: [平江街道", "members: &m [*m, 平江街道", "&m", "YAML"),
    (QUOTAS, "taicang: {", "changshu: {", "太仓市", "“changshu”重复出现"),
    (QUOTAS, "# 合计", "\x07# 合计", "\x07# 合计", "YAML 不允许的字符（U+0007）"),
    # shapes
    (CAMPAIGN, "timezone: Asia/Shanghai\n", "", None, "缺少“timezone”"),
    (CAMPAIGN, "leading_group: ", "leading_gruop: ", "leading_gruop", "不认识“leading_gruop”"),
    (CAMPAIGN, "id: suzhou-2024", "id: Suzhou 2024", "id: Suzhou", "“id”的写法不对：应为小写字母开头"),
    (
        CAMPAIGN,
        "starts_on: 2024-05-10",
        "starts_on: 10 May",
        "10 May",
        "“starts_on”应为日期（如 2024-05-10），收到“10 May”",
    ),
    (CAMPAIGN, "name: 报送联系表", "name: ''", "2024-05-13}", "“name”不能为空"),
    (
        CAMPAIGN,
        "target_interviews: 10000",
        "target_interviews: 一万",
        "一万",
        "“target_interviews”应为整数，收到“一万”",
    ),
    (
        CAMPAIGN,
        "target_interviews: 10000",
        "target_interviews: 0",
        "interviews: 0",
        "“target_interviews”不能小于 1，收到“0”",
    ),
    (
        CAMPAIGN,
        "mode: offline}",
        "mode: face}",
        "mode: face",
        "“mode”应为 'offline'、'online' 之一，收到“face”",
    ),
    (CAMPAIGN, "milestones: [25,", "milestones: [25, 101,", "101", "不能大于 100，收到“101”"),
    (CAMPAIGN, '"41+"]', '"over 40"]', "over 40", "年龄段（如 26-30"),
    (
        CAMPAIGN,
        "department: 宣传教育和网络工作部",
        "department: 2024",
        "department",
        "“department”应为文字，收到“2024”；像数字或日期的文字请加引号",
    ),
    (
        CAMPAIGN,
        "office:\n",
        "office: 办公室\noffice_was:\n",
        "office: 办公室",
        "“office”应为“名称: 值”的对照",
    ),
    (
        QUOTAS,
        "target_count: 500, edition: general}",
        "target_count: 500, edition: general, is_sign_off_required: 是}",
        "required: 是",
        "应为 true 或 false",
    ),
    (QUOTAS, "common: [totals", "common: [sums", "[sums", "“common”应为 'totals'、'lines' 之一，收到“sums”"),
    (QUOTAS, "[totals, lines]", "[lines, lines]", "[lines, lines]", "“lines”列了两次"),
    (QUOTAS, "per: campaign", "per: city", "per: city", "'unit' 之一，收到“city”"),
    (
        QUOTAS,
        "channels: [offline]",
        "channels: [face]",
        "channels: [face]",
        "没有渠道“face”；已有的：offline",
    ),
    (UNITS, "points: [{kind: firm, count: 5}]", "points: {firm: 5}", "firm: 5", "“points”应为列表"),
    (UNITS, "count: 34", "count: -1", "count: -1", "“count”不能小于 1"),
    (UNITS, "id: gusu-sujin, ", "", "苏锦街道访谈点", "缺少“id”"),
    (
        GENERAL,
        "kind: text",
        "kind: essay",
        "kind: essay",
        "'grid', 'integer', 'decimal', 'date', 'text' 之一，收到“essay”",
    ),
    (GENERAL, "    kind: text\n", "", "q12", "缺少“kind”"),
    (GENERAL, "other: h", "other: z", "other: z", "没有选项“z”；已有的：a、b、c、d、e、f、g、h"),
    (GENERAL, "q08:", "q07_other:", "q07_other:", "已用于“q07”的补充说明"),
    (
        GENERAL,
        "    text: 您的婚恋情况是？",
        "    when: {q09: [a]}\n    text: 您的婚恋情况是？",
        "when: {q09",
        "条件中的“q09”应是排在前面的一道选择题",
    ),
    (
        GENERAL,
        "    text: 您的婚恋情况是？",
        "    when: {q01: [a, z]}\n    text: 您的婚恋情况是？",
        "when: {q01",
        "“q01”没有选项“z”；已有的：a、b、c、d、e",
    ),
    (
        GENERAL,
        "options: {a: 总是按时足额, b: 偶尔拖延或少发, c: 经常拖延或少发}",
        "options: {a: 总是按时足额}",
        "options: {a: 总是按时足额}",
        "“options”至少要有 2 项",
    ),
    (GENERAL, "a: 总是按时足额", "'a b': 总是按时足额", "总是按时足额", "由字母、数字"),
    (GENERAL, 'version: "2024-05"', "version: 2024", "version: 2024", "“version”应为文字"),
    (NOTICES, "gusu@units.example.invalid", "gusu", "gusu: [gusu]", "应为邮箱地址"),
    # rules inside one file
    (CAMPAIGN, "timezone: Asia/Shanghai", "timezone: Asia/Suzhou", "timezone", "没有时区“Asia/Suzhou”"),
    (CAMPAIGN, "ends_on: 2024-08-31", "ends_on: 2024-05-09", "ends_on", "结束日期早于开始日期"),
    (
        CAMPAIGN,
        "to: 2024-05-13",
        "to: 2024-05-09",
        "to: 2024-05-09",
        "阶段“报送联系表”的结束日期早于开始日期",
    ),
    (CAMPAIGN, "from: 2024-05-11", "from: 2023-05-11", "2023-05-11", "阶段“集中访谈”的开始日期不在活动期间"),
    (CAMPAIGN, "to: 2024-08-31", "to: 2024-09-30", "2024-09-30", "阶段“统计归纳”的结束日期不在活动期间"),
    (CAMPAIGN, "[25, 50, 75", "[25, 75, 50", "milestones", "进度节点应从小到大"),
    (
        CAMPAIGN,
        "eligible_max: 40",
        "eligible_max: 400",
        "eligible_max",
        "计入名额的最大年龄应在 16 至 100 之间，收到 400",
    ),
    (CAMPAIGN, '"26-30"', '"27-30"', "bands", "年龄段“27-30”应从 26 岁开始"),
    (CAMPAIGN, ', "41+"', "", "bands", "年龄段应一直排到 100 岁"),
    (
        CAMPAIGN,
        'current: "2024-05"',
        'current: "2024-06"',
        "current",
        "没有版本为“2024-06”的知情同意书；已有的版本：2024-05",
    ),
    (CAMPAIGN, "  age: {name: 年龄}\n", "", "respondent:", "缺少“age”"),
    (
        CAMPAIGN,
        "threshold_count: 10",
        "threshold_count: 9",
        "threshold_count",
        "披露门槛只能收紧：不能小于 10，收到 9",
    ),
    (
        CAMPAIGN,
        "rounding_base: 5",
        "rounding_base: 3",
        "rounding_base",
        "取整基数只能收紧：不能小于 5，收到 3",
    ),
    (UNITS, "kind: provincial", "kind: province", "kind: province", "没有单位类别“province”"),
    (UNITS, "{kind: town, count: 5}", "{kind: village, count: 5}", "village", "没有访谈点类别“village”"),
    (UNITS, "id: gusu-sujin", "id: gusu-huqiu", "苏锦街道访谈点", "访谈点“gusu-huqiu”重复出现"),
    (
        GENERAL,
        "max_choices: 3\n    text: 您最希望",
        "max_choices: 9\n    text: 您最希望",
        "max_choices: 9",
        "最多可选 9 项，但只有 8 个选项",
    ),
    (NOTICES, "  grant_revoked:", "  grant_ended:", "grant_ended", "没有通知类别“grant_ended”"),
    (NOTICES, "  grant_revoked:", "  grant_ended:", "templates:", "缺少通知“grant_revoked”的模板"),
    (NOTICES, "    office: [", "    desk: [", "roles:", "缺少领导小组办公室（office）的邮箱"),
    (NOTICES, "{{ counted_count }}", "{{ counted }}", "body: |", "模板中没有变量“counted”；可用的有："),
    (NOTICES, "{% endif %}", "", "body: |", "模板第"),
    # rules between files
    (
        CAMPAIGN,
        "questionnaires/general.yaml",
        "questionnaires/basic.yaml",
        "questionnaires/basic.yaml",
        "没有文件“questionnaires/basic.yaml”",
    ),
    (
        CAMPAIGN,
        "questionnaires/general.yaml",
        "questionnaires/new_employment.yaml",
        ("questionnaires/new_employment.yaml", "edition:"),
        "属于版别“new_employment”，却被版别“general”引用",
    ),
    (CAMPAIGN, "guides/general", "guides/basic", "guides/basic", "没有文件“guides/basic.yaml”"),
    (
        CAMPAIGN,
        "guides/general",
        "guides/new_employment",
        ("guides/new_employment.yaml", "edition:"),
        "这份提纲属于版别“new_employment”，却被版别“general”引用",
    ),
    (
        GENERAL,
        "requires: [age]",
        "requires: [age, shoe_size]",
        "requires",
        "没有受访者信息“shoe_size”；已有的：name、employer",
    ),
    (UNITS, "quota_line: sip", "quota_line: spi", "quota_line: spi", "没有名额“spi”；已有的：zhangjiagang"),
    (UNITS, "quota_line: sip", "quota_line: snd", (QUOTAS, "  sip:"), "没有单位承担名额“sip”"),
    (
        QUOTAS,
        "gusu: {name: 姑苏区, target_count: 1000, edition: general}",
        "gusu: {name: 姑苏区, target_count: 1000, edition: genral}",
        "genral",
        "没有问卷版别“genral”；已有的：general、new_employment",
    ),
    (
        CAMPAIGN,
        "target_interviews: 10000",
        "target_interviews: 12001",
        (QUOTAS, "quota_lines:"),
        "各名额合计 12000，少于活动目标 12001",
    ),
    (NOTICES, "    gusu: [", "    guusu: [", "guusu", "没有责任单位“guusu”"),
    (
        MARGINS,
        "[age_band]",
        "[shoe_size]",
        "shoe_size",
        "没有可作维度的变量“shoe_size”；可用的有：age_band、sex",
    ),
    (MARGINS, "[age_band]", "[general.q07]", "general.q07", "没有可作维度的变量“general.q07”"),
    (MARGINS, "[sex]", "[sex, sex]", "[sex, sex]", "同一维度列了两次"),
    (MARGINS, "[sex]", "[sex, age_band]", "female", "缺少“male/16-20”“male/21-25”"),
    (MARGINS, ", female: 0.44", ", other: 0.44", "other", "缺少“female”的比例"),
    (MARGINS, ", female: 0.44", ", other: 0.44", "other", "没有“other”这一类；应为 male、female"),
    (MARGINS, "female: 0.44", "female: 0.34", "female", "各类的比例合计应为 1，收到 0.9"),
    (MARGINS, "female: 0.44", "female: 44", "female: 44", "“female”不能大于 1"),
    # obligations
    (OBLIGATIONS, "  totals:", "  sums:", "  sums:", "“sums”应为"),
    (OBLIGATIONS, "acts: unit_admin", "acts: admin", "acts: admin", "“acts”应为"),
    (OBLIGATIONS, "due_on: 2024-05-13", "due_on: 2023-05-13", "2023-05-13", "完成日期应在活动期间"),
    (
        OBLIGATIONS,
        "due_on: 2024-08-10",
        "due_on: 2024-08-09",
        "2024-08-09",
        "访谈阶段的最后一天（2024-08-10）",
    ),
    (OBLIGATIONS, "    contact_roles: {", "    # {", "  contacts:", "缺少“contact_roles”"),
    (
        OBLIGATIONS,
        "due_on: 2024-05-20",
        "due_on: 2024-05-20\n    contact_roles: {leader: 分管领导}",
        "    contact_roles: {leader: 分管领导}",
        "只有“contacts”可以有",
    ),
    (
        CAMPAIGN,
        "to: 2024-08-10",
        "to: 2024-08-11",
        (OBLIGATIONS, "2024-08-10"),
        "访谈阶段的最后一天（2024-08-11）",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "marker", "reason"), MUTATIONS)
def test_a_mistake_is_told_with_file_line_and_reason(
    folder: Path, file: str, old: str, new: str, marker: str | tuple[str, str] | None, reason: str
) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    found = [problem for problem in check(folder) if reason in problem.reason]
    assert [(problem.file, problem.line) for problem in found] == [_place(folder, file, marker)]


def _place(folder: Path, file: str, marker: str | tuple[str, str] | None) -> tuple[str, int]:
    """The file and the first line of it that holds the marker."""
    if isinstance(marker, tuple):
        file, marker = marker
    if marker is None:
        return file, 1
    lines = (folder / file).read_text(encoding="utf-8").split("\n")
    return file, next(number for number, line in enumerate(lines, 1) if marker in line)


@pytest.mark.parametrize("file", [CAMPAIGN, UNITS, QUOTAS, NOTICES])
def test_a_file_that_is_missing_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    assert [str(problem) for problem in check(folder)] == [f"{file}:1: 缺少这个文件"]


def test_reference_margins_may_be_left_out(folder: Path) -> None:
    (folder / MARGINS).unlink()
    assert load_campaign(folder).reference_margins == ()


def test_a_campaign_may_do_without_obligations(folder: Path) -> None:
    (folder / OBLIGATIONS).unlink()
    campaign = load_campaign(folder)
    assert not campaign.obligations.by_kind
    assert campaign.obligation_of("taicang", ObligationKind.REPORT) is None


def test_an_empty_file_is_told_apart_from_a_missing_one(folder: Path) -> None:
    (folder / QUOTAS).write_text("# nothing yet\n", encoding="utf-8")
    assert [str(problem) for problem in check(folder)] == ["quotas.yaml:1: 文件是空的"]


def test_a_file_in_another_encoding_is_told_with_the_line(folder: Path) -> None:
    (folder / QUOTAS).write_bytes(b"quota_lines:\n  sip: {name: " + "园区".encode("gb18030") + b"}\n")
    assert [str(problem) for problem in check(folder)] == ["quotas.yaml:2: 文件应为 UTF-8 编码"]


def test_a_file_with_a_byte_order_mark_is_read(folder: Path) -> None:
    content = (folder / CAMPAIGN).read_bytes()
    (folder / CAMPAIGN).write_bytes(b"\xef\xbb\xbf" + content)
    assert check(folder) == []


def test_all_problems_are_told_at_once_in_the_order_of_files_and_lines(folder: Path) -> None:
    for file, old, new in [
        (CAMPAIGN, "rounding_base: 5", "rounding_base: 1"),
        (CAMPAIGN, "ends_on: 2024-08-31", "ends_on: 2024-05-01"),
        (UNITS, "quota_line: sip", "quota_line: spi"),
        (NOTICES, "    gusu: [", "    guusu: ["),
        (GENERAL, "requires: [age]", "requires: [wage]"),
    ]:
        text = (folder / file).read_text(encoding="utf-8")
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CampaignInvalid) as caught:
        load_campaign(folder)
    problems = caught.value.problems
    assert list(problems) == sorted(problems)
    broken = {CAMPAIGN, UNITS, QUOTAS, NOTICES, GENERAL}
    assert {problem.file for problem in problems} == broken | {OBLIGATIONS}  # whose days the end leaves out
    assert str(caught.value).splitlines() == [str(problem) for problem in problems]


def test_a_broken_file_does_not_hide_the_mistakes_in_the_others(folder: Path) -> None:
    (folder / UNITS).write_text("units: [", encoding="utf-8")
    text = (folder / NOTICES).read_text(encoding="utf-8")
    (folder / NOTICES).write_text(text.replace("{{ purpose }}", "{{ porpoise }}"), encoding="utf-8")
    assert {problem.file for problem in check(folder)} == {UNITS, NOTICES}
