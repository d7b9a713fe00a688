"""What redaction promises to take out and to leave, kind by kind."""

import pytest

from shared.privacy import redact
from tests.suzhou import suzhou


def test_a_resident_id_of_18_digits_goes_with_a_right_check_character():
    assert redact("身份证320599199001011236。") == "身份证〔证件号〕。"


def test_a_resident_id_goes_with_a_wrong_check_character():
    assert redact("320599199001011231在册") == "〔证件号〕在册"


def test_a_resident_id_goes_in_any_grouping():
    assert redact("3205 9919 9001 0112 36") == "〔证件号〕"
    assert redact("320599 19900101 1236") == "〔证件号〕"


def test_a_misspelt_id_goes_behind_the_word_for_it():
    assert redact("身份证号：32059919901301123") == "身份证号：〔证件号〕"


def test_a_resident_id_of_15_digits_goes():
    assert redact("320599900101123") == "〔证件号〕"


@pytest.mark.parametrize(
    "phone",
    [
        "15400000001",
        "154 0000 0001",
        "154-0000-0001",
        "154·0000·0001",
        "154/0000/0001",
        "(154)00000001",
        "１５４００００　０００１",
        "+86 154 0000 0001",
        "008615400000001",
        "一五四〇〇〇〇〇〇〇一",
        "幺五四零零零零零零零幺",
        "壹伍肆贰叁陆柒捌玖〇壹",
        "154零零零零0001",
        "154oooo0001",
    ],
)
def test_a_mobile_phone_goes_in_all_its_spellings(phone):
    assert redact(f"打{phone}找我").replace("(", "") == "打〔电话〕找我"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("20240621一直没有发工资", "20240621一直没有发工资"),
        ("20240621三班倒", "20240621三班倒"),
        ("20240621零点换班", "20240621零点换班"),
        ("15400000001一直打不通", "〔电话〕一直打不通"),
        ("1540000000一找我", "〔电话〕找我"),
        ("一五四〇〇〇〇〇〇〇一一直打不通", "〔号码〕直打不通"),
    ],
)
def test_a_numeral_behind_digits_that_begins_a_word_is_no_digit(text, redacted):
    assert redact(text) == redacted


def test_a_known_employer_goes_also_where_it_begins_with_a_numeral_behind_digits():
    assert redact("20240621一线精密停产", ["一线精密"]) == "20240621〔姓名〕停产"


@pytest.mark.parametrize(
    "phone", ["0512-20000001", "（0512）20000001", "051220000001转801", "0512 2000 0001"]
)
def test_a_landline_with_area_code_goes(phone):
    assert redact(f"座机{phone}") == "座机〔电话〕"


def test_a_landline_without_area_code_goes_behind_the_word_for_it():
    assert redact("电话2000 0001") == "电话〔电话〕"


@pytest.mark.parametrize("card", ["6299000000000006", "6299 0000 0000 0006", "6299-0000-0000-0000-008"])
def test_a_bank_card_goes(card):
    assert redact(f"打到{card}上") == "打到〔银行卡号〕上"


def test_groups_of_four_are_a_card_by_their_sum_or_the_words_before():
    assert redact("4299 1234 5678 9017") == "〔银行卡号〕"
    assert redact("4299 1234 5678 9018") == "4299 1234 5678 9018"
    assert redact("卡号4299 1234 5678 9018") == "卡号〔银行卡号〕"


@pytest.mark.parametrize("plate", ["苏E12A45", "苏E·12345", "苏 E12345", "苏ED12345"])
def test_a_plate_goes(plate):
    assert redact(f"车牌{plate}被贴条") == "车牌〔车牌〕被贴条"


def test_mail_goes():
    assert redact("发li.ming@mail.example.cn") == "发〔邮箱〕"


@pytest.mark.parametrize("lead", ["微信", "微信号：", "加v：", "VX ", "wx:", "威信"])
def test_a_wechat_id_goes(lead):
    assert redact(f"{lead}li_ming01，晚上回") == f"{lead}〔微信或QQ号〕，晚上回"


@pytest.mark.parametrize("lead", ["QQ", "QQ号是", "扣扣：", "QQ（"])
def test_a_qq_id_goes(lead):
    assert redact(f"{lead}123456") == f"{lead}〔微信或QQ号〕"


@pytest.mark.parametrize(
    "address",
    [
        "苏州市吴中区木渎镇金枫路218号3幢502室",
        "相城区元和街道嘉元路88号",
        "玲珑湾花园12幢1单元801室",
        "斜塘新村38号",
        "新庄村4组27号",
        "友新路十八号",
        "太仓市 城厢镇 县府东街 36号 2单元 301室",
    ],
)
def test_a_postal_address_goes(address):
    assert redact(f"我住在{address}，上班太远。") == "我住在〔地址〕，上班太远。"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我叫王小明，想问社保", "我叫〔姓名〕，想问社保"),
        ("姓名：王小明", "姓名：〔姓名〕"),
        ("联系人王小明", "联系人〔姓名〕"),
        ("联系人：王小明、李娜", "联系人：〔姓名〕、〔姓名〕"),
        ("张三师傅带过我", "〔姓名〕师傅带过我"),
        ("张主任不同意", "〔姓名〕主任不同意"),
        ("班长周强天天骂人", "班长〔姓名〕天天骂人"),
        ("我姓周，", "我姓〔姓名〕，"),
        ("小李累晕了", "〔姓名〕累晕了"),
        ("王小明 15400000001", "〔姓名〕 〔电话〕"),
        ("15400000001，王小明，周末有空", "〔电话〕，〔姓名〕，周末有空"),
        ("我是星禾物流的李明。", "我是星禾物流的〔姓名〕。"),
        ("我叫阿依古丽·买买提，", "我叫〔姓名〕，"),
        ("欧阳雪老师", "〔姓名〕老师"),
        ("我妈妈叫刘桂芳，", "我妈妈叫〔姓名〕，"),
        ("领导叫孙伟", "领导叫〔姓名〕"),
        ("我弟的名字叫王小明。", "我弟的名字叫〔姓名〕。"),
    ],
)
def test_a_name_goes_where_the_words_around_tell_it(text, expected):
    assert redact(text) == expected


@pytest.mark.parametrize("hotline", ["0512-12351", "12351", "12333", "110", "12345"])
def test_a_hotline_stays(hotline):
    assert redact(f"打{hotline}没人接") == f"打{hotline}没人接"


@pytest.mark.parametrize("amount", ["3000-5000元", "123456789元", "41万元", "2.8万", "5000 6000 7000 8000"])
def test_an_amount_of_money_stays(amount):
    assert redact(f"工资{amount}的样子") == f"工资{amount}的样子"


@pytest.mark.parametrize(
    "when",
    [
        "2024-05-20 09:30",
        "20240520",
        "20240520-20240621",
        "20240520-20240528",
        "2021 2022 2023 2024",
        "9:00—18:00",
    ],
)
def test_a_date_or_time_stays(when):
    assert redact(f"在{when}说过") == f"在{when}说过"


@pytest.mark.parametrize("figure", ["1,000", "9,953", "98.5%", "791个", "28岁", "6岁", "33.3％"])
def test_a_quota_a_percentage_and_an_age_stay(figure):
    assert redact(f"这里是{figure}。") == f"这里是{figure}。"


def test_the_campaigns_units_stay():
    campaign = suzhou()
    names = [unit.name for unit in campaign.units.values()]
    names += [f"{name}的热线" for name in names] + [f"我是{name}的会员" for name in names]
    assert [redact(name) for name in names] == names


@pytest.mark.parametrize(
    "words",
    ["高温费", "方法", "安全主管", "周末加班", "许多同事", "联系方式", "任何主管", "由于经理", "吴江老师"],
)
def test_words_that_begin_like_names_stay(words):
    assert redact(f"希望{words}好一点") == f"希望{words}好一点"


@pytest.mark.parametrize(
    "place", ["地铁2号线", "人民路", "干将路站2号口", "木渎镇", "3号楼402室", "街道20号发通知"]
)
def test_a_place_where_many_are_stays(place):
    assert redact(f"我们在{place}等") == f"我们在{place}等"


@pytest.mark.parametrize(
    "text",
    [
        "线下访谈总人数不少于1万名",
        "经理高兴就发奖金，不高兴就扣",
        "同事间关系还可以，孩子成绩下滑没时间管",
        "师傅水平高，徒弟钱少",
        "小周末都没有，小徐州来的工友说",
        "客服石沉大海，中介费一千五",
        "主任安于现状，班长任劳任怨",
        "代表团来过，代表谈了两轮",
        "我叫车去医院花了80元，我叫高温中暑的工友休息",
        "坐18路，在南门路5号出口等，或者解放路3号口",
    ],
)
def test_words_for_people_introduce_no_names_by_themselves(text):
    assert redact(text) == text
