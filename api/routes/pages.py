"""The pages that people read; each subject in a file of its own, all under one router."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.dependencies import PublishedDep
from api.render import render
from api.routes import admission_pages, check_pages, maps, parcel_pages, round_pages, sign_in_pages

router = APIRouter(include_in_schema=False)
for part in (admission_pages, check_pages, parcel_pages, round_pages, sign_in_pages, maps):
    router.include_router(part.router)

_ROUNDS_ON_HOME_PAGE = 5


@router.get("/")
async def home(request: Request, published: PublishedDep) -> HTMLResponse:
    """Show the three doors and the latest rounds."""
    return render(request, "home.html", rounds=published.rounds[:_ROUNDS_ON_HOME_PAGE])


@router.get("/about")
async def about(request: Request) -> HTMLResponse:
    """Say what the product does, what it does not, and how to reach it."""
    return render(request, "about.html")
