"""The OpenID provider of a local stack, where no other is set up."""
