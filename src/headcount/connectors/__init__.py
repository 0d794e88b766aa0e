"""Connectors: they write an organisation's accounts and groups into an application."""
