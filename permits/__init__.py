"""Parcels and building permits: what may be built here, and which article says so."""
