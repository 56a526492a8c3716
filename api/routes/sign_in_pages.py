"""The page to sign in on; the form itself is taken by `api.routes.session`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api.render import render

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
async def show_sign_in(
    request: Request, go_to: Annotated[str, Query(alias="next", max_length=500)] = "/"
) -> HTMLResponse:
    """Show the form."""
    return render(request, "sign_in.html", is_private=True, errors=(), go_to=go_to, username="")
