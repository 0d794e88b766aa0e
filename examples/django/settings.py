"""The settings of a small Django project."""

from pathlib import Path

SECRET_KEY = "of-the-example-and-of-no-use-elsewhere"  # noqa: S105 - it guards nothing
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
INSTALLED_APPS = ["people"]
ROOT_URLCONF = "urls"
USE_TZ = True
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": Path("app.db"),
        "OPTIONS": {"timeout": 30, "transaction_mode": "IMMEDIATE"},
    }
}
HEADCOUNT_DATABASE = "sqlite:///headcount.db"
