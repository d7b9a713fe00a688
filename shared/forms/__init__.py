"""Questionnaires as people and programs exchange them: XLSForm in and out, XForm, JSON, Word."""
