"""The supply chain: what a release is made of, and whether what is locked is known to be unsafe. Not part of the wheel.

locks      which packages and versions a hash-locked file asks for here
audit      pip-audit over the locks; what was not looked up is a failure
bom        the list of parts (CycloneDX) of a release
release    wheel and sdist, built more than once and equal; sums
"""

from __future__ import annotations
