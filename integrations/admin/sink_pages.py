"""The pages of a sink that do something. A GET shows what would happen, a POST does it."""

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404

from integrations import outbox
from integrations.admin.common import AnyModelAdmin, ReasonForm, actor
from integrations.admin.pages import address_of, form_page, require
from integrations.models import OutgoingEvent, SinkState
from integrations.outbox.pick import OPEN

ACT = "integrations.change_outgoingevent"
DECIDE = "integrations.change_sinkstate"


class DecideForm(ReasonForm):
    arrived = forms.TypedChoiceField(
        label="What happened",
        choices=[
            ("yes", "The batch arrived: what of it is pending counts as delivered"),
            ("no", "It did not arrive: it is sent again, under the same ids"),
        ],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect(attrs={"class": "radiolist"}),
    )
    epoch = forms.IntegerField(widget=forms.HiddenInput)
    """Of the halt that is decided: the sink may have gone on since, and halted over another batch."""

    field_order = ("arrived", "reason")


class SkipForm(ReasonForm):
    events = forms.JSONField(widget=forms.HiddenInput)
    """The ids that were shown: what is parked may be another one by the time of the answer."""

    def clean_events(self) -> list[int]:
        found = self.cleaned_data["events"]
        if not isinstance(found, list) or not all(type(pk) is int for pk in found):
            raise forms.ValidationError("A list of ids.")
        return found


def decide_page(model_admin: AnyModelAdmin, request: HttpRequest, sink: str) -> HttpResponse:
    require(request, DECIDE)
    state = get_object_or_404(SinkState, sink=sink)
    form = DecideForm(request.POST if request.method == "POST" else None, initial={"epoch": state.epoch})
    if request.method == "POST" and form.is_valid():
        return _decide(model_admin, request, state, **form.cleaned_data)
    if state.halted_at is None:
        messages.info(request, "There is nothing to decide: this sink is not halted.")
        return _to(state)
    count = len(state.in_flight["ids"]) if state.in_flight else 0
    explanation = (
        f"{state.halt_reason} Look at the receiver first: did it get the {count:,} events of the batch in flight? "
        "Said wrongly, they are lost, or arrive a second time."
    )
    return form_page(
        model_admin,
        request,
        form,
        title="Decide what became of it",
        original=state,
        explanation=explanation,
        submit="Save",
    )


def _decide(
    model_admin: AnyModelAdmin, request: HttpRequest, state: SinkState, *, arrived: bool, reason: str, epoch: int
) -> HttpResponse:
    try:
        count = outbox.decide_flight(state.sink, arrived=arrived, by=actor(request), reason=reason, epoch=epoch)
    except outbox.NothingToDecide:
        messages.warning(request, "Nothing was changed: somebody else has decided in the meantime.")
        return _to(state)
    said = f"{count:,} events " + ("count as delivered" if arrived else "will be sent again")
    model_admin.log_change(
        request, state, f"Decided that the batch {'arrived' if arrived else 'did not arrive'}: {reason}"
    )
    messages.success(request, f"The sink goes on; {said}.")
    return _to(state)


def send_again_page(
    model_admin: AnyModelAdmin, request: HttpRequest, sink: str, grant_id: uuid.UUID | None
) -> HttpResponse:
    """All that is parked at a sink, or that of one grant."""
    require(request, ACT)
    state = get_object_or_404(SinkState, sink=sink)
    if request.method == "POST":
        count = outbox.send_parked_again(sink, grant_id=grant_id)
        if count:
            model_admin.log_change(request, state, f"Sent {count} parked again{_of(grant_id)}.")
        _tell(request, count, "to be sent again")
        return _to(state)
    explanation = (
        "It goes again under the same id, and what waits behind it follows. If it is refused again it is parked again."
    )
    return form_page(
        model_admin,
        request,
        forms.Form(),
        title=f"Send again what is parked{_of(grant_id)}",
        original=state,
        explanation=explanation,
        submit="Send again",
    )


def skip_page(model_admin: AnyModelAdmin, request: HttpRequest, sink: str, grant_id: uuid.UUID) -> HttpResponse:
    require(request, ACT)
    state = get_object_or_404(SinkState, sink=sink)
    parked = OutgoingEvent.objects.filter(sink=sink, grant_id=grant_id, parked_at__isnull=False, **OPEN)
    shown = list(parked.order_by("id").values_list("id", "status")[:20])
    form = SkipForm(request.POST if request.method == "POST" else None, initial={"events": [pk for pk, _ in shown]})
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        chosen = form.cleaned_data["events"]
        count = outbox.skip_parked(sink, grant_id=grant_id, events=chosen, by=actor(request), reason=reason)
        if count:
            model_admin.log_change(request, state, f"Skipped {count} parked{_of(grant_id)}: {reason}")
        _tell(request, count, "skipped")
        return _to(state)
    if not shown:
        _tell(request, 0, "skipped")
        return _to(state)
    names = ", ".join(f"{status} ({pk})" for pk, status in shown)
    return form_page(
        model_admin,
        request,
        form,
        title=f"Skip what is parked{_of(grant_id)}",
        original=state,
        explanation=f"{names}: never sent to this sink then; what waits behind it goes on.",
        submit="Skip",
    )


def pause_page(model_admin: AnyModelAdmin, request: HttpRequest, sink: str) -> HttpResponse:
    require(request, DECIDE)
    state = get_object_or_404(SinkState, sink=sink)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if outbox.pause_sink(sink, by=actor(request), reason=reason):
            model_admin.log_change(request, state, f"Paused: {reason}")
            messages.success(request, "The sink is paused.")
        else:
            messages.warning(request, "Nothing was changed: somebody has paused it already.")
        return _to(state)
    explanation = (
        "Nothing is sent to this sink until somebody resumes it. A delivery that is under way ends within some ten "
        "seconds. Events wait, are kept however long it takes, and go in their order afterwards."
    )
    return form_page(
        model_admin,
        request,
        form,
        title="Pause",
        original=state,
        explanation=explanation,
        submit="Pause the sink",
    )


def resume_page(model_admin: AnyModelAdmin, request: HttpRequest, sink: str) -> HttpResponse:
    require(request, DECIDE)
    state = get_object_or_404(SinkState, sink=sink)
    if request.method == "POST":
        if outbox.resume_sink(sink, by=actor(request)):
            model_admin.log_change(request, state, "Resumed.")
            messages.success(request, "The sink goes on.")
        else:
            messages.warning(request, "Nothing was changed: it was not paused.")
        return _to(state)
    if state.paused_at is None:
        messages.info(request, "This sink is not paused.")
        return _to(state)
    explanation = f"Paused by {state.paused_by} ({state.pause_reason}). What has waited is sent, the oldest first."
    return form_page(
        model_admin,
        request,
        forms.Form(),
        title="Resume",
        original=state,
        explanation=explanation,
        submit="Resume the sink",
    )


def _tell(request: HttpRequest, count: int, done: str) -> None:
    if count:
        messages.success(request, f"{count:,} {done}.")
    else:
        messages.warning(request, "Nothing was changed: what you saw is no longer parked.")


def _of(grant_id: uuid.UUID | None) -> str:
    return f" of grant {grant_id}" if grant_id else ""


def _to(state: SinkState) -> HttpResponse:
    return HttpResponseRedirect(address_of(state))
