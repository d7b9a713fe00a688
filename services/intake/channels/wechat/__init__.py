"""The WeChat official account: followers' messages, and the way from its menu to the questionnaire."""

from services.intake.channels.wechat.app import WeChatRoom, build_wechat

__all__ = ["WeChatRoom", "build_wechat"]
