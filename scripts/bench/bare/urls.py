from django.urls import path

from scripts.bench.bare.views import grants, page, webhooks

urlpatterns = [
    path("v1/bonus-grants", lambda request: page() if request.method == "GET" else grants(request)),
    path("v1/adapters/<slug:slug>/webhooks/bonus-events", webhooks),
]
