"""What the entries of a directory server mean: inetOrgPerson, posixAccount, Active Directory."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from headcount.directory.importing.columns import column
from headcount.directory.importing.entries import AnySetting, Entry, broken
from headcount.directory.importing.files import Source
from headcount.directory.importing.ldif import Record, Value, read_records, same_name
from headcount.directory.types import Types
from headcount.store.model import Kind, Policy, UsernameFormat

ATTRIBUTES = {
    "mail": "email",
    "displayname": "displayName",
    "givenname": "givenName",
    "gn": "givenName",
    "sn": "familyName",
    "surname": "familyName",
    "initials": "name.middleName",
    "title": "title",
    "telephonenumber": "phone",
    "mobile": "mobile",
    "facsimiletelephonenumber": "fax",
    "employeenumber": "employeeNumber",
    "employeeid": "employeeNumber",
    "employeetype": "userType",
    "department": "department",
    "departmentnumber": "department",
    "division": "division",
    "o": "organization",
    "company": "organization",
    "preferredlanguage": "preferredLanguage",
}
"""Attribute of a directory -> column of an account. The first that has a value counts."""

_NAMES = ("uid", "userprincipalname", "samaccountname", "mail")
_ADDRESSES = ("userprincipalname", "mail", "uid", "samaccountname")
_PEOPLE = {"person", "organizationalperson", "inetorgperson", "posixaccount", "account", "user"}
_GROUPS = {"groupofnames", "groupofuniquenames", "group", "posixgroup"}
_MEMBERS = ("member", "uniquemember")
_DISABLED = 2  # ACCOUNTDISABLE of userAccountControl
_LOCKED_FOR_GOOD = "000001010000Z"  # of pwdAccountLockedTime: by an administrator

_Held = Mapping[str, list[Value]]


def read_directory(source: Source, types: Types, policy: Policy) -> Iterator[Entry]:
    """The accounts and groups of an LDIF file; other entries are passed over.

    Raises:
        InvalidValue: it is not LDIF, or a value that is wanted is not text.
    """
    for record in read_records(source):
        held = _held(record)
        kind = _kind(held)
        if kind is Kind.USER:
            yield _account(record, held, types, policy)
        elif kind is Kind.GROUP:
            yield _group(record, held, types)


def _held(record: Record) -> _Held:
    """The values by attribute, without those of other languages."""
    held: dict[str, list[Value]] = {}
    for value in record.values:
        if value.options.startswith(";range="):
            raise broken(
                value.line,
                f"{value.name}{value.options} is a part of the values; export all of them (with"
                " ranged retrieval)",
            )
        if value.options in {"", ";binary"} and value.value:
            held.setdefault(value.name, []).append(value)
    return held


def _kind(held: _Held) -> Kind | None:
    classes = {value.text.lower() for value in held.get("objectclass", ())}
    if "computer" in classes:  # Active Directory takes them for users too
        return None
    if classes & _GROUPS or (not classes and held.keys() & {*_MEMBERS, "memberuid"}):
        return Kind.GROUP
    if classes & _PEOPLE or (not classes and held.keys() & {*_NAMES}):
        return Kind.USER
    return None


def _first(held: _Held, *names: str) -> str:
    for name in names:
        for value in held.get(name, ()):
            if text := value.text:
                return text
    return ""


def _account(record: Record, held: _Held, types: Types, policy: Policy) -> Entry:
    name = _user_name(held, policy)
    cells = {"userName": name, "externalId": _external_id(held), "active": _active(held)}
    for attribute, heading in ATTRIBUTES.items():
        cells[heading] = cells.get(heading) or _first(held, attribute)
    cells["displayName"] = cells["displayName"] or _first(held, "cn")
    manager = _first(held, "manager")
    uid = _first(held, "uid")
    return Entry(
        record.line,
        Kind.USER,
        name,
        cells["externalId"] or None,
        _settings(cells, Kind.USER, types),
        keys=(dn_key(record.dn), *([uid_key(uid)] if uid else [])),
        manager=dn_key(manager) if manager else None,
        refused=None if name else "it has no uid, userPrincipalName, sAMAccountName or mail",
    )


def _group(record: Record, held: _Held, types: Types) -> Entry:
    name = _first(held, "displayname", "cn")
    external_id = _external_id(held)
    cells = {"displayName": name, "externalId": external_id}
    members = [dn_key(one.text) for attribute in _MEMBERS for one in held.get(attribute, ())]
    members += [uid_key(one.text) for one in held.get("memberuid", ())]
    return Entry(
        record.line,
        Kind.GROUP,
        name,
        external_id or None,
        _settings(cells, Kind.GROUP, types),
        keys=(dn_key(record.dn),),
        members=tuple(dict.fromkeys(members)),
        refused=None if name else "the group has no cn or displayName",
    )


def _settings(cells: Mapping[str, str], kind: Kind, types: Types) -> tuple[AnySetting, ...]:
    made = (column(heading, types[kind]).setting(text) for heading, text in cells.items())
    return tuple(one for one in made if one is not None)


def _user_name(held: _Held, policy: Policy) -> str:
    """Where the organisation wants addresses, the first name that is one."""
    if policy.username_format is UsernameFormat.ANY and not policy.allowed_domains:
        return _first(held, *_NAMES)
    addresses = (_first(held, name) for name in _ADDRESSES)
    return next((one for one in addresses if "@" in one), _first(held, *_NAMES))


def _external_id(held: _Held) -> str:
    """The identifier that stays when somebody is renamed."""
    for value in held.get("objectguid", ()):
        if len(value.value) == 16:
            return str(UUID(bytes_le=value.value))
    return _first(held, "entryuuid", "nsuniqueid", "objectguid")


def _active(held: _Held) -> str:
    """Whether the account may be used; empty where the directory does not say."""
    if control := held.get("useraccountcontrol"):
        text = control[0].text
        if not text.isascii() or not text.isdecimal():
            raise broken(control[0].line, f"userAccountControl is no number: {text[:40]!r}")
        return "false" if int(text) & _DISABLED else "true"
    if _first(held, "nsaccountlock").lower() == "true":
        return "false"
    if _first(held, "pwdaccountlockedtime") == _LOCKED_FOR_GOOD:
        return "false"
    return "true" if "nsaccountlock" in held else ""


def dn_key(dn: str) -> str:
    """What a file calls the entry with a distinguished name; `uniqueMember` may add a number."""
    return "dn:" + same_name(dn.partition("#'")[0])


def uid_key(uid: str) -> str:
    """What `memberUid` calls somebody."""
    return "uid:" + uid.casefold()
