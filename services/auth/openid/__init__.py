"""Signing in by an OpenID provider, such as Google (OpenID Connect Core 1.0)."""
