"""Events are sent to addresses, by the Standard Webhooks specification."""
