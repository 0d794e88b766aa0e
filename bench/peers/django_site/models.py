"""Accounts and groups: Django's fields, and those of django-scim2's abstract models."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Upper
from django_scim.models import AbstractSCIMGroupMixin, AbstractSCIMUserMixin


class Group(AbstractSCIMGroupMixin):
    """A group."""

    name = models.CharField(max_length=80, unique=True)


class User(AbstractSCIMUserMixin, AbstractUser):
    """An account, whose groups are those of SCIM."""

    scim_groups = models.ManyToManyField(Group, related_name="user_set")

    class Meta:
        """An index that the documentation does not name, for look-ups compare in capitals."""

        indexes: ClassVar[list[Any]] = [models.Index(Upper("username"), name="upper_username")]
