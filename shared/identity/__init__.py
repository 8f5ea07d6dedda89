"""People: how they sign in, stay signed in and sign out, and whose request it is."""
