from django.urls import path

from campaigns.api.campaigns import CampaignViewSet
from campaigns.api.recipients import RecipientViewSet
from campaigns.api.segments import SegmentViewSet

urlpatterns = [
    path("bonus-campaigns", CampaignViewSet.as_view({"get": "list", "post": "create"})),
    path("bonus-campaigns/<str:pk>", CampaignViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("bonus-campaigns/<str:pk>/issue", CampaignViewSet.as_view({"post": "issue"})),
    path("bonus-campaigns/<str:pk>/approve", CampaignViewSet.as_view({"post": "approve"})),
    path("bonus-campaigns/<str:pk>/pause", CampaignViewSet.as_view({"post": "pause"})),
    path("bonus-campaigns/<str:pk>/resume", CampaignViewSet.as_view({"post": "resume"})),
    path("bonus-campaigns/<str:pk>/cancel", CampaignViewSet.as_view({"post": "cancel"})),
    path("bonus-campaigns/<str:pk>/preview", CampaignViewSet.as_view({"post": "preview"})),
    path("bonus-campaigns/<str:pk>/recipients", RecipientViewSet.as_view({"get": "list"})),
    path("segments", SegmentViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "segments/<str:pk>",
        SegmentViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("segments/<str:pk>/preview", SegmentViewSet.as_view({"post": "preview"})),
]
