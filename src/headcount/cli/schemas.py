"""`headcount schema`: the attributes that an organisation declares for itself."""

from typing import Any

import click

from headcount.cli.printing import console, plain, print_json, print_table
from headcount.cli.running import database_option, json_option, run
from headcount.scim.custom import TYPES, CustomAttribute
from headcount.scim.schemas import GROUP_URN, USER_URN
from headcount.store.model import Kind, Organisation

_CORE = {Kind.USER.value: USER_URN, Kind.GROUP.value: GROUP_URN}

_resource_option = click.option(
    "--resource",
    type=click.Choice([kind.value for kind in Kind]),
    default=Kind.USER.value,
    show_default=True,
    help="What the attribute is of.",
)
_namespace_option = click.option(
    "--namespace",
    metavar="URN",
    help="A URN of your own; without it the attribute is in the core schema, as `role` is.",
)


@click.group()
def schema() -> None:
    """Declare attributes of an organisation's own."""


@schema.command("add-attribute")
@click.argument("slug")
@click.argument("name")
@click.option(
    "--type",
    "kind",
    type=click.Choice(TYPES),
    default="string",
    show_default=True,
    help="What its values are.",
)
@click.option("--multi-valued", is_flag=True, help="It holds a list of values.")
@click.option(
    "--canonical",
    "canonical",
    metavar="VALUE",
    multiple=True,
    help="A value that it may have; others are refused. May be given several times.",
)
@click.option("--description", default="", help="What it says of a person, for other people.")
@_namespace_option
@_resource_option
@database_option
@json_option
def add_attribute(  # noqa: PLR0913, PLR0917 - one for each option
    slug: str,
    name: str,
    kind: str,
    canonical: tuple[str, ...],
    description: str,
    namespace: str | None,
    resource: str,
    database: str,
    *,
    multi_valued: bool,
    as_json: bool,
) -> None:
    """Declare the attribute NAME in the organisation SLUG.

    From the next request on it is in /Schemas, and is kept, validated, searched and shown like
    every other. In an identity provider, map it by the name and namespace that are printed.
    """
    new = CustomAttribute(
        name=name,
        urn=namespace or _CORE[resource],
        resource=resource,
        type=kind,
        multi_valued=multi_valued,
        canonical=canonical,
        description=description,
    )
    _print(run(database, lambda runtime: runtime.organisations.declare(slug, new)), as_json=as_json)


@schema.command("list")
@click.argument("slug")
@database_option
@json_option
def list_attributes(slug: str, database: str, *, as_json: bool) -> None:
    """List the attributes that the organisation SLUG declared."""
    _print(run(database, lambda runtime: runtime.store.organisation(slug)), as_json=as_json)


@schema.command("remove-attribute")
@click.argument("slug")
@click.argument("name")
@_namespace_option
@_resource_option
@database_option
@json_option
def remove_attribute(
    slug: str, name: str, namespace: str | None, resource: str, database: str, *, as_json: bool
) -> None:
    """Take the attribute NAME out of the schemas of SLUG, once nobody has a value of it."""
    urn = namespace or _CORE[resource]
    left = run(database, lambda runtime: runtime.organisations.withdraw(slug, urn, name))
    _print(left, as_json=as_json)


def _print(organisation: Organisation, *, as_json: bool) -> None:
    if as_json:
        print_json([_object(one) for one in organisation.attributes])
    elif not organisation.attributes:
        console().print(plain(f"{organisation.slug} has the attributes of the RFC, and role."))
    else:
        rows = [_row(one) for one in organisation.attributes]
        print_table(("Attribute", "Of", "Type", "Values", "Namespace"), rows)


def _object(one: CustomAttribute) -> dict[str, Any]:
    return {
        "name": one.name,
        "namespace": one.urn,
        "resource": one.resource,
        "type": one.type,
        "multi_valued": one.multi_valued,
        "canonical": list(one.canonical),
        "description": one.description,
    }


def _row(one: CustomAttribute) -> tuple[str, ...]:
    kind = f"list of {one.type}" if one.multi_valued else one.type
    return one.name, one.resource, kind, ", ".join(one.canonical) or "any", one.urn
