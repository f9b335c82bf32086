"""Who sees what on the desk, and who may open what: written down by hand, from what the four groups are for.

A viewer reads. An operator also issues and cancels grants, and makes and issues campaigns. A manager also keeps
templates, players and segments, and approves. An admin does everything.
"""

VIEWER, OPERATOR, MANAGER, ADMIN = "viewer", "operator", "manager", "admin"
ROLES = (VIEWER, OPERATOR, MANAGER, ADMIN)
"""Each may what those before it may."""
NOBODY = "nobody"

LISTS = {
    "auth/group": (ADMIN, ADMIN, ADMIN),
    "auth/user": (ADMIN, ADMIN, ADMIN),
    "axes/accessattempt": (ADMIN, NOBODY, NOBODY),
    "bonuses/bonustemplate": (VIEWER, MANAGER, MANAGER),
    "bonuses/canceljob": (VIEWER, NOBODY, NOBODY),
    "bonuses/drift": (VIEWER, NOBODY, NOBODY),
    "bonuses/grant": (VIEWER, OPERATOR, NOBODY),
    "bonuses/player": (VIEWER, MANAGER, MANAGER),
    "bonuses/stop": (VIEWER, ADMIN, NOBODY),
    "campaigns/campaign": (VIEWER, OPERATOR, OPERATOR),
    "campaigns/recipient": (VIEWER, NOBODY, NOBODY),
    "campaigns/segment": (VIEWER, MANAGER, MANAGER),
    "integrations/adapter": (VIEWER, ADMIN, ADMIN),
    "integrations/exchangerate": (VIEWER, ADMIN, NOBODY),
    "integrations/outgoingevent": (VIEWER, NOBODY, NOBODY),
    "integrations/sinkstate": (VIEWER, NOBODY, NOBODY),
    "integrations/webhookdelivery": (VIEWER, NOBODY, NOBODY),
}
"""The lowest group that the front page shows it to, and offers to add and to change one."""
PANELS = ["What needs a person", "Grants", "Campaigns under way", "Outbox", "All pages"]
"""Of the front page. All of it is reading."""

FIELDS = "fields to type into"
SAVES = ("Save", "Save and add another", "Save and continue editing")
SHOWN: dict[str, dict[str, str]] = {
    "bonuses/bonustemplate/": {
        "Add bonus template": MANAGER,
        "Activate": MANAGER,
        "Pause": MANAGER,
        "Archive": MANAGER,
        "Delete selected bonus templates": MANAGER,
    },
    "bonuses/bonustemplate/{template}/change/": {
        "Why no bonus?": VIEWER,
        "History": VIEWER,
        "Pause": MANAGER,
        "Archive": MANAGER,
        "Duplicate": MANAGER,
        "Delete": MANAGER,
        FIELDS: MANAGER,
        **dict.fromkeys(SAVES, MANAGER),
        "Stop issuing": ADMIN,
    },
    "bonuses/canceljob/": {},
    "bonuses/canceljob/{job}/change/": {"Stop": OPERATOR},
    "bonuses/drift/": {"Mark as resolved": ADMIN},
    "bonuses/drift/{drift}/change/": {"History": VIEWER},
    "bonuses/grant/": {"Why no bonus?": VIEWER, "Issue a grant": OPERATOR, "Cancel all selected": OPERATOR},
    "bonuses/grant/{grant}/change/": {"History": VIEWER, "Cancel this grant": OPERATOR},
    "bonuses/grant/{doubtful}/change/": {
        "History": VIEWER,
        "Cancel this grant": OPERATOR,
        "Say what became of it": ADMIN,
    },
    "bonuses/player/": {"Add player": MANAGER},
    "bonuses/player/{player}/change/": {
        "Why no bonus?": VIEWER,
        "History": VIEWER,
        FIELDS: MANAGER,
        **dict.fromkeys(SAVES, MANAGER),
    },
    "bonuses/stop/": {"Add kill switch": ADMIN, "Delete selected kill switches": ADMIN},
    "bonuses/stop/{stop}/change/": {"History": VIEWER, "Delete": ADMIN},
    "campaigns/campaign/": {"Build in steps": OPERATOR, "Add campaign": OPERATOR},
    "campaigns/campaign/{draft}/change/": {
        "Preview": VIEWER,
        "Why no bonus?": VIEWER,
        "History": VIEWER,
        "Builder": OPERATOR,
        "Issue": OPERATOR,
        "Cancel": OPERATOR,
        "Save": OPERATOR,
        "Save and continue editing": OPERATOR,
        FIELDS: OPERATOR,
        "Approve": MANAGER,
        "Withdraw the approval": MANAGER,
        "Delete": MANAGER,
        "Stop issuing": ADMIN,
    },
    "campaigns/campaign/{issuing}/change/": {
        "Why no bonus?": VIEWER,
        "Result": VIEWER,
        "Recipients": VIEWER,
        "Recipients as CSV": VIEWER,
        "History": VIEWER,
        "Pause": OPERATOR,
        "Cancel": OPERATOR,
        "Stop issuing": ADMIN,
    },
    "campaigns/campaign/{paused}/change/": {
        "Why no bonus?": VIEWER,
        "History": VIEWER,
        "Resume": OPERATOR,
        "Cancel": OPERATOR,
        "Save": OPERATOR,
        "Save and continue editing": OPERATOR,
        FIELDS: OPERATOR,
        "Approve": MANAGER,
        "Stop issuing": ADMIN,
    },
    "campaigns/recipient/": {},
    "campaigns/segment/": {"From a CSV file": MANAGER, "Add segment": MANAGER},
    "campaigns/segment/{listed}/change/": {
        "History": VIEWER,
        "Players from a CSV file": MANAGER,
        "Delete": MANAGER,
        FIELDS: MANAGER,
        **dict.fromkeys(SAVES, MANAGER),
    },
    "campaigns/segment/{ruled}/change/": {
        "History": VIEWER,
        "Delete": MANAGER,
        FIELDS: MANAGER,
        **dict.fromkeys(SAVES, MANAGER),
    },
    "integrations/adapter/": {"Add adapter": ADMIN, "Delete selected adapters": ADMIN},
    "integrations/adapter/{adapter}/change/": {
        "History": VIEWER,
        "Test call": ADMIN,
        "Pause": ADMIN,
        "Delete": ADMIN,
        FIELDS: ADMIN,
        **dict.fromkeys(SAVES, ADMIN),
    },
    "integrations/exchangerate/": {"Add exchange rate": ADMIN},
    "integrations/exchangerate/{rate}/change/": {"History": VIEWER},
    "integrations/outgoingevent/": {"Send again": ADMIN, "Skip, with a reason": ADMIN},
    "integrations/outgoingevent/{event}/change/": {"History": VIEWER},
    "integrations/sinkstate/": {},
    "integrations/sinkstate/kafka/change/": {
        "History": VIEWER,
        "Decide what became of the batch": ADMIN,
        "Pause": ADMIN,
        "Send all parked again": ADMIN,
        "Send again": ADMIN,
        "Skip with a reason": ADMIN,
    },
    "integrations/webhookdelivery/": {"Apply again": ADMIN},
    "integrations/webhookdelivery/{delivery}/change/": {"History": VIEWER},
}
"""Everything on a page that does something or leads to where it is done, with the lowest group that sees it."""

OPENS = {
    "bonuses/grant/why/": VIEWER,
    "bonuses/bonustemplate/{template}/history/": VIEWER,
    "campaigns/campaign/why/": VIEWER,
    "campaigns/campaign/{draft}/preview/": VIEWER,
    "campaigns/campaign/{issuing}/result/": VIEWER,
    "campaigns/campaign/{issuing}/status/": VIEWER,
    "campaigns/campaign/{issuing}/recipients.csv": VIEWER,
    "desk/running/": VIEWER,
    "desk/charts/cost.svg": VIEWER,
    "bonuses/grant/add/": OPERATOR,
    "bonuses/grant/{grant}/cancel/": OPERATOR,
    "bonuses/canceljob/{chosen}/start/": OPERATOR,
    "campaigns/campaign/add/": OPERATOR,
    "campaigns/campaign/build/{new}/audience/": OPERATOR,
    "campaigns/campaign/build/{draft}/budget/": OPERATOR,
    "campaigns/campaign/build/{draft}/review/": OPERATOR,
    "campaigns/campaign/{draft}/issue/": OPERATOR,
    "campaigns/campaign/{draft}/cancel/": OPERATOR,
    "campaigns/campaign/{issuing}/pause/": OPERATOR,
    "campaigns/campaign/{paused}/resume/": OPERATOR,
    "bonuses/bonustemplate/add/": MANAGER,
    "bonuses/bonustemplate/{template}/set/paused/": MANAGER,
    "bonuses/bonustemplate/{template}/delete/": MANAGER,
    "bonuses/player/add/": MANAGER,
    "campaigns/campaign/{draft}/approve/": MANAGER,
    "campaigns/campaign/{draft}/withdraw/": MANAGER,
    "campaigns/campaign/{draft}/delete/": MANAGER,
    "campaigns/segment/add/": MANAGER,
    "campaigns/segment/csv/": MANAGER,
    "campaigns/segment/{listed}/csv/": MANAGER,
    "campaigns/segment/{listed}/delete/": MANAGER,
    "auth/group/": ADMIN,
    "auth/user/": ADMIN,
    "auth/user/add/": ADMIN,
    "axes/accessattempt/": ADMIN,
    "bonuses/grant/{doubtful}/resolve/": ADMIN,
    "bonuses/stop/add/": ADMIN,
    "bonuses/stop/{stop}/delete/": ADMIN,
    "integrations/adapter/add/": ADMIN,
    "integrations/adapter/{adapter}/delete/": ADMIN,
    "integrations/adapter/{adapter}/pause/": ADMIN,
    "integrations/adapter/{adapter}/resume/": ADMIN,
    "integrations/adapter/{adapter}/try/": ADMIN,
    "integrations/exchangerate/add/": ADMIN,
    "integrations/sinkstate/kafka/decide/": ADMIN,
    "integrations/sinkstate/kafka/pause/": ADMIN,
    "integrations/sinkstate/kafka/parked/{parked}/again/": ADMIN,
    "integrations/sinkstate/kafka/parked/{parked}/skip/": ADMIN,
    "integrations/sinkstate/kafka/send-parked-again/": ADMIN,
    "bonuses/grant/{grant}/delete/": NOBODY,
    "bonuses/player/{player}/delete/": NOBODY,
    "campaigns/campaign/{issuing}/delete/": NOBODY,
    "integrations/exchangerate/{rate}/delete/": NOBODY,
    "integrations/outgoingevent/add/": NOBODY,
}
"""By address. Whoever may not open it may not send anything to it either."""

TAKES = {
    "bonuses/canceljob/{job}/stop/": OPERATOR,
    "campaigns/campaign/{draft}/change/": OPERATOR,
    "bonuses/bonustemplate/sketch/": MANAGER,
    "bonuses/bonustemplate/{template}/change/": MANAGER,
    "bonuses/player/{player}/change/": MANAGER,
    "campaigns/segment/rules/": MANAGER,
    "campaigns/segment/rules/count/": MANAGER,
    "campaigns/segment/{listed}/change/": MANAGER,
    "integrations/adapter/{adapter}/change/": ADMIN,
    "integrations/sinkstate/kafka/resume/": ADMIN,
    "bonuses/grant/{grant}/change/": NOBODY,
    "bonuses/stop/{stop}/change/": NOBODY,
    "integrations/exchangerate/{rate}/change/": NOBODY,
    "integrations/sinkstate/kafka/change/": NOBODY,
}
"""Of what is sent to an address that everybody may look at, or nobody opens."""

ACTIONS = {
    ("bonuses/grant/", "cancel_selected", "grant"): OPERATOR,
    ("bonuses/bonustemplate/", "archive", "template"): MANAGER,
    ("bonuses/bonustemplate/", "delete_selected", "template"): MANAGER,
    ("bonuses/drift/", "mark_resolved", "drift"): ADMIN,
    ("bonuses/stop/", "delete_selected", "stop"): ADMIN,
    ("integrations/adapter/", "delete_selected", "adapter"): ADMIN,
    ("integrations/outgoingevent/", "send_again", "event"): ADMIN,
    ("integrations/outgoingevent/", "skip", "event"): ADMIN,
    ("integrations/webhookdelivery/", "apply_again", "delivery"): ADMIN,
}
"""Of a list, for a row."""


def may(role: str, lowest: str) -> bool:
    return lowest != NOBODY and ROLES.index(role) >= ROLES.index(lowest)
