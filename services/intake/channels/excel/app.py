"""Joins the parts of the Excel channel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from fastapi.params import Depends as Dependency

from services.intake.channels.excel.files import ImportFiles
from services.intake.channels.excel.holding import ADAPTER as WORKBOOK_ADAPTER
from services.intake.channels.excel.holding import Holding
from services.intake.channels.excel.importing import Imports
from services.intake.channels.excel.keeping import ADAPTER as ROW_ADAPTER
from services.intake.channels.excel.keeping import RowKeeping
from services.intake.channels.excel.progress import Progress
from services.intake.channels.excel.result import Results
from services.intake.channels.excel.routes import router_of
from services.intake.channels.excel.runner import Runner
from services.intake.channels.excel.sealing import RowSealer
from services.intake.channels.excel.store import JOBS, REFUSED, ROWS
from services.intake.channels.excel.taking import Means
from services.intake.door import Door
from services.intake.handlers import Submitting
from services.intake.own_points import OwnPoints
from services.intake.part import Part
from services.intake.quarantine import Quarantine
from services.intake.settings import IntakeSettings
from services.intake.space import Space
from shared.access import AuditTrail
from shared.platform import Platform
from shared.privacy import Privacy


def build_excel(
    platform: Platform,
    settings: IntakeSettings,
    privacies: Mapping[str, Privacy],
    doors: Mapping[str, Door],
    points: OwnPoints,
    *,
    submitting: Submitting,
    quarantine: Quarantine,
    audit: AuditTrail,
    upload_limit: Dependency,
) -> Part:
    """The parts over ``platform``."""
    folder, campaigns = settings.intake_imports_dir, points.campaigns
    files = ImportFiles(folder, Space(folder, settings.intake_free_space_floor_bytes))
    sealer = RowSealer(privacies)
    keeping = RowKeeping(quarantine=quarantine, submitting=submitting, campaigns=campaigns, doors=doors)
    progress = Progress(platform.store, platform.clock, timedelta(days=settings.intake_import_days))
    runner = Runner(
        files=files,
        progress=progress,
        holding=Holding(quarantine=quarantine, progress=progress, campaigns=campaigns, privacies=privacies),
        means=Means(submitting, keeping, sealer),
        points=points,
        doors=doors,
        privacies=privacies,
    )
    imports = Imports(
        campaigns=campaigns,
        privacies=privacies,
        files=files,
        results=Results(platform.store, sealer, privacies),
        access=platform.access,
        store=platform.store,
        audit=audit,
        clock=platform.clock,
        wake=runner.wake,
    )
    return Part(
        router=router_of(imports, upload_limit),
        collections=(JOBS, ROWS, REFUSED),
        components=(runner,),
        replayers={ROW_ADAPTER: keeping.replay, WORKBOOK_ADAPTER: runner.replay},
    )
