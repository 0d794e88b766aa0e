"""People follow what the identity provider does."""

from django.conf import settings
from django.db import close_old_connections, transaction

from headcount import Event, Headcount
from people.models import Person

hc = Headcount(settings.HEADCOUNT_DATABASE)


@hc.on("account.*")
def keep_person(event: Event) -> None:
    """One row for each account, as the newest event has it."""
    close_old_connections()  # this is no request, after which Django would do so
    with transaction.atomic():
        if event.type == "account.deleted" or event.account is None:
            Person.objects.filter(pk=event.subject).delete()
            return
        person, _ = Person.objects.select_for_update().get_or_create(
            pk=event.subject, defaults={"position": 0}
        )
        if person.position >= event.position:
            return  # it came once more, after a crash
        person.email = event.account["userName"]
        person.name = event.account.get("displayName", "")
        person.role = event.account.get("role", "")
        person.active = event.account.get("active", False)
        person.position = event.position
        person.save()
