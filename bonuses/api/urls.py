from django.urls import path

from bonuses.api.grants import GrantViewSet
from bonuses.api.players import PlayerBatchViewSet, PlayerViewSet
from bonuses.api.templates import TemplateViewSet
from bonuses.api.webhooks import BonusEventsView

urlpatterns = [
    path("bonus-templates", TemplateViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "bonus-templates/<str:pk>",
        TemplateViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("bonus-grants", GrantViewSet.as_view({"get": "list", "post": "create"})),
    path("bonus-grants/<str:pk>", GrantViewSet.as_view({"get": "retrieve"})),
    path("bonus-grants/<str:pk>/cancel", GrantViewSet.as_view({"post": "cancel"})),
    path("bonus-grants/<str:pk>/transitions", GrantViewSet.as_view({"get": "transitions"})),
    path("players", PlayerViewSet.as_view({"get": "list"})),
    path("players/identify", PlayerViewSet.as_view({"post": "identify"})),
    path("players/identify/batch", PlayerBatchViewSet.as_view({"post": "identify_batch"})),
    path("players/<str:pk>", PlayerViewSet.as_view({"get": "retrieve"})),
    path("adapters/<slug:slug>/webhooks/bonus-events", BonusEventsView.as_view()),
]
