from typing import Any, NoReturn

from rest_framework.exceptions import NotFound
from rest_framework.views import APIView


class UnknownAddressView(APIView):
    """Whatever else is asked for under /v1/, by anyone and with any method, is not there."""

    http_method_names = ()
    authentication_classes = ()
    permission_classes = ()

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotFound
