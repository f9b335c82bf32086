"""The headers by which Fast Track names the action behind a call."""

from typing import Any

from rest_framework.request import Request

REFERENCE_HEADERS = {
    "X-Fasttrack-Id": "id",
    "X-Fasttrack-Actionid": "action_id",
    "X-Fasttrack-Actiongroupid": "action_group_id",
    "X-Fasttrack-Actioncommunicationprofileid": "action_communication_profile_id",
    "X-Fasttrack-Activityid": "activity_id",
    "X-Fasttrack-Triggerhash": "trigger_hash",
}


def references_of(request: Request) -> dict[str, Any]:
    """What Fast Track said about the action behind this call; it comes back in every event of the grant."""
    headers = request.headers
    return {key: headers[header] for header, key in REFERENCE_HEADERS.items() if headers.get(header)}
