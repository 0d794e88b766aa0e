"""Who is in the directory that is measured: made-up people, the same in every server."""

from typing import Any

from headcount.scim.resources import Document

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
IN_DEPARTMENT = 100  # people in each of the groups that stand for departments

_USER = "urn:ietf:params:scim:schemas:core:2.0:User"


def user_name(number: int) -> str:
    """The userName of an account."""
    return f"person{number:07}@acme.test"


def person(number: int) -> Document:
    """An account as an identity provider sends it; each second one with enterprise data.

    About 600 bytes when stored, and about 1,000 with enterprise data.

    >>> [ENTERPRISE in person(number) for number in (0, 1, 2, 3)]
    [False, True, False, True]
    """
    given, family = f"Given{number % 977}", f"Family{number % 1999}"
    plain: dict[str, Any] = {
        "schemas": [_USER],
        "userName": user_name(number),
        "externalId": f"00u{number:017}",
        "name": {"givenName": given, "familyName": family, "formatted": f"{given} {family}"},
        "emails": [{"value": user_name(number), "type": "work", "primary": True}],
        "title": f"Engineer {number % 13}",
        "locale": "en-US",
        "active": True,
    }
    return plain if number % 2 == 0 else plain | _enterprise(number)


def _enterprise(number: int) -> dict[str, Any]:
    return {
        "schemas": [_USER, ENTERPRISE],
        ENTERPRISE: {
            "employeeNumber": f"{number:08}",
            "costCenter": f"CC-{number % 89:04}",
            "organization": "Acme",
            "division": f"Division {number % 7}",
            "department": department_name(department(number)),
            "manager": {"value": f"00u{number // 10:017}"},
        },
    }


def department(number: int) -> int:
    """Which department somebody with enterprise data is in.

    >>> [department(number) for number in (1, 199, 201)]
    [0, 0, 1]
    """
    return number // 2 // IN_DEPARTMENT


def department_name(number: int) -> str:
    """The displayName of the group of a department."""
    return f"Department {number:05}"


def group_name(size: int) -> str:
    """The displayName of a group of so many members."""
    return f"Group of {size}"
