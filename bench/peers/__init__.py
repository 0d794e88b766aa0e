"""Other SCIM servers that install by name, each on its documented set-up: measured beside ours."""
