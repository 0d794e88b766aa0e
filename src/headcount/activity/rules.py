"""What a refusal means that says a certain thing.

The words in braces are places in the console of the provider, or what the sentence quotes.
"""

import re
from typing import NamedTuple


class Rule(NamedTuple):
    """What a refusal means that says a certain thing."""

    statuses: frozenset[int]
    sentence: re.Pattern[str]
    cause: str
    remedy: str


def _rule(status: int, sentence: str, cause: str, remedy: str) -> Rule:
    return Rule(frozenset({status}), re.compile(sentence, re.DOTALL), cause, remedy)


BY_SENTENCE = (
    # ---- 401: who is asking
    _rule(
        401,
        "carries no token",
        "The request came without a token, or with only a part of one.",
        "Type the whole token into {token} of {provider}, and test the connection there.",
    ),
    _rule(
        401,
        "the token is not known here",
        "The token in {provider} is none that this server has issued: it was copied in part, or"
        " comes from another server.",
        "Issue a token for this organisation and copy all of it into {token}. A token is shown"
        " once, so an old one cannot be looked up.",
    ),
    _rule(
        401,
        "belongs to another organisation",
        "The address names one organisation, and the token is another's.",
        "Correct the host name in {base}, or put a token of the organisation that it names into"
        " {token}.",
    ),
    _rule(
        401,
        r"(?:the token(?P<label> .*) )?was revoked",
        "Somebody ended the token{label} here, so it opens nothing any more.",
        "Issue another token and put it into {token} in place of the old one.",
    ),
    _rule(
        401,
        r"(?:the token(?P<label> .*) )?has expired",
        "The token{label} was good for a certain time, which is over.",
        "Issue another token, with a later end, and put it into {token} in place of the old one.",
    ),
    # ---- 404: there is nothing there
    _rule(
        404,
        "(SCIM is at|a SCIM base address ends in) /scim/v2",
        "There is nothing at the address {path}: the address of this server that {provider} has"
        " does not end in /scim/v2, or has something behind it.",
        "Correct {base}: it is the address of this server with /scim/v2 at its end, without"
        " /Users.",
    ),
    _rule(
        404,
        r"there is no User with the id",
        "The account was deleted here, or never was here, and {provider} still remembers its id.",
        "Let {provider} look the person up again: {leave} and give it back, or {again}.",
    ),
    _rule(
        404,
        r"there is no Group with the id",
        "The group was deleted here, or never was here, and {provider} still remembers its id.",
        "Unlink the group in {provider} and push it again; it is then found by its name or"
        " created.",
    ),
    _rule(
        404,
        r"there is no (schema|resource type) ",
        "{provider} asked for a schema or resource type that this organisation does not have.",
        "Nothing has to be done if provisioning works; if {provider} insists, declare the"
        " attribute under that name with headcount schema add-attribute, or take it from"
        " {mapping}.",
    ),
    # ---- 409: something stands in the way
    _rule(
        409,
        r"(?:the userName (?P<name>.*) )?belongs to another User",
        "Another account has the userName {name}, and no two people can have one name.",
        "Find out whose account it is. If it is the same person, {again}: the account is found"
        " by its name and taken over. If not, give one of the two another value in {username}.",
    ),
    _rule(
        409,
        r"(?:the displayName (?P<name>.*) )?belongs to another Group",
        "Another group has the name {name}.",
        "Rename one of the two groups in {provider}, or link the group to the one that is here.",
    ),
    _rule(
        409,
        "last active owner",
        "The account is the only active owner of the organisation; without it nobody could manage"
        " the organisation.",
        "Give somebody else the role owner first, in {provider} or here, and then {again}.",
    ),
    # ---- 400: what was sent
    _rule(
        400,
        r"\A(?P<name>startIndex|count|sortOrder|filter|attributes|excludedAttributes) must be"
        r" (?P<wanted>.+?)(?:, not .*)?\Z",
        "{provider} asked for a list in a way that the server cannot read.",
        "Correct the settings of the import in {provider}, or the client: {name} has to be"
        " {wanted}.",
    ),
    _rule(
        400,
        "use either attributes or excludedAttributes",
        "{provider} asked for a list in a way that contradicts itself.",
        "Let the client name attributes or excludedAttributes, but not both.",
    ),
    _rule(
        400,
        "to sort by|cannot be sorted by|sorted by",
        "{provider} wants the list in an order that the server does not know.",
        "Let the client sort by userName, or not at all.",
    ),
    _rule(
        400,
        r"the character U\+0000",
        "{provider} sent a text with the character U+0000 in it, which no application can hold.",
        "Take the character out of the field of that person or group in {provider}.",
    ),
    _rule(
        400,
        r"\A(?P<attribute>[\w.$-]+) (?P<value>.*) does not exist; it must be one of: (?P<known>.*)",
        "{provider} sent {value} as {attribute}, which is none of the values that exist.",
        "Correct the value of {attribute} in {mapping}; it must be one of: {known}.",
    ),
    _rule(
        400,
        r"does not exist; it must be one of",
        "{provider} sent a value, such as a role, that does not exist here.",
        "Correct the value in {mapping}; the refusal lists those that exist.",
    ),
    _rule(
        400,
        r"userName must be an e-mail address(?: here, not (?P<name>.*))?",
        "This organisation takes only e-mail addresses as userName, and {provider} sent {name}.",
        "Choose the e-mail address in {username}, and give the person one where it is missing.",
    ),
    _rule(
        400,
        r"is not of a domain that this organisation allows(?:: (?P<allowed>.*))?",
        "The userName is not of a domain that this organisation allows.",
        "Correct {username}, or have the domain added to those that it allows: {allowed}.",
    ),
    _rule(
        400,
        r"active must be true or false(?:, not (?P<value>.*))?",
        "{provider} sent {value} as active, which means neither yes nor no.",
        "Correct what is mapped to active in {mapping}: it must be true or false.",
    ),
    _rule(
        400,
        r"\A(?P<attribute>[\w.$-]+) is required and must not be empty",
        "{provider} sent nothing as {attribute} for this person or group, and there must be"
        " something.",
        "Map {attribute} in {mapping}, and fill in the field that it is mapped from.",
    ),
    _rule(
        400,
        r"no account or group with the id",
        "A member of the group has no account here: it was deleted here, or was never created.",
        "Provision that person first, then push the group again; only who is assigned to the"
        " application can be a member.",
    ),
    _rule(
        400,
        "cannot be a member of itself",
        "{provider} put the group into itself.",
        "Take the group from its own members in {provider}, and push it again.",
    ),
    _rule(
        400,
        r"every member needs a value",
        "{provider} named a member of the group without its id.",
        "Provision that person first, so that {provider} knows the id; then push the group again.",
    ),
    _rule(
        400,
        r"/Schemas lists what can be filtered",
        "{provider} looks people up by an attribute that no account has.",
        "Match by userName, externalId or emails.value: correct the matching attribute in"
        " {mapping}.",
    ),
    _rule(
        400,
        r"has \d+ values; at most",
        "{provider} sent more values of one attribute than the server keeps.",
        "Send fewer values: correct the attribute in {mapping}.",
    ),
    _rule(
        400,
        r"operations in one PATCH",
        "{provider} sent more operations in one change than the server takes.",
        "Let {provider} send fewer changes at once, such as fewer members of a group.",
    ),
    _rule(
        400,
        r"schemas must be a list that holds (?P<urn>.*)",
        "The message does not say in schemas what it is, and the token is one that reads by the"
        " book.",
        "Let the client send {urn} in schemas, or use a token that was issued without --strict.",
    ),
    _rule(
        400,
        r"the request has no body",
        "The request came without the JSON that belongs to it.",
        "Look at what {provider} sends, and at a proxy in between that takes bodies away.",
    ),
    _rule(
        400,
        r"the body is not JSON",
        "What was sent is not JSON.",
        "Correct the template or the expression in {mapping} that makes the message; a text with"
        " a quotation mark in it is the usual reason.",
    ),
    _rule(
        400,
        r"the connection ended before the body did",
        "The connection broke while the request was being sent.",
        "Nothing has to be done if {provider} repeats it; otherwise look at the proxy in between.",
    ),
    _rule(
        400,
        r"\A(?P<attribute>[\w.$-]+) must be (?P<wanted>.+?), not ",
        "{provider} sent a value as {attribute} that is not of the kind that belongs there.",
        "Correct what is mapped to {attribute} in {mapping}: it must be {wanted}.",
    ),
    # ---- 412 and 413
    _rule(
        412,
        r"(?i)read it again and repeat the change",
        "Somebody else changed the {kind} after {provider} had read it.",
        "Nothing has to be done: {provider} reads it again and repeats the change. If it does"
        " not, {again}.",
    ),
    _rule(
        413,
        r"operations in one bulk request",
        "{provider} sent more operations in one bulk request than the server takes.",
        "Let {provider} send fewer operations at once.",
    ),
    _rule(
        413,
        r"send it in smaller parts",
        "The request is larger than the server takes, as that of a group with very many members"
        " may be.",
        "Make the groups smaller, or raise HEADCOUNT_MAX_BODY_BYTES on the server.",
    ),
    # ---- 503
    _rule(
        503,
        r"the server is stopping",
        "The server was being restarted.",
        "Nothing has to be done: {provider} repeats the request. If it does not, {again}.",
    ),
    _rule(
        503,
        r"too many changes of this resource at once",
        "The same {kind} was changed from several sides at once, again and again.",
        "Nothing has to be done: {provider} repeats the request. If it happens often, let only"
        " one connection provision this organisation.",
    ),
)
