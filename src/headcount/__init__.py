"""Headcount: an identity provider runs an organisation's accounts, over SCIM 2.0."""

__version__ = "0.1.0"
