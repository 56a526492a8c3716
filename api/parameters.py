"""Parameters of the address: what is not known is refused, never ignored."""

from fastapi import Request
from fastapi.exceptions import RequestValidationError


async def no_parameters(request: Request) -> None:
    """Refuse every query parameter; a dependency for routes that take none.

    Raises
    ------
    RequestValidationError
        There is one.
    """
    if request.query_params:
        raise RequestValidationError(
            [{"type": "extra_forbidden", "loc": ("query", name)} for name in request.query_params]
        )
