"""The builder: a campaign in steps, each a page of its own.

Between the first step and the second, where there is no campaign yet, what was typed is in the address; from then on
it is in the draft. The id is there from the start, so that what is sent twice makes one campaign.
"""

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from bonuses.admin.service_form import add_domain_error
from campaigns.admin.build_forms import AudienceForm, BudgetForm, HoldoutForm, StepForm, TemplateForm, TimingForm
from campaigns.admin.build_review import review_page
from campaigns.admin.campaign_pages import nothing_to_do
from campaigns.admin.seen import check_seen
from campaigns.lifecycle import Status
from campaigns.models import Campaign
from campaigns.services.change_campaign import change_campaign
from campaigns.services.create_campaign import create_campaign
from campaigns.services.lock_campaign import lock_campaign
from campaigns.services.plan_campaign import plan_campaign
from integrations.admin.common import AnyModelAdmin, actor, as_uuid
from integrations.admin.pages import form_page
from integrations.errors import DomainError
from integrations.ids import new_id

MAY_ADD = "campaigns.add_campaign"
MAY_CHANGE = "campaigns.change_campaign"
FORMS: dict[str, type[StepForm]] = {
    "audience": AudienceForm,
    "template": TemplateForm,
    "timing": TimingForm,
    "budget": BudgetForm,
    "holdout": HoldoutForm,
}
REVIEW = "review"
STEPS = (*FORMS, REVIEW)
BEFORE_IT_IS_MADE = STEPS[:2]
FIELD_OF = {"BONUS_DEPOSIT_AMOUNT_REQUIRED": "deposit", "SEGMENT_NOT_FOUND": "segment"}


def new_page(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm(MAY_ADD):
        raise PermissionDenied
    return HttpResponseRedirect(address(new_id(), STEPS[0]))


def step_page(model_admin: AnyModelAdmin, request: HttpRequest, campaign_id: uuid.UUID, step: str) -> HttpResponse:
    draft = draft_of(request, campaign_id)
    if step not in STEPS:
        raise Http404
    if draft.state is not Status.DRAFT:
        return nothing_to_do(request, draft)
    if draft._state.adding and (step not in BEFORE_IT_IS_MADE or (step != STEPS[0] and not _has_begun(draft))):
        return HttpResponseRedirect(_with_typed(draft, STEPS[0]))
    if step == REVIEW:
        return review_page(model_admin, request, draft, _navigation(draft, step))
    form = FORMS[step](request.POST if request.method == "POST" else None, draft=draft)
    if form.is_valid():
        try:
            return HttpResponseRedirect(_saved(model_admin, request, draft, step, form))
        except DomainError as error:
            _refuse(form, error)
    return form_page(
        model_admin,
        request,
        form,
        title=f"New campaign: {step}",
        # One that is not made yet has no page to lead to.
        original=None if draft._state.adding else draft,
        template="admin/campaigns/campaign/build.html",
        **_navigation(draft, step),
    )


def address(campaign_id: uuid.UUID, step: str) -> str:
    return reverse("admin:campaigns_campaign_build_step", args=[campaign_id, step])


def draft_of(request: HttpRequest, campaign_id: uuid.UUID) -> Campaign:
    """As it is stored, or what the address says of one that is yet to be made."""
    found = Campaign.objects.select_related("template", "segment").filter(pk=campaign_id).first()
    if not request.user.has_perm(MAY_CHANGE if found else MAY_ADD):
        raise PermissionDenied
    if found:
        return found
    draft = Campaign(pk=campaign_id, name=request.GET.get("name", ""))
    if chosen := as_uuid(request.GET.get("segment", "")):
        draft.segment_id = chosen
    return draft


def _has_begun(draft: Campaign) -> bool:
    """Whether the first step of one that is not made yet was filled in; the service looks at the values."""
    return bool(draft.name and draft.segment_id)


def _with_typed(draft: Campaign, step: str) -> str:
    if not draft._state.adding or not _has_begun(draft):
        return address(draft.pk, step)
    return f"{address(draft.pk, step)}?{urlencode({'name': draft.name, 'segment': str(draft.segment_id)})}"


def _saved(model_admin: AnyModelAdmin, request: HttpRequest, draft: Campaign, step: str, form: StepForm) -> str:
    """Where to go on. Raises `DomainError`, and has saved nothing then."""
    if draft._state.adding:
        for name, value in form.fields_of().items():
            setattr(draft, name, value)
        if step == STEPS[0]:
            return _with_typed(draft, STEPS[1])
        return _made(model_admin, request, draft, form)
    if changes := form.changes():
        with transaction.atomic():
            check_seen(lock_campaign(draft.pk), form.cleaned_data["seen"])
            _change(request, draft, step, changes)
            model_admin.log_change(request, draft, f"Builder: {step}.")
    return address(draft.pk, _next(step, request))


def _made(model_admin: AnyModelAdmin, request: HttpRequest, draft: Campaign, form: StepForm) -> str:
    """By whichever of two equal forms comes first; the other one finds it made."""
    fields = {"name": draft.name, "segment_id": draft.segment_id, **form.fields_of()}
    try:
        with transaction.atomic():
            made = create_campaign(fields=fields, by=actor(request), campaign_id=draft.pk)
            model_admin.log_addition(request, made, "Builder.")
    except IntegrityError:
        if not Campaign.objects.filter(pk=draft.pk).exists():
            raise
    return address(draft.pk, _next(STEPS[1], request))


def _change(request: HttpRequest, draft: Campaign, step: str, changes: dict[str, Any]) -> None:
    if step == "timing":
        plan_campaign(campaign_id=draft.pk, by=actor(request), **changes)
    else:
        change_campaign(campaign_id=draft.pk, changes=changes, by=actor(request))


def _next(step: str, request: HttpRequest) -> str:
    """Back and on both keep what was typed."""
    place = STEPS.index(step) + (-1 if request.POST.get("go") == "back" else 1)
    return STEPS[max(place, 0)]


def _refuse(form: StepForm, error: DomainError) -> None:
    field = FIELD_OF.get(error.code)
    if field in form.fields:
        form.add_error(field, error.message)
    else:
        add_domain_error(form, error)


def _navigation(draft: Campaign, step: str) -> dict[str, Any]:
    open_ = BEFORE_IT_IS_MADE if draft._state.adding else STEPS
    steps = [
        {
            "name": name.capitalize(),
            "url": _with_typed(draft, name) if name in open_ and name != step else "",
            "is_current": name == step,
        }
        for name in STEPS
    ]
    place = STEPS.index(step)
    return {
        "steps": steps,
        "step": step,
        "place": place + 1,
        "draft": draft,
        "is_new": draft._state.adding,
        "has_back": place > 0,
        "back_url": _with_typed(draft, STEPS[place - 1]) if place else "",
    }
