"""What a server is pointed at: Django, with SCIM in front of it."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django = get_asgi_application()

from people.provisioning import hc  # noqa: E402 - models are there once Django is set up

application = hc.in_front_of(django, at="/scim")
