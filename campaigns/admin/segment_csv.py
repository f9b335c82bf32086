"""A fixed list from a CSV file, in two steps: the preview writes nothing, its own form sends the file back and acts.

The file goes to and fro in the form, signed, bound to who sent it and to the segment; nothing is kept here in between.
"""

import base64
import uuid
from functools import partial
from io import BytesIO
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from bonuses.admin.once import SENT_BEFORE
from campaigns.models import Segment
from campaigns.models.segment import SegmentKind
from campaigns.services.import_members import MembersTally, import_members, survey_members
from integrations.admin.common import AnyModelAdmin, as_uuid
from integrations.errors import DomainError
from integrations.ids import new_id

MAX_BYTES = 1024 * 1024
MAX_LINES = 10_000
GOOD_FOR_SECONDS = 3600
SALT = "campaigns.segment_csv"
LARGER = "Larger files go in by `manage.py import_segment`."


class UploadForm(forms.Form):
    name = forms.CharField(max_length=200, help_text="Of the new segment.")
    file = forms.FileField(
        allow_empty_file=True,
        help_text=f"CSV in UTF-8 with a column external_id, at most {MAX_LINES:,} lines and 1 MiB. {LARGER}",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )
    replace = forms.BooleanField(
        required=False, label="Replace the list", help_text="Take off the list who is not in the file."
    )

    def __init__(self, *args: Any, segment: Segment | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["replace" if segment is None else "name"]

    def clean_file(self) -> bytes:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(f"The file is larger than 1 MiB. {LARGER}")
        content: bytes = file.read()
        if len(content.splitlines()) > MAX_LINES + 1:
            raise forms.ValidationError(f"The file has more than {MAX_LINES:,} lines. {LARGER}")
        return content


def segment_csv_urls(model_admin: AnyModelAdmin) -> list[URLPattern]:
    """To stand before `SegmentAdmin`'s own: `campaigns_segment_new_csv`, and `campaigns_segment_csv` of a segment."""
    view = model_admin.admin_site.admin_view(partial(csv_page, model_admin))
    return [
        path("csv/", view, name="campaigns_segment_new_csv"),
        path("<uuid:segment_id>/csv/", view, name="campaigns_segment_csv"),
    ]


def csv_page(model_admin: AnyModelAdmin, request: HttpRequest, segment_id: uuid.UUID | None = None) -> HttpResponse:
    """The upload, its preview, and the deed."""
    if not request.user.has_perm("campaigns.add_segment" if segment_id is None else "campaigns.change_segment"):
        raise PermissionDenied
    segment = get_object_or_404(Segment, pk=segment_id, kind=SegmentKind.LIST) if segment_id else None
    if request.method == "POST" and "upload" in request.POST:
        return _act(model_admin, request, segment)
    form = UploadForm(request.POST or None, request.FILES or None, segment=segment)
    if request.method == "POST" and form.is_valid():
        upload = {**form.cleaned_data, "replace": form.cleaned_data.get("replace", False)}
        content = upload.pop("file")
        try:
            return _preview(model_admin, request, segment, content, upload)
        except DomainError as error:
            form.add_error("file", error.message)
    return _page(model_admin, request, segment, "admin/campaigns/segment/csv_upload.html", {"form": form})


def _preview(
    model_admin: AnyModelAdmin, request: HttpRequest, segment: Segment | None, content: bytes, upload: dict[str, Any]
) -> HttpResponse:
    tally = MembersTally()
    survey_members(stream=BytesIO(content), tally=tally, segment_id=segment.pk if segment else None)
    # The id of a new segment is there from the preview on: what is sent twice makes one.
    sent_back = {**upload, "content": base64.b64encode(content).decode(), "id": str(new_id())}
    context = {
        "tally": tally,
        "to_add": tally.players - tally.already,
        "to_remove": segment.members.count() - tally.already if segment and upload["replace"] else 0,
        "more_bad": tally.bad.count - len(tally.bad.first),
        "name": upload.get("name", ""),
        "replace": upload["replace"],
        "upload": signing.dumps(sent_back, salt=_salt(request, segment), compress=True),
    }
    return _page(model_admin, request, segment, "admin/campaigns/segment/csv_preview.html", context)


def _act(model_admin: AnyModelAdmin, request: HttpRequest, segment: Segment | None) -> HttpResponse:
    try:
        salt = _salt(request, segment)
        upload = signing.loads(request.POST["upload"], salt=salt, max_age=GOOD_FOR_SECONDS)
    except signing.BadSignature:
        messages.error(request, "The preview is too old, or not yours. Nothing was changed; send the file again.")
        return HttpResponseRedirect(request.path)
    made = as_uuid(upload.get("id", "")) if segment is None else None
    if _is_made(made):
        messages.warning(request, SENT_BEFORE)
        return HttpResponseRedirect(_back(model_admin, None, request))
    tally = MembersTally()
    try:
        changed = import_members(
            stream=BytesIO(base64.b64decode(upload["content"])),
            tally=tally,
            segment_id=segment.pk if segment else None,
            name=upload.get("name", ""),
            new_id=made,
            replace=upload["replace"],
        )
    except DomainError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(request.path)
    except IntegrityError:
        if not _is_made(made):
            raise
        messages.warning(request, SENT_BEFORE)
        return HttpResponseRedirect(_back(model_admin, None, request))
    told = f"{tally.added:,} players added, {tally.removed:,} removed; {tally.bad.count:,} lines left out."
    messages.success(request, told)
    if segment is None:
        model_admin.log_addition(request, changed, f"From a CSV file: {told}")
    else:
        model_admin.log_change(request, changed, f"From a CSV file: {told}")
    return HttpResponseRedirect(_back(model_admin, changed, request))


def _is_made(segment_id: uuid.UUID | None) -> bool:
    return segment_id is not None and Segment._base_manager.filter(pk=segment_id).exists()


def _salt(request: HttpRequest, segment: Segment | None) -> str:
    return f"{SALT}:{request.user.pk}:{segment.pk if segment else 'new'}"


def _back(model_admin: AnyModelAdmin, segment: Segment | None, request: HttpRequest) -> str:
    if segment is None or not model_admin.has_view_or_change_permission(request, segment):
        return reverse(f"{model_admin.admin_site.name}:campaigns_segment_changelist")
    return reverse(f"{model_admin.admin_site.name}:campaigns_segment_change", args=[segment.pk])


def _page(
    model_admin: AnyModelAdmin, request: HttpRequest, segment: Segment | None, template: str, more: dict[str, Any]
) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Players from a CSV file",
        "original": segment,
        "back": _back(model_admin, segment, request),
        **more,
    }
    return TemplateResponse(request, template, context)
