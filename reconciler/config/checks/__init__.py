"""What no schema can see: keys that contradict each other, one thing named twice, names nothing bears.

Each check looks at the sound parts of the file only, so that one mistake is not reported a second time as its
consequence. A problem makes the file invalid; a warning is something valid that is probably not meant.
"""
