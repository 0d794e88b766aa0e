"""A Django project around django-scim2: what its documentation asks for, and nothing more."""
