"""The page that pauses a platform, or lets it go on. A GET shows what would happen, a POST does it."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404

from integrations.admin.common import AnyModelAdmin, ReasonForm, actor
from integrations.admin.pages import address_of, form_page, require
from integrations.models import Adapter
from integrations.platforms.switch import switch

CHANGE = "integrations.change_adapter"
WHAT_HAPPENS = {
    False: "No new bonus is sent to this platform: the API refuses to issue for its brands, and campaigns that need it "
    "pause. What was promised before is still carried out, and what it reports is still taken.",
    True: "New bonuses are sent to this platform again. Campaigns that have paused for it go on when somebody resumes "
    "them.",
}


def switch_page(model_admin: AnyModelAdmin, request: HttpRequest, adapter_id: uuid.UUID, *, on: bool) -> HttpResponse:
    require(request, CHANGE)
    adapter = get_object_or_404(Adapter, pk=adapter_id)
    form = ReasonForm(request.POST or None)
    title = "Resume" if on else "Pause"
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if switch(adapter_id=adapter.pk, on=on, by=actor(request), reason=reason):
            model_admin.log_change(request, adapter, f"{title}d: {reason}")
            messages.success(request, f"{adapter} {'goes on' if on else 'is paused'}.")
        else:
            messages.warning(request, f"Nothing was changed: {adapter} {'was not' if on else 'had been'} paused.")
        return HttpResponseRedirect(address_of(adapter))
    return form_page(
        model_admin,
        request,
        form,
        title=title,
        original=adapter,
        explanation=WHAT_HAPPENS[on],
        submit=f"{title} the platform",
    )
