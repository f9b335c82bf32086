from drf_spectacular.utils import OpenApiExample

from bonuses.api.docs.examples import NEW_FREE_SPINS, NEW_TEMPLATE, TEMPLATE
from bonuses.api.docs.operation import described, operation
from bonuses.api.docs.template_shapes import NewTemplate, Template, TemplateChange

TAG = "Bonus templates"
NOT_FOUND = "BONUS_TEMPLATE_NOT_FOUND"
THIS = {"id": "$response.body#/data/id"}
LINKS = {
    "getTemplate": {"parameters": THIS, "description": "The template itself."},
    "changeTemplate": {"parameters": THIS, "description": "Change the template."},
    "removeTemplate": {"parameters": THIS, "description": "Remove or archive the template."},
    "issueGrant": {
        "requestBody": {"template_id": "$response.body#/data/id"},
        "description": "Give a bonus of this template to a player.",
    },
    "listGrants": {
        "parameters": {"template_id": "$response.body#/data/id"},
        "description": "The grants of this template.",
    },
}
ROW = OpenApiExample("template", value=TEMPLATE, response_only=True)

describe_templates = described(
    list=operation(
        "listTemplates",
        "List bonus templates",
        "Newest first. An empty filter does not filter.",
        tag=TAG,
        answers={200: (Template, "A page of templates.")},
        wrapped="page",
        filters={
            "status": "Only templates in this state.",
            "type": "Only templates of this type.",
            "product": "Only templates for this part of the house.",
            "q": "Only templates with this text in their name, in upper or lower case.",
        },
        examples=[ROW],
    ),
    retrieve=operation(
        "getTemplate",
        "Read a bonus template",
        "An archived template stays readable.",
        tag=TAG,
        answers={200: (Template, "The template.")},
        errors=[NOT_FOUND],
        links=LINKS,
        examples=[ROW],
    ),
    create=operation(
        "createTemplate",
        "Make a bonus template",
        "Amounts are minor units of `config.currency`: 20000 is €200. A field that is absent or null takes its "
        "default; for a field that can be without a value, null means none.",
        tag=TAG,
        answers={201: (Template, "The template that was made.")},
        errors=["BONUS_CONFIG_INVALID"],
        links=LINKS,
        request=NewTemplate,
        examples=[
            OpenApiExample("welcome match", value=NEW_TEMPLATE, request_only=True),
            OpenApiExample("free spins", value=NEW_FREE_SPINS, request_only=True),
            ROW,
        ],
    ),
    partial_update=operation(
        "changeTemplate",
        "Change a bonus template",
        "Fields that are absent stay as they are. A grant that was already made keeps the terms it was made under. "
        "The type can't be changed, and `config` and `wagering_basis` must fit it.",
        tag=TAG,
        answers={200: (Template, "The template as it is now.")},
        errors=[NOT_FOUND, "BONUS_CONFIG_INVALID"],
        links=LINKS,
        request=TemplateChange,
        examples=[
            OpenApiExample("pause", value={"status": "paused"}, request_only=True),
            OpenApiExample(
                "another cap", value={"config": {**NEW_TEMPLATE["config"], "cap_amount": 15000}}, request_only=True
            ),
            ROW,
        ],
    ),
    destroy=operation(
        "removeTemplate",
        "Remove a bonus template",
        "Deletes a template that was never granted or used, and archives one that was; that one stays readable.",
        tag=TAG,
        answers={204: (None, "Removed or archived.")},
        errors=[NOT_FOUND],
    ),
)
