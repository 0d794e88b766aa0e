"""What only runs where a peer is installed is not looked through for doctests."""

collect_ignore = ["django_site", "scim2.py"]
