"""Requests that are right, by operation: what is sent to the system is made from them, one thing after the other
made wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from services.intake.channels.cloud_events import POSTED
from shared.events.cloud_events import BATCHED, STRUCTURED
from tests.services.intake.app_board.backend import POST
from tests.services.intake.cases.conftest import CONSENT, opening
from tests.services.intake.cases.conftest import FORM as CASE_FORM
from tests.services.intake.forms import FORM, answered
from tests.services.intake.hotline.calls import CALL, ROW, sheet
from tests.services.intake.wechat.followers import ACCOUNT, FOLLOWER, xml_of

CAMPAIGN = "suzhou-2024"
JSON = "application/json"
SUBMISSION = answered(FORM)
ACTIVITY = {
    "campaign": CAMPAIGN,
    "unit": "zhangjiagang",
    "source_id": "a-1",
    "kind": "visit",
    "held_on": "2024-05-31",
    "people_count": 12,
    "firm": "江南精密制造有限公司",
}
UNIT_PATH = "/intake/v1/campaigns/{campaign}/units/{unit}"
CONTACT = {"name": "陆建国", "post": "宣教部部长", "mobile": "13700001111", "mail": "lu@example.org"}
REPORT = {"handed_in_on": "2024-08-28", "sha256": "0" * 64}
GRANT = {
    "campaign": CAMPAIGN,
    "units": ["*"],
    "variables": ["*"],
    "purpose": "分析青年职工的住房诉求，供起草访谈要点报告之用",
    "until": (datetime.now(UTC) + timedelta(days=300)).isoformat(),
}
PARTS = {"parts": ["form"]}
PURPOSE = {"purpose": "就反映的欠薪问题回访本人，请其补充"}
REASON = {"reason": "登记时选错了访谈点"}
EVENT = {"specversion": "1.0", "type": POSTED, "source": "/tablets/7", "id": "e-1", "data": SUBMISSION}
_JSON: Mapping[tuple[str, str], Any] = {
    ("POST", "/intake/v1/submissions"): SUBMISSION,
    ("POST", "/intake/v1/submissions:arrived"): {
        "campaign": CAMPAIGN,
        "channel": "offline",
        "source_ids": [SUBMISSION["source_id"], "none"],
    },
    ("PUT", "/intake/v1/receipts/{receipt}/submission"): {**SUBMISSION, "message": "另外想要班车。"},
    ("POST", "/intake/v1/submissions/{submission_id}/unseal"): {"fields": ["name"], **PURPOSE},
    ("POST", "/intake/v1/submissions/{submission_id}/attachments/unseal"): PURPOSE,
    ("POST", "/intake/v1/submissions/{submission_id}/attachments/{attachment_id}/unseal"): PURPOSE,
    ("POST", "/intake/v1/quarantine/{id}:discard"): REASON,
    ("POST", "/intake/v1/public/receipts/{receipt}:withdraw"): {"code": "5TQ2-8YHN"},
    ("POST", "/intake/v1/cases"): opening("c-1"),
    ("PUT", "/intake/v1/cases/{id}/form"): CASE_FORM,
    ("POST", "/intake/v1/cases/{id}:consent-to-recording"): {"given_at": CONSENT["given_at"]},
    ("POST", "/intake/v1/cases/{id}:record"): {"part": "notes", "pages": 3},
    ("POST", "/intake/v1/cases/{id}:sign"): PARTS,
    ("POST", "/intake/v1/cases/{id}:sign-off"): PARTS,
    ("POST", "/intake/v1/cases/{id}:reopen"): PARTS | REASON,
    ("POST", "/intake/v1/cases/{id}:withdraw"): REASON,
    ("POST", "/intake/v1/cases/{id}/unseal"): PURPOSE,
    ("POST", "/intake/v1/cases/{id}/attachments/{attachment_id}/unseal"): PURPOSE,
    ("POST", "/intake/v1/activities"): ACTIVITY,
    ("PUT", "/intake/v1/activities/{id}"): {**ACTIVITY, "people_count": 13},
    ("POST", f"{UNIT_PATH}/contacts"): {"contacts": {"leader": CONTACT, "person_in_charge": CONTACT}},
    ("POST", f"{UNIT_PATH}/contacts/unseal"): PURPOSE,
    ("POST", f"{UNIT_PATH}/points"): {"point": "zhangjiagang-town-02", "set_up_on": "2024-05-16"},
    ("POST", f"{UNIT_PATH}/points/{{point}}:close"): {"closed_on": "2024-08-10"},
    ("POST", f"{UNIT_PATH}/totals"): {
        "totalled_on": "2024-08-20",
        "questionnaires_count": 1050,
        "paper_count": 320,
    },
    ("POST", f"{UNIT_PATH}/report"): REPORT,
    ("POST", "/intake/v1/app/{campaign}/posts"): POST,
    ("POST", "/intake/v1/app/{campaign}/threads/{thread}/replies"): {"text": "热水器已报修，周五前修好。"},
    ("POST", "/intake/v1/hotline/{campaign}/calls"): CALL,
    ("POST", "/analytics/v1/tables"): {"campaign": CAMPAIGN, "rows": ["sex"], "columns": ["general.q01"]},
    ("POST", "/release/v1/grants"): GRANT,
    ("POST", "/release/v1/grants/{id}:refuse"): REASON,
    ("POST", "/release/v1/grants/{id}:revoke"): REASON,
}
BODIES: Mapping[tuple[str, str], Mapping[str, Any]] = {
    **{operation: {JSON: body} for operation, body in _JSON.items()},
    ("POST", "/intake/v1/submissions:batch"): {
        "application/x-ndjson": b"\n".join(
            orjson.dumps({**SUBMISSION, "source_id": id}) for id in ("b-1", "b-2")
        )
    },
    ("POST", "/intake/v1/events"): {
        JSON: SUBMISSION,
        STRUCTURED: EVENT,
        BATCHED: [EVENT, {**EVENT, "id": "e-2"}],
    },
    ("POST", "/intake/v1/hotline/{campaign}/calls:import"): {"text/csv": sheet(ROW)},
    ("POST", "/intake/v1/receipts/{name}/attachments"): {"application/octet-stream": b"x" * 300},
    ("POST", "/intake/v1/cases/{name}/attachments"): {"application/octet-stream": b"x" * 300},
    ("PATCH", "/intake/v1/receipts/{name}/attachments/{upload_id}"): {
        "application/offset+octet-stream": b"x" * 300
    },
    ("PATCH", "/intake/v1/cases/{name}/attachments/{upload_id}"): {
        "application/offset+octet-stream": b"x" * 300
    },
    ("POST", "/intake/wechat/{campaign}"): {
        "text/xml": xml_of(
            {
                "ToUserName": ACCOUNT,
                "FromUserName": FOLLOWER,
                "CreateTime": 1716168600,
                "MsgType": "text",
                "MsgId": 6054768590064713728,
                "Content": "同意",
            }
        )
    },
}
"""The bodies by media type: JSON as it is, all others in bytes."""


def body(path: str, **changes: Any) -> dict[str, Any]:
    """What is posted to ``path``, but for ``changes``."""
    return {**BODIES["POST", path][JSON], **changes}
