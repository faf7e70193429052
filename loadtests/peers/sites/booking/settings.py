"""The settings of the booking site, from the environment.

In Django's favour: connections to PostgreSQL are kept, sessions are in Redis and not in a
table, and there is no CSRF check, for which a browser would need one more call.
"""

from __future__ import annotations

import os
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

SECRET_KEY = Path(os.environ["PEER_SECRET_FILE"]).read_text(encoding="utf-8")
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "loadtests.peers.sites.booking.urls"
WSGI_APPLICATION = "loadtests.peers.sites.booking.wsgi.application"
INSTALLED_APPS = ["loadtests.peers.sites.booking"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "Asia/Tokyo"

_database = conninfo_to_dict(os.environ["PEER_DATABASE_URL"])
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database["dbname"],
        "USER": _database["user"],
        "PASSWORD": _database["password"],
        "HOST": _database["host"],
        "CONN_MAX_AGE": None,
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ["PEER_CACHE_URL"],
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cache"

BOOKS_BY_TASK = os.environ["PEER_BOOKS_BY_TASK"] == "yes"
