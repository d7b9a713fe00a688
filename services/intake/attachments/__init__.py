"""Attachments: notes, recordings, photographs; sealed while they stream to disk, resumable, idempotent."""

from services.intake.attachments.attaching import Attachments
from services.intake.attachments.model import Attachment, Described, Holder
from services.intake.attachments.vault import Opened, Vault

__all__ = ["Attachment", "Attachments", "Described", "Holder", "Opened", "Vault"]
