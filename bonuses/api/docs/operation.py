"""How an operation is described: `extend_schema`, with marks that bonusdesk turns into what all operations share."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Literal

from drf_spectacular.utils import OpenApiResponse, extend_schema

Describe = Callable[[Any], Any]


def described(**operations: Describe) -> Describe:
    """For a view: method → what is said of it."""

    def decorate(view: Any) -> Any:
        for name, describe in operations.items():
            setattr(view, name, describe(vars(view).get(name) or _own(getattr(view, name))))
        return view

    return decorate


def _own(inherited: Callable[..., Any]) -> Callable[..., Any]:
    """Of this view alone: other views inherit the same method, and are described otherwise."""

    @wraps(inherited)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return inherited(self, *args, **kwargs)

    return method


def operation(
    operation_id: str,
    summary: str,
    description: str,
    *,
    tag: str,
    answers: Mapping[int, tuple[Any, str]],
    errors: Sequence[str] = (),
    error_statuses: Mapping[str, int] | None = None,
    links: Mapping[str, Mapping[str, Any]] | None = None,
    filters: Mapping[str, str] | None = None,
    body_is_optional: bool = False,
    wrapped: Literal["row", "rows", "page", "bare"] = "row",
    **more: Any,
) -> Describe:
    """`answers` is status → (model, description); `errors` the codes that this operation has besides the common ones.

    `error_statuses` is for a code that here has another status than elsewhere; `links` is operation id → link, on every
    answer with a body; `filters` is query parameter → description; `wrapped` says what stands in the envelope.
    """
    marks = {
        "x-errors": tuple(errors),
        "x-error-statuses": dict(error_statuses or {}),
        "x-links": dict(links or {}),
        "x-filters": dict(filters or {}),
        "x-body-is-optional": body_is_optional,
        "x-wrapped": wrapped,
    }
    responses = {status: OpenApiResponse(model, description=text) for status, (model, text) in answers.items()}
    decorate: Describe = extend_schema(
        operation_id=operation_id,
        summary=summary,
        description=description,
        tags=[tag],
        responses=responses,
        extensions=marks,
        **more,
    )
    return decorate
