"""The WeChat official account: followers' messages, and the way from its menu to the questionnaire."""
