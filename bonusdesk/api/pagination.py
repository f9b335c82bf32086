"""Pages by key: a page costs the same at any depth, and rows that come meanwhile neither repeat nor hide one."""

import re
from typing import Any

from django.core.exceptions import ValidationError as FieldError
from django.core.signing import BadSignature, Signer
from django.db.models import F
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan, TupleLookupMixin
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from bonusdesk.api.renderers import Envelope
from integrations.errors import DomainError

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
KEYSET = ("created_at", "id")


class CursorInvalid(DomainError):
    code = "INVALID_CURSOR"


class RowLessThan(TupleLessThan):  # type: ignore[misc]  # without stubs
    """`(a, b) < (x, y)` as written. Django spells it out with OR on SQLite, where the index would then be read
    from its beginning for every page; SQLite has known row values since long before the version Django needs."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return super(TupleLookupMixin, self).as_sql(compiler, connection)


class KeysetPagination(BasePagination):
    """`?cursor=&limit=`, newest first. For rows that are tuples of the view's `columns`, the key among them; a view may
    set `keyset` itself."""

    next_cursor: str | None = None

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any]:
        keyset: tuple[str, ...] = getattr(view, "keyset", KEYSET)
        limit = _limit(request.query_params.get("limit", ""))
        signer = Signer(salt=f"bonusdesk.cursor:{request.path}")
        cursor = request.query_params.get("cursor", "")
        if cursor:
            after = _read(cursor, signer, queryset.model, keyset)
            queryset = queryset.filter(RowLessThan(Tuple(*map(F, keyset)), after))
        rows = list(queryset.order_by(*(f"-{name}" for name in keyset))[: limit + 1])
        if len(rows) > limit:
            rows.pop()
            last = dict(zip(view.columns, rows[-1], strict=True))
            self.next_cursor = signer.sign_object([str(last[name]) for name in keyset], compress=False)
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response(Envelope(data=data, meta={"count": len(data), "next_cursor": self.next_cursor}))


def _limit(text: str) -> int:
    if not text:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) or not 1 <= int(text) <= MAX_LIMIT:
        raise ValidationError({"limit": f"Must be an integer from 1 to {MAX_LIMIT}."})
    return int(text)


def _read(cursor: str, signer: Signer, model: Any, keyset: tuple[str, ...]) -> tuple[Any, ...]:
    try:
        written = signer.unsign_object(cursor)
        return tuple(model._meta.get_field(name).to_python(text) for name, text in zip(keyset, written, strict=True))
    except (BadSignature, FieldError, ValueError):
        raise CursorInvalid("The cursor is not one of this list.") from None
