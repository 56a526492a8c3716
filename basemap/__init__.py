"""The shared basemap: layers, their quality, their versions, and maps of them."""
