"""An interview guide to be printed, with room for notes."""

from __future__ import annotations

from datetime import datetime

from shared.campaign.model import Campaign
from shared.errors import NotFound
from shared.forms.word import Page

NOTE_LINES_COUNT = 3
"""Lines for notes under a part's questions."""


def write_word_guide(campaign: Campaign, edition: str, when: datetime) -> bytes:
    """The edition's guide as a Word file, said to be made at ``when``. Raises NotFound, also where there is none."""
    questionnaire = campaign.questionnaire(edition)
    guide = campaign.editions[edition].guide
    if guide is None:
        raise NotFound(f"版别“{questionnaire.edition}”没有访谈提纲", code="no-guide")
    page = Page(guide.title, campaign.leading_group, when)
    page.title(guide.title)
    page.subtitle(f"{campaign.name} · {campaign.editions[edition].name}")
    page.subtitle(f"提纲编号 {guide.id}，版本 {guide.version}")
    page.boxes([["个案编号", "", "访谈日期", "　　年　　月　　日"], ["访谈点", "", "访问员（签名）", ""]])
    if guide.notes:
        page.heading("注意事项")
        for note in guide.notes:
            page.bullet(note)
    page.heading("开场")
    page.paragraph(guide.opening)
    for part in guide.parts:
        page.heading(part.title)
        for number, question in enumerate(part.questions, start=1):
            page.paragraph(f"{number}. {question}")
        for tip in part.tips:
            page.note(f"提示：{tip}", indent_cm=0.8)
        page.lines(NOTE_LINES_COUNT)
    page.heading("结束")
    page.paragraph(guide.closing)
    page.boxes([["调查组负责人（签名）", "", "日期", "　　年　　月　　日"]])
    return page.to_bytes()
