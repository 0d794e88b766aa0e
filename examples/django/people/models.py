"""The people of the application."""

from typing import ClassVar

from django.db import models


class Person(models.Model):
    """Somebody who has an account."""

    id = models.CharField(primary_key=True, max_length=36)  # of the account; it never changes
    email = models.CharField(max_length=254)
    name = models.CharField(max_length=254, blank=True)
    role = models.CharField(max_length=20, blank=True)
    active = models.BooleanField(default=False)
    position = models.BigIntegerField()  # of the newest event that is in this row

    class Meta:
        """The order in which people are listed."""

        ordering: ClassVar = ["email"]

    def __str__(self) -> str:
        return str(self.email)
