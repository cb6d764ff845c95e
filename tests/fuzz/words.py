"""Pieces of each language that mutations put where others stood."""

from __future__ import annotations

import gzip

HIERARCHY = (
    b'NodeID:', b'ParentID:', b'Name:', b'Email:', b'Description:', b'Status:', b'Type:', b'Technician',
    b'TechnicianGroup', b'Root', b'Administrators', b'MasterAdministrators', b'Technicians', b'Disabled',
    b'Offline', b'OK', b'\n', b'\n\n', b'\r\n', b' ', b'\t', b'\xef\xbb\xbf', b'NodeID:9\nParentID:4\n',
    b'\nNodeID:5\nParentID:4\nName:', b'\nStatus:Offline\nType:Technician\n', b'-1', b'0', b'Email:\nDescription:',
    b'1' * 19, b'\xc2\x85', b'\xe2\x80\xa8',
)  # fmt: skip
RECORDS = (
    b'NODEID:', b'NAME:', b'NICK:', b'EMAIL:', b'SSOID:', b'DESCRIPTION:', b'TYPE:', b'STATUS:', b'HASMOBILEADDON:',
    b'HASRPATADDON:', b'ISACCOUNTHOLDER:', b'PERMISSIONS:', b'LOCKEDPERMISSIONS:', b'ISENABLED:', b'ACCOUNTID:',
    b'ORGANIZATION:', b'ADMINID:', b'TECHID:', b'True', b'False', b'ERROR', b'INVALID_SECRETAUTHCODE',
    b'NOTLOGGEDIN', b'<html>', b'OK', b'\n', b'\r\n', b' ', b'\n\n', b"<input type='password'", b'AUTHCODE:',
    b'\xff', b'9' * 19,
)  # fmt: skip
MARKER = (
    b'[entra:8d2f:6a1d0c7e-0000-4000-8000-9f4e2b8d7c10@0123abcd#89ef4567]', b'[entra:', b'[entra-group:', b'8d2f:',
    b'6a1d0c7e-0000-4000-8000-9f4e2b8d7c10', b'@0123abcd', b'#00000000', b'+m', b'-m', b'~m', b'!off', b']', b'[',
    b' ', b'\n', b'[ENTRA:8D2F:', b'\xc4\xb0', b'\xe2\x84\xaa',
    b'[entra-group:8d2f:6a1d0c7e-0000-4000-8000-9f4e2b8d7c10@0123abcd]', b'\xc5\xbf', b'\xc2\xa0',
    b'<!-- rescue-reconciler {"kind":"plan","file":"a"} -->',
)  # fmt: skip
YAML = (
    b'version: 1\n', b'mappings:\n', b'- ', b'  ', b'\n', b'\t', b'&a ', b'*a', b'!!str ',
    b'!!python/object:os.system ', b'<<: ', b'? ', b': ', b"'", b'"', b'[', b']', b'{', b'}', b'|\n', b'>-\n', b'#',
    b'---\n', b'...\n', b'%YAML 1.1\n', b'no', b'off', b'24:30', b'0o17', b'1e400', b'.nan', b'~', b'\\u0000',
    b'\xc2\x85', b'\xe2\x80\xa8', b'\xef\xbb\xbf', b'\r', b'20%', b'999%', b'until: 2026-02-30', b'role: admin',
    b'priority: ', b'rescue_group: [a, b]', b'6a1d0c7e-0000-4000-8000-9f4e2b8d7c10', b'permits:\n', b'overrides:\n',
    b'retired:\n', b'\xf0\x9f\xa6\x8a',
)  # fmt: skip
JSON = (
    b'null', b'true', b'-1', b'1e999', b'NaN', b'"\\ud800"', b'""', b'[]', b'{}', b',', b':', b'"', b'[', b'{',
    b'}', b']', b'[' * 500, b'"##["', b'"::error::"', b'9' * 5000, b'"verbs"', b'"origin"', b'"@odata.nextLink"',
    b'"value"', b'"userPrincipalName"', b'"accountEnabled"', b'"id"', b'"status"', b'\xff', b'0.0', b'"1.0"',
    b'"parent"',
)  # fmt: skip
PACKED = (
    gzip.compress(b"hello", mtime=0), gzip.compress(bytes(5000), mtime=0), b'\x1f\x8b\x08\x00',
    b'\x00\x00\x00\x00\x00\x00\x00\x00', b'\xff',
)  # fmt: skip
PAUSES = (
    b'0', b'120', b'1.5', b'-1', b'1e9', b'nan', b'Wed, 21 Oct 2026 07:28:00 GMT', b'\n', b' +2400', b' -9999',
    b' 0000', b'9999', b'0001', b'Mon, 01 Jan 0001 00:00:00 +2359', b'Fri, 31 Dec 9999 23:59:59 -2359', b',', b':',
    b'inf', b'\xb2',
)  # fmt: skip
