"""The set-up of provisioning as an administrator does it in Okta, sentence by sentence."""
