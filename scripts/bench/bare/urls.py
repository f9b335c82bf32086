from django.urls import path

from scripts.bench.bare.views import grants, webhooks

urlpatterns = [
    path("v1/bonus-grants", grants),
    path("v1/adapters/<slug:slug>/webhooks/bonus-events", webhooks),
]
