"""What a refusal means whose sentence says nothing narrower: by its class, and by its status.

The words in braces are places in the console of the provider.
"""

from typing import NamedTuple


class Words(NamedTuple):
    """What went wrong, and what to change."""

    cause: str
    remedy: str


BY_CLASS = {
    "InvalidFilter": Words(
        "{provider} asked for people or groups in a way that the server cannot read.",
        "Correct the matching attribute or the filter expression in {mapping}, such as:"
        ' userName eq "grace@example.com".',
    ),
    "InvalidPath": Words(
        "{provider} wants to change an attribute that does not exist, or names it in a way that"
        " the server cannot read.",
        "Correct the name of the target attribute in {mapping}, or declare it with headcount"
        " schema add-attribute.",
    ),
    "InvalidSyntax": Words(
        "What was sent is not the message that belongs to this address.",
        "Correct what makes the message in {mapping}; the refusal says which part is wrong.",
    ),
    "InvalidValue": Words(
        "{provider} sent a value that does not fit its attribute.",
        "Correct the mapping of the attribute that the refusal names, in {mapping}.",
    ),
    "InvalidCursor": Words(
        "{provider} asked for the next page of a list with a mark that belongs to another list.",
        "Start the import again from its first page; the filter must not change in between.",
    ),
    "ExpiredCursor": Words(
        "{provider} paused so long in the middle of a list that the server gave up its place.",
        "Start the import again from its first page.",
    ),
    "Expired": Words(
        "{provider} asked for something that was kept for a while, and is kept no longer.",
        "Begin anew from what stands now; the refusal says from where.",
    ),
    "InvalidCount": Words(
        "{provider} asked for pages of a size that is no number.",
        "Correct the page size in the settings of {provider}.",
    ),
    "NoTarget": Words(
        "{provider} wants to change or remove something that the {kind} does not have.",
        "Correct the target attribute in {mapping}, such as the type of an e-mail address; then"
        " {again}.",
    ),
    "Mutability": Words(
        "{provider} wants to change something that the server keeps by itself, such as an id.",
        "Take the attribute that the refusal names from {mapping}.",
    ),
    "TooMany": Words(
        "{provider} sent more at once than the server takes.",
        "Let {provider} send less at once; the refusal says how much is taken.",
    ),
    "Unauthorized": Words(
        "The token does not let {provider} in.",
        "Issue a token for this organisation and put it into {token}.",
    ),
    "TokenRefused": Words(
        "The token was good once and lets {provider} in no more.",
        "Issue another token and put it into {token}.",
    ),
    "Forbidden": Words(
        "The token is right and may not do this.",
        "Issue a token that may, and put it into {token}.",
    ),
    "OrganisationDisabled": Words(
        "Whoever runs this server has switched provisioning off for the organisation.",
        "Ask them to enable it again, with headcount org enable; {provider} then goes on.",
    ),
    "ReadOnlyToken": Words(
        "The token was issued to read only, and the request would change something.",
        "Issue a token without --read-only and put it into {token}.",
    ),
    "SeatsTaken": Words(
        "As many accounts are active as the organisation has seats.",
        "Deactivate an account, for which you {leave}, or ask the operator for more seats; then"
        " {again}.",
    ),
    "NotFound": Words(
        "What {provider} asked for is not here, or not of this organisation.",
        "Check {base}, and let {provider} look the {kind} up again: {again}.",
    ),
    "MethodNotAllowed": Words(
        "The address exists and does not take this kind of request.",
        "Check {base}: it ends in /scim/v2, without /Users behind it.",
    ),
    "Conflict": Words(
        "Something that stands here forbids the change.",
        "Remove what the refusal names, then {again}.",
    ),
    "Taken": Words(
        "A value that only one can have belongs to somebody else.",
        "Give one of the two another value in {mapping}, then {again}.",
    ),
    "InUse": Words(
        "What shall be taken away is still needed.",
        "Clear it where it is used first, then {again}.",
    ),
    "LastOwner": Words(
        "The account is the only active owner of the organisation.",
        "Give somebody else the role owner first, and then {again}.",
    ),
    "VersionMismatch": Words(
        "Somebody else changed the {kind} after {provider} had read it.",
        "Nothing has to be done: {provider} reads it again and repeats the change.",
    ),
    "TooLarge": Words(
        "The request is larger than the server takes.",
        "Let {provider} send less at once, or raise HEADCOUNT_MAX_BODY_BYTES on the server.",
    ),
    "UnsupportedMediaType": Words(
        "The request does not say that it is JSON, and the token is one that reads by the book.",
        "Let the client send Content-Type: application/scim+json, or use a token that was issued"
        " without --strict.",
    ),
    "NotImplementedHere": Words(
        "{provider} asked for a part of SCIM that this server does not offer, such as /Me.",
        "Switch that part off in {provider}; people are looked up by userName instead.",
    ),
    "Unavailable": Words(
        "The database of this server could not be used at that moment.",
        "Nothing has to be done in {provider}, which repeats the request. If it goes on, whoever"
        " runs this server finds the reason in its log.",
    ),
    "ServerFault": Words(
        "The server failed; it is not the fault of {provider}, and nothing was changed.",
        "Whoever runs this server finds the reason in its log; then {again}.",
    ),
}
"""What a refusal means whose sentence says nothing narrower."""
BY_CLASS["TooManyRequests"] = Words(
    "Too many attempts came from one address within a minute.",
    "Wait as long as the refusal says, then try again.",
)
BY_CLASS["ProviderFailed"] = Words(
    "The OpenID provider with which people sign in answered with what cannot be used.",
    "Ask whoever runs the server to compare its OpenID settings with the provider's.",
)
BY_CLASS["UnknownSub"] = BY_CLASS["InvalidPath"]
BY_CLASS["Lost"] = BY_CLASS["Unavailable"]

BY_STATUS = {
    401: BY_CLASS["Unauthorized"],
    403: BY_CLASS["Forbidden"],
    404: BY_CLASS["NotFound"],
    405: BY_CLASS["MethodNotAllowed"],
    409: BY_CLASS["Conflict"],
    500: BY_CLASS["ServerFault"],
    503: BY_CLASS["Unavailable"],
}
"""The same where the class is not known."""
