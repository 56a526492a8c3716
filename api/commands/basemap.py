"""``diaban basemap``: bring layers in, publish them, take them back, write them out."""

import typer

from api.commands import basemap_import, basemap_versions
from api.commands.convert_ward import convert_ward
from api.commands.diff import diff
from api.commands.paper_map import map_
from api.commands.tiles import tiles

app = typer.Typer(help="The shared layers: import, list, show, publish, roll back, export.", no_args_is_help=True)
app.command("import")(basemap_import.import_)
app.command("check")(basemap_import.check)
app.command("list")(basemap_versions.list_)
app.command("show")(basemap_versions.show)
app.command("history")(basemap_versions.history)
app.command("diff")(diff)
app.command("publish")(basemap_versions.publish)
app.command("rollback")(basemap_versions.rollback)
app.command("export")(basemap_versions.export)
app.command("tiles")(tiles)
app.command("map")(map_)
app.command("convert-ward")(convert_ward)
