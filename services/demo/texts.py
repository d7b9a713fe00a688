"""What invented people write in their own words: a wish, now and then with their own name and phone."""

from __future__ import annotations

from random import Random

from services.demo.population import SPECIAL_EDITION, Person

LEAK_SHARE = 0.04
"""The share of free texts in which the writer names himself, for redaction to have something to find."""

_PLACES = ["车间", "食堂门口", "宿舍楼下", "园区南门", "地铁口", "产业园", "商圈", "物流园"]
_AMOUNTS = ["半年", "一年", "两年", "三个月", "好几次"]

_COMMON = (
    "工资{amount}没有涨过，希望工会推动集体协商。",
    "加班费的算法看不懂，希望{place}贴一份说明。",
    "暑假孩子没人带，希望在{place}附近办托管班。",
    "幼儿园放学早，{amount}都是请假去接孩子。",
    "想提升学历，希望有晚上的课程和学费补贴。",
    "希望多组织技能培训，最好能考证。",
    "{place}没有运动场地，希望周末开放篮球场。",
    "房租{amount}涨了两回，希望多一些人才公寓。",
    "买房首付压力大，公积金能不能多支持一点。",
    "平时圈子小，希望工会多办交友联谊活动。",
    "社保{amount}断过，想知道怎么补。",
    "夜班之后回{place}的公交太少。",
    "心理压力大，希望有人可以聊聊。",
)
_GENERAL = (
    "{place}噪音大，希望发好一点的耳塞。",
    "希望食堂的菜{amount}换一换花样。",
    "合同到期{amount}了还没有续签。",
)
_SPECIAL = (
    "希望{place}增加充电桩，现在排队太久。",
    "中午没有地方歇脚，希望{place}设休息点。",
    "{amount}没有体检了，希望工会组织免费体检。",
    "跑单{amount}没有休息过，希望有疗休养名额。",
    "差评申诉{amount}没有结果，扣款说不清楚。",
    "{place}停车总被贴单，希望划一块临时停车区。",
    "派单距离越来越远，单价越来越低。",
)
_LEAKS = (
    "我叫{name}，电话{phone}，希望有人回复。",
    "有消息请联系{name}（{phone}）。",
    "我是{employer}的{name}。",
    "可以打我手机 {phone}。",
)


def free_text(random: Random, person: Person) -> str:
    """One or two sentences."""
    own = _SPECIAL if person.edition == SPECIAL_EDITION else _GENERAL
    sentences = random.sample(own + _COMMON, random.choice((1, 1, 1, 2)))
    text = "".join(sentences).format(place=random.choice(_PLACES), amount=random.choice(_AMOUNTS))
    if random.random() < LEAK_SHARE:
        text += random.choice(_LEAKS).format(name=person.name, phone=person.phone, employer=person.employer)
    return text
