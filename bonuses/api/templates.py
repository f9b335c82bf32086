from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from bonuses.api.bodies import read
from bonuses.api.columns import selected
from bonuses.api.docs.templates import describe_templates
from bonuses.api.filters import TemplateFilters
from bonuses.api.rows import TEMPLATE_COLUMNS, template_row
from bonuses.api.serializers import ChangeTemplate, CreateTemplate, template_fields
from bonuses.api.viewsets import RowViewSet, actor
from bonuses.models import BonusTemplate
from bonuses.services.change_template import change_template
from bonuses.services.create_template import create_template
from bonuses.services.issue import TemplateNotFound
from bonuses.services.remove_template import remove_template


@describe_templates
class TemplateViewSet(RowViewSet):
    queryset = selected(BonusTemplate, TEMPLATE_COLUMNS)
    columns = TEMPLATE_COLUMNS
    row = template_row
    filterset_class = TemplateFilters
    permissions_needed: ClassVar = {
        "list": "bonuses.view_bonustemplate",
        "retrieve": "bonuses.view_bonustemplate",
        "create": "bonuses.add_bonustemplate",
        "partial_update": "bonuses.change_bonustemplate",
        "destroy": "bonuses.delete_bonustemplate",
    }

    def missing(self, pk: str) -> TemplateNotFound:
        return TemplateNotFound(f"There is no bonus template {pk}.")

    def create(self, request: Request) -> Response:
        body = read(request, CreateTemplate)
        template = create_template(fields=template_fields(body), by=actor(request))
        return Response(self.one(template.pk), status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        template_id = self.id_of(pk)
        body = read(request, ChangeTemplate)
        change_template(template_id=template_id, changes=template_fields(body), by=actor(request))
        return Response(self.one(template_id))

    def destroy(self, request: Request, pk: str) -> Response:
        remove_template(template_id=self.id_of(pk), by=actor(request))
        return Response(status=204)
