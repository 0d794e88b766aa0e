"""The pages of the project."""

from django.http import HttpRequest, JsonResponse
from django.urls import path
from people.models import Person


def users(_: HttpRequest) -> JsonResponse:
    """How many people there are who may come in."""
    return JsonResponse({"active": Person.objects.filter(active=True).count()})


urlpatterns = [path("users", users)]
