"""What could not be accepted but may be somebody's answer: kept sealed with the reason, replayed after the fix."""

from services.intake.quarantine.keeping import Quarantine, Unaccepted
from services.intake.quarantine.model import Raw, Reason, kept_answer, told
from services.intake.quarantine.replaying import Replayer

__all__ = ["Quarantine", "Raw", "Reason", "Replayer", "Unaccepted", "kept_answer", "told"]
