"""The console: pages on which people connect an identity provider, and see what it did and why.

A request goes one way: session, what is open to it, one operation of the directory, a template.
There is no rule here that another room does not have, and no SQL.
"""
