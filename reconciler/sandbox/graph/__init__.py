"""The read part of Microsoft Graph v1.0 for groups, members and users, as graph.md describes it."""
