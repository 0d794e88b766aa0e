"""The settings of the project: SQLite in WAL mode, and as few middlewares as django-scim2 needs."""

import os

SECRET_KEY = "measured, never deployed"
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
ROOT_URLCONF = "bench.peers.django_site.urls"
AUTH_USER_MODEL = "django_site.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django_scim",
    "bench.peers.django_site",
]
MIDDLEWARE = [
    "django.middleware.common.CommonMiddleware",
    "bench.peers.django_site.token.TokenMiddleware",
    "django_scim.middleware.SCIMAuthCheckMiddleware",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("BENCH_DATABASE", ":memory:"),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",  # a writer waits for the other, and is not refused
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=wal; PRAGMA synchronous=full",
        },
    }
}
LOGGING_CONFIG = None
SCIM_SERVICE_PROVIDER = {
    "NETLOC": "127.0.0.1",
    "SCHEME": "http",
    "GROUP_MODEL": "bench.peers.django_site.models.Group",
    "GROUP_FILTER_PARSER": "bench.peers.django_site.filters.GroupFilter",
    "AUTHENTICATION_SCHEMES": [
        {
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "One token, known to the server",
        }
    ],
}
