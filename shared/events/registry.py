"""Every type of event. The modules that define them are imported here, for each enters its own."""

from shared.events import access, activities, notices, obligations, problems, quota, submissions
from shared.events.base import REGISTRY

__all__ = ["REGISTRY", "access", "activities", "notices", "obligations", "problems", "quota", "submissions"]
