"""What followers read."""

from __future__ import annotations

from services.intake.channels.wechat.replies import shortened
from services.intake.receipts.asking import ToldAll
from services.intake.receipts.standing import STANDING_NAMES

CONSENT_LIMIT_BYTES = 1400
"""How much of a consent text goes into a reply, with room for what to do next."""
ANSWER_LIMIT_BYTES = 1600
"""How much of an answer goes into a reply, with room for where to read the rest."""

ENDED = (
    "已收到：您不再同意，今后发来的内容不会保存。此前提交的内容不受影响，可凭回执逐份撤回（回复“撤回 回执号”）。"
    "如需重新参加，请回复“同意”。"
)
HOW_TO_LOOK_UP = "请回复“查询”和回执号，例如：查询 7K3M-9QXA-2B4D-HJ8N。"
HOW_TO_WITHDRAW = "请回复“撤回”和回执号，例如：撤回 7K3M-9QXA-2B4D-HJ8N。"
NOTHING_THERE = "没有找到凭您的微信提交的这份内容，请核对回执号。"
NOTHING_SAID = "没有收到内容，请重新发送。"
NO_MEDIA = "本公众号暂时不能接收图片、语音和视频，请用文字告诉我们。"
_BEFORE = "您刚才发来的内容没有保存：保存前需要您的同意。"
_COMMANDS = "回复“查询 回执号”可查看处理情况，回复“撤回 回执号”可撤回，回复“退出”可不再参加。"


def too_long(limit_chars: int) -> str:
    """A message has more characters than can be kept."""
    return f"内容超过 {limit_chars} 字，没有保存，请分成几条发送。"


def consent_asked(consent: str, *, was_message: bool) -> str:
    """The consent text, and what to do; ``was_message``: something was sent that wasn't kept."""
    before = f"{_BEFORE}\n\n" if was_message else ""
    after = "回复“同意”，表示您已阅读并同意上述说明" + (
        "，然后请把刚才的内容再发一次。" if was_message else "。"
    )
    return f"{before}{shortened(consent.strip(), CONSENT_LIMIT_BYTES)}\n\n{after}"


def agreed(questionnaire: str | None) -> str:
    """The agreement is kept."""
    return f"已收到您的同意，谢谢！您的想法和诉求，请直接发给我们。{_COMMANDS}{_page(questionnaire)}"


def greeting(questionnaire: str | None) -> str:
    """To one who has agreed."""
    return f"您好！您的想法和诉求，请直接发给我们。{_COMMANDS}{_page(questionnaire)}"


def received(code: str, withdrawal_code: str | None = None) -> str:
    """A message is kept. Here the receipt is enough to take it back; elsewhere the withdrawal code is needed."""
    elsewhere = f"\n（不在本公众号撤回时，另需撤回码：{withdrawal_code}）" if withdrawal_code else ""
    return (
        f"您的留言已收到，回执号：{code}\n\n"
        f"查询处理情况，请回复：查询 {code}\n如需撤回，请回复：撤回 {code}{elsewhere}"
    )


def looked_up(asked: ToldAll) -> str:
    """How far a submission has come, and what it was answered."""
    told, answer = asked
    standing = f"回执 {told.receipt.code}：{STANDING_NAMES[told.standing]}。"
    if answer is None or answer.text is None:
        return standing
    shown = shortened(answer.text, ANSWER_LIMIT_BYTES)
    rest = "" if shown == answer.text else "\n\n答复较长，全文可凭回执号和撤回码查看。"
    return f"{standing}\n\n答复：{shown}{rest}"


def withdrawn(code: str) -> str:
    """A submission is taken back."""
    return f"回执 {code} 已撤回，所填内容已不可读取。"


def _page(questionnaire: str | None) -> str:
    return "" if questionnaire is None else f"\n\n填写访谈问卷：{questionnaire}"
