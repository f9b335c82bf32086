from django.contrib import admin
from django.urls import include, path, re_path

from bonusdesk.api.openapi.views import DocsView, DocumentView
from bonusdesk.api.unknown import UnknownAddressView
from bonusdesk.desk.charts import chart
from bonusdesk.desk.page import running_part
from bonusdesk.desk.session import session

urlpatterns = [
    path("admin/desk/running/", admin.site.admin_view(running_part), name="desk-running"),
    path("admin/desk/charts/<slug:name>.svg", admin.site.admin_view(chart), name="desk-chart"),
    path("admin/desk/session/", session, name="desk-session"),
    path("admin/", admin.site.urls),
    path("v1/openapi.json", DocumentView.as_view(), name="openapi"),
    path("v1/docs", DocsView.as_view(), name="api-docs"),
    path("v1/", include("bonuses.api.urls")),
    path("v1/", include("campaigns.api.urls")),
    # The last one under /v1/: every other address there.
    re_path(r"^v1(/.*)?$", UnknownAddressView.as_view()),
]
