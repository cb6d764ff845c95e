"""What we keep on GitHub's side, which is all there is: comments, commit statuses, one issue, the step's own files.

    environment   what Actions tells a step: repository, event, pull request, commit, where the API is
    client        one call: permissions, limits and repeats, own errors
    ours          whose texts are ours: marker and author, in place, equal ones not sent again
    comments      the pull request and its comments
    statuses      the reviewed digest on a commit, and that it was accepted
    history       the file through the commits: which version was accepted last
    alarm         the one issue
    step          job summary and step outputs

Whatever somebody else wrote is never taken for ours and never changed.
"""

from __future__ import annotations
