"""The LogMeIn Rescue API as far as a roster needs it; every answer names the section of rescue-api.md it implements."""
