"""Laws, held against a judge who shares no code with ours: the models of `scim2-models`."""
