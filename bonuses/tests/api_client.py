"""The API as another server calls it."""

from typing import Any

from django.test import Client

SECRET = "secret-of-the-api-tests"


class ApiClient:
    """`client.post("bonus-grants", {...})`; `send` takes any method and raw bytes."""

    def __init__(self, **headers: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = headers or {"X-Internal-Secret": SECRET}

    def get(self, path: str, headers: Any = None, **query: Any) -> Any:
        return self.client.get(f"/v1/{path}", query, headers={**self.headers, **(headers or {})})

    def post(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        return self.client.post(
            f"/v1/{path}", body, content_type="application/json", headers={**self.headers, **(headers or {})}
        )

    def patch(self, path: str, body: Any) -> Any:
        return self.client.patch(f"/v1/{path}", body, content_type="application/json", headers=self.headers)

    def delete(self, path: str) -> Any:
        return self.client.delete(f"/v1/{path}", headers=self.headers)

    def send(self, method: str, path: str, body: bytes = b"", content_type: str = "application/json") -> Any:
        named = {"CONTENT_TYPE": content_type} if content_type else {}
        return self.client.generic(method, f"/v1/{path}", body, content_type, headers=self.headers, **named)
