"""The table of people."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """As it was first."""

    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar = [
        migrations.CreateModel(
            name="Person",
            fields=[
                ("id", models.CharField(max_length=36, primary_key=True, serialize=False)),
                ("email", models.CharField(max_length=254)),
                ("name", models.CharField(blank=True, max_length=254)),
                ("role", models.CharField(blank=True, max_length=20)),
                ("active", models.BooleanField(default=False)),
                ("position", models.BigIntegerField()),
            ],
            options={"ordering": ["email"]},
        ),
    ]
